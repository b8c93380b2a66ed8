"""`fields=a,b{c},d.limit(2)`: which parts of an object the client wants."""

import re
from collections.abc import Iterable

from messaging.api.errors import GraphError

NAME = re.compile(r"[a-z0-9_]+")


def asked(data: dict) -> list[str]:
    """The top-level names in `fields`, without what stands in braces or parentheses."""
    written = data.get("fields") or ""
    if isinstance(written, list):
        written = ",".join(str(item) for item in written)
    names, depth, name = [], 0, ""
    for character in str(written)[:4000] + ",":
        if character in "{([":
            depth += 1
        elif character in "})]":
            depth -= 1
        elif character == "," and depth == 0:
            if match := NAME.match(name.strip()):
                names.append(match[0])
            name = ""
        elif depth == 0:
            name += character
    if depth:
        raise GraphError(2500, message="Syntax error in fields: brackets don't match")
    return list(dict.fromkeys(names))


def select(full: dict, data: dict, *, default: Iterable[str]) -> dict:
    """The asked parts, or the default ones; `id` always, unknown names never."""
    names = asked(data) or list(default)
    return {name: full[name] for name in ["id", *names] if name in full}
