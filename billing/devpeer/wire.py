"""Stripe's way of writing requests: nested form fields, both ways."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

Fields = dict[str, Any]


class StripeError(Exception):
    """An answer that says no, in Stripe's shape."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str = "") -> None:
        super().__init__(message)
        kind = "card_error" if status == 402 else "invalid_request_error"
        self.status = status
        self.body: Fields = {"error": {"type": kind, "message": message}}
        if code:
            self.body["error"]["code"] = code
        if param:
            self.body["error"]["param"] = param


def missing(kind: str, id_: str, *, param: str = "id") -> StripeError:
    return StripeError(
        404 if param == "id" else 400,
        f"No such {kind}: '{id_}'",
        code="resource_missing",
        param=param,
    )


def decode(form: str) -> Fields:
    """`a[b][0][c]=v` as nested dicts and lists; all values are text."""
    root: Fields = {}
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


def encode(fields: Fields) -> str:
    """The reverse of `decode`, for the engine."""
    return urlencode(list(_flat("", fields)))


def _flat(prefix: str, thing: Any):
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from _flat(f"{prefix}[{key}]" if prefix else key, value)
    elif isinstance(thing, list):
        for n, value in enumerate(thing):
            yield from _flat(f"{prefix}[{n}]", value)
    elif thing is not None:
        yield prefix, str(thing).lower() if isinstance(thing, bool) else str(thing)
