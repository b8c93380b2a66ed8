"""What an audit row says, for people: what was, what became of it, and all else beside."""

from dataclasses import dataclass

EMPTY: tuple[object, ...] = ("", None, [], {})


@dataclass(frozen=True)
class Difference:
    """One field of a change; None where it was not said."""

    field: str
    before: object = None
    after: object = None


@dataclass(frozen=True)
class Details:
    changes: list[Difference]
    reason: str
    request: str
    others: list[tuple[str, object]]


def read_details(details: dict) -> Details:
    """The details of an audit row taken apart.

    Rows write changes as before/after, each a dict of fields or one value; "role" beside "before"
    is such a value's new one.
    """
    rest = dict(details)
    reason, request = str(rest.pop("reason", "")), str(rest.pop("request", ""))
    before, after = rest.pop("before", None), rest.pop("after", None)
    changes: list[Difference] = []
    if isinstance(before, dict) or isinstance(after, dict):
        was, became = before or {}, after or {}
        for field in dict.fromkeys([*was, *became]):
            changes.append(Difference(field, was.get(field), became.get(field)))
    elif before is not None or after is not None:
        if after is None and "role" in rest:
            changes.append(Difference("role", before, rest.pop("role")))
        else:
            changes.append(Difference(str(rest.get("field", "")), before, after))
            rest.pop("field", None)
    return Details(changes, reason, request, [(k, v) for k, v in rest.items() if v not in EMPTY])
