"""The schema, and a page that shows it: rendered here, so that it needs no script of others."""

import json
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

FACE = "/api/v1/"
VERBS = ("get", "post", "put", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the management API, made once in a process."""
    made: Any = SchemaGenerator(urlconf="messaging.v1.urls").get_schema(request=None, public=True)
    made["info"] = {
        "title": "Signet management API",
        "version": "1",
        "description": "All that the dashboard can do. The Cloud-API compatible face is beside it.",
    }
    for _path, _verb, operation in operations(made):
        _with_failures(operation)
    schemas = made["components"]["schemas"]
    schemas["Failure"] = FAILURE
    return made


FAILURE = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "trace"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "trace": {"type": "string"},
                "fields": {
                    "type": "object",
                    "additionalProperties": {"type": "array", "items": {"type": "string"}},
                },
            },
        }
    },
}
FAILURES = {
    "400": "Something in the request is not right.",
    "401": "There is no key, or it opens nothing.",
    "403": "The key lacks the scope.",
    "404": "There is no such thing in your business.",
    "409": "A rule says no; the message says why and what to do.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "The Idempotency-Key stands for another request.",
    "429": "Too many calls at once; Retry-After says when to try again.",
}


def operations(made: dict):
    """(path, verb, operation) of a document."""
    for path, item in made["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield path, verb, item[verb]


def _with_failures(operation: dict) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Failure"}}}
    for status, words in FAILURES.items():
        operation["responses"].setdefault(status, {"description": words, "content": content})


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3, for generators of clients."""
    made = document() | {"servers": [{"url": request.build_absolute_uri("/").rstrip("/")}]}
    return JsonResponse(made, json_dumps_params={"indent": 1})


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Every call with its fields, its answer and a line of curl."""
    made = document()
    base = request.build_absolute_uri("/").rstrip("/")
    groups: dict[str, list[dict]] = {}
    for path, verb, operation in operations(made):
        name = path.removeprefix(FACE).split("/")[0]
        groups.setdefault(name, []).append(_shown(made, base, path, verb, operation))
    return render(request, "messaging/developers/docs.html", {"groups": groups, "base": base})


def _shown(made: dict, base: str, path: str, verb: str, operation: dict) -> dict:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next(s for s in operation["responses"] if s.startswith("2"))
    answer = operation["responses"][good].get("content", {}).get("application/json", {})
    asked = _fields(made, body.get("schema", {}), writing=True)
    return {
        "id": operation["operationId"],
        "verb": verb.upper(),
        "path": path,
        "words": operation.get("description", "").split("\n\n")[0],
        "query": [p for p in operation.get("parameters", []) if p["in"] == "query"],
        "asked": asked,
        "status": good,
        "answered": _fields(made, answer.get("schema", {}), writing=False),
        "curl": _curl(base, path, verb, asked),
    }


def _curl(base: str, path: str, verb: str, asked: list[dict]) -> str:
    lines = [f"curl -X {verb.upper()} '{base}{path}'", "-H 'Authorization: Bearer YOUR_KEY'"]
    if asked:
        example = {field["name"]: field["example"] for field in asked if field["required"]}
        lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example)}'"]
    if verb == "post":
        lines.insert(2, "-H 'Idempotency-Key: a-name-of-yours'")
    return " \\\n  ".join(lines)


def _fields(made: dict, schema: dict, *, writing: bool) -> list[dict]:
    """The fields of an object, one level deep; of a list, those of its items."""
    schema = _resolved(made, schema)
    if schema.get("type") == "array":
        schema = _resolved(made, schema["items"])
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "type": _type(made, field),
            "words": _resolved(made, field).get("description", field.get("description", "")),
            "required": name in required,
            "example": EXAMPLES.get(_type(made, field).split(" ")[0], "…"),
        }
        for name, field in schema.get("properties", {}).items()
        if not (writing and field.get("readOnly"))
    ]


EXAMPLES: dict[str, Any] = {"integer": 1, "number": 1, "boolean": True, "list": [], "object": {}}


def _type(made: dict, field: dict) -> str:
    found = _resolved(made, field)
    if values := found.get("enum"):
        return " | ".join(str(value) for value in values if value)
    if found.get("type") == "array":
        return f"list of {_type(made, found['items'])}"
    return " ".join(filter(None, [found.get("type", "object"), found.get("format", "")]))


def _resolved(made: dict, schema: dict) -> dict:
    for _level in range(5):
        if "allOf" in schema or "oneOf" in schema:
            schema = [*schema.get("allOf", []), *schema.get("oneOf", [])][0]
        if "$ref" not in schema:
            break
        schema = made["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return schema
