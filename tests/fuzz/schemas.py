"""The schemas with values that exist, so that every operation is reached with a 2xx.

A schema says what an id looks like; only the running site knows one. Each operation gets its own:
what one deletes, no other needs.
"""

import copy
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from messaging.platform import urls
from messaging.v1.docs import document, operations

WORDS = [{"type": "BODY", "text": "Your order has been shipped. Thank you."}]


def management(values: dict[str, dict[str, Any]]) -> dict:
    """The management API's schema; `values` are by operationId, then by name or "body"."""
    return with_values(copy.deepcopy(document()), values)


def platform(values: dict[str, dict[str, Any]]) -> dict:
    """The platform API's, but for people as lines, which schemathesis can't write."""
    made: Any = SchemaGenerator(patterns=urls.operations).get_schema(request=None, public=True)
    lines = [path for path, _verb, each in operations(made) if each["operationId"] == "people_load"]
    for path in lines:
        del made["paths"][path]
    return with_values(made, values)


def with_values(made: dict, values: dict[str, dict[str, Any]]) -> dict:
    """The schema with examples that exist."""
    for _path, _verb, operation in operations(made):
        known = values["*"] | values.get(operation["operationId"], {})
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] in known:
                parameter["example"] = str(known[parameter["name"]])
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "body" in known:
                content["example"] = known["body"]
    return made
