"""Reading parameters: each takes the object they stand in, and says by name what is wrong."""

from typing import Any

from django.utils.translation import gettext as _

from messaging.api.bodies import opened
from messaging.api.errors import GraphError, missing, wrong


def text(source: dict, name: str, *, most: int, where: str = "", required: bool = True) -> str:
    """A text of 1 to `most` characters; "" where it may be left out."""
    path = f"{where}.{name}" if where else name
    value = source.get(name)
    if value is None or value == "":
        if required:
            raise missing(path)
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise wrong(path, _("a text is expected."))
    if len(value) > most:
        raise wrong(path, _("at most %d characters.") % most)
    return value


def thing(source: dict, name: str, *, where: str = "", required: bool = True) -> dict:
    """An object; {} where it may be left out."""
    path = f"{where}.{name}" if where else name
    value = opened(source.get(name))
    if value is None:
        if required:
            raise missing(path)
        return {}
    if not isinstance(value, dict):
        raise wrong(path, _("an object is expected."))
    return value


def things(source: dict, name: str, *, least: int, most: int, where: str = "") -> list[dict]:
    """A list of `least` to `most` objects."""
    path = f"{where}.{name}" if where else name
    value = opened(source.get(name))
    if value is None and least:
        raise missing(path)
    value = value or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise wrong(path, _("a list of objects is expected."))
    if not least <= len(value) <= most:
        raise wrong(
            path, _("%(least)d to %(most)d entries are expected.") % {"least": least, "most": most}
        )
    return value


def number(source: dict, name: str, *, least: float, most: float, where: str = "") -> float:
    """A number, also written as a text."""
    path = f"{where}.{name}" if where else name
    value: Any = source.get(name)
    if value is None or value == "":
        raise missing(path)
    try:
        value = float(value) if not isinstance(value, bool | dict | list) else None
    except (TypeError, ValueError, OverflowError):
        value = None
    if value is None or not least <= value <= most:
        raise wrong(
            path,
            _("a number from %(least)g to %(most)g is expected.") % {"least": least, "most": most},
        )
    return value


def one_of(source: dict, name: str, choices: tuple[str, ...], *, where: str = "") -> str:
    """One of the words, in whatever case it was written."""
    path = f"{where}.{name}" if where else name
    value = text(source, name, most=100, where=where)
    for choice in choices:
        if choice.lower() == value.lower():
            return choice
    raise wrong(path, _("one of %s is expected.") % ", ".join(choices))


def limit_of(data: dict, *, default: int = 25, most: int = 1000) -> int:
    """The page's length, clamped."""
    try:
        return max(1, min(int(str(data.get("limit") or default)), most))
    except ValueError:
        raise GraphError(100, _("limit: a number is expected.")) from None
