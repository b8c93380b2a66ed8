"""An HTTP client for the SDK that lets no request out that Stripe would not understand."""

import gzip
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe

Schema = dict[str, Any]

# Newer in the SDK's API version than in the description; taken from the SDK's own types.
ADDED_SINCE = {
    "post /v1/checkout/sessions": {
        "allowed_payment_method_types": {"type": "array", "items": {"type": "string"}}
    }
}

SEEN: Counter[str] = Counter()


class ContractError(AssertionError):
    """A request that Stripe's description does not know."""


class ContractClient(stripe.RequestsClient):
    """Checks each request, counts its operation in SEEN, and sends it."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        SEEN[check(method.lower(), url, post_data or "")] += 1
        return super().request(method, url, headers, post_data)


def check(method: str, url: str, body: str) -> str:
    """The operation of a request. Raises ContractError with everything that is wrong with it."""
    parts = urlsplit(url)
    for pattern, name, operation in operations():
        if pattern.fullmatch(f"{method} {parts.path}"):
            faults: list[str] = []
            form = {**operation["form"]}
            if added := ADDED_SINCE.get(name):
                form["properties"] = form["properties"] | added
            if method == "post":
                compare(form, decode(body), "", faults)
            for key, value in decode(parts.query).items():
                if key in operation["query"]:
                    compare(operation["query"][key], value, f".{key}", faults)
                else:
                    faults.append(f".{key}: unknown")
            if faults:
                raise ContractError(f"{name}: {'; '.join(faults)}")
            return name
    raise ContractError(f"{method} {parts.path} is not in Stripe's API, or not allowed for us.")


@cache
def operations() -> list[tuple[re.Pattern[str], str, Schema]]:
    """Fixed paths before those with a variable."""
    spec = json.loads(gzip.decompress(Path(__file__).with_name("spec.json.gz").read_bytes()))
    return [
        (re.compile(re.sub(r"\{\w+\}", "[^/]+", name)), name, operation)
        for name, operation in sorted(spec["operations"].items(), key=lambda each: "{" in each[0])
    ]


def compare(schema: Schema, value: Any, place: str, faults: list[str]) -> None:
    """Add to `faults` whatever in `value` the schema does not allow, at every depth."""
    if "anyOf" in schema:
        tries: list[list[str]] = [[] for _ in schema["anyOf"]]
        for each, found in zip(schema["anyOf"], tries, strict=True):
            compare(each, value, place, found)
        faults += min(tries, key=len)
        return
    KINDS.get(schema.get("type", "object"), _scalar)(schema, value, place, faults)


def _object(schema: Schema, value: Any, place: str, faults: list[str]) -> None:
    if not isinstance(value, dict):
        faults.append(f"{place}: {value!r} is no object")
        return
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    faults += [f"{place}.{key}: required" for key in schema.get("required", []) if key not in value]
    for key, inner in value.items():
        if key in known:
            compare(known[key], inner, f"{place}.{key}", faults)
        elif isinstance(others, dict):
            compare(others, inner, f"{place}.{key}", faults)
        else:
            faults.append(f"{place}.{key}: unknown")


def _array(schema: Schema, value: Any, place: str, faults: list[str]) -> None:
    if not isinstance(value, list):
        faults.append(f"{place}: {value!r} is no list")
        return
    for n, inner in enumerate(value):
        compare(schema["items"], inner, f"{place}[{n}]", faults)


def _scalar(schema: Schema, value: Any, place: str, faults: list[str]) -> None:
    kind = schema.get("type")
    if not isinstance(value, str) or not re.fullmatch(
        FORMS.get(kind or "", ".*"), value, re.DOTALL
    ):
        faults.append(f"{place}: {value!r} is no {kind}")
    elif value not in schema.get("enum", [value]) and not schema.get("x-stripeBypassValidation"):
        faults.append(f"{place}: {value!r} is none of {schema['enum'][:6]}")
    elif len(value) > schema.get("maxLength", len(value)):
        faults.append(f"{place}: longer than {schema['maxLength']}")


KINDS = {"object": _object, "array": _array}
FORMS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false|True|False"}


def decode(form: str) -> dict[str, Any]:
    """`a[b][0][c]=v` as nested dicts and lists; all values are text."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+|(?<=\[)(?=\])", name)
        place = root
        for part in path:
            place = place.setdefault(part or str(len(place)), {})
        place[last or str(len(place))] = value
    return _with_lists(root)


def _with_lists(thing: Any) -> Any:
    if not isinstance(thing, dict):
        return thing
    if thing and all(key.isdigit() for key in thing):
        return [_with_lists(thing[key]) for key in sorted(thing, key=int)]
    return {key: _with_lists(value) for key, value in thing.items()}
