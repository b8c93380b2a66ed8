"""JSON as it should be: one object, no key twice, no number or text that can't be stored."""

import json
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

DEEPEST = 40  # levels of nested JSON


class StrictJSONParser(JSONParser):
    """What other parsers let pass is refused with 400, before anything looks at it."""

    def parse(self, stream, media_type=None, parser_context=None) -> dict:
        raw = stream.read()
        if not raw.strip():
            return {}
        try:
            value = json.loads(
                raw.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_object
            )
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is not valid JSON: %s") % str(error)[:100]) from None
        if not isinstance(value, dict):
            raise ParseError(_("The body must be a JSON object."))
        check(value, DEEPEST)
        return value


def check_query(request: Request) -> None:
    """Refuse what can't be looked for. Raises ParseError."""
    for values in request.query_params.lists():
        check(list(values), DEEPEST)


def _object(pairs: list[tuple[str, Any]]) -> dict:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands there twice")
    return made


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def check(value: Any, levels: int) -> None:
    """Raises ParseError for what PostgreSQL can't store."""
    if levels == 0:
        raise ParseError(_("The body is nested too deeply."))
    if isinstance(value, dict):
        for key, item in value.items():
            check(key, levels - 1)
            check(item, levels - 1)
    elif isinstance(value, list):
        for item in value:
            check(item, levels - 1)
    elif isinstance(value, str):
        if "\x00" in value or not _is_text(value):
            raise ParseError(_("A text has characters that can't be stored."))
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ParseError(_("A number is too large."))


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
