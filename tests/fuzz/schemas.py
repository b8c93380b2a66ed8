"""The schemas with values that exist, so that every operation is reached with a 2xx.

A schema says what an id looks like; only the running site knows one. Each operation gets its own:
what one deletes, no other needs.
"""

import copy
from typing import Any

from messaging.v1.docs import document, operations

WORDS = [{"type": "BODY", "text": "Your order has been shipped. Thank you."}]


def management(values: dict[str, dict[str, Any]]) -> dict:
    """The management API's schema; `values` are by operationId, then by name or "body"."""
    made = copy.deepcopy(document())
    for _path, _verb, operation in operations(made):
        known = values["*"] | values.get(operation["operationId"], {})
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path" and parameter["name"] in known:
                parameter["example"] = str(known[parameter["name"]])
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None and "body" in known:
            content["example"] = known["body"]
    return made
