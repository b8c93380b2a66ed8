"""Bodies as they were meant: JSON that every program reads alike, or none."""

import json
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 20  # levels


class StrictJSONParser(BaseParser):
    """JSON in UTF-8 without keys named twice, NaN, endless numbers or nesting without end."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type=None, parser_context=None) -> Any:
        raw = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(raw) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig
        try:
            value = json.loads(
                raw.decode(), object_pairs_hook=_object, parse_constant=_no, parse_float=_float
            )
        except (ValueError, RecursionError):
            raise ParseError from None
        if _depth(value) > DEEPEST:
            raise ParseError
        return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is named twice")
    return made


def _no(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _float(written: str) -> float:
    value = float(written)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{written[:20]} is no number")
    return value


def _depth(value: Any) -> int:
    """Levels of nesting, without recursion."""
    level, deepest = [value], 0
    while level := [
        inner
        for outer in level
        if isinstance(outer, dict | list)
        for inner in (outer.values() if isinstance(outer, dict) else outer)
    ]:
        deepest += 1
        if deepest > DEEPEST:
            break
    return deepest


class LinesParser(BaseParser):
    """NDJSON, left where it is: the view reads it as it comes in."""

    media_type = "application/x-ndjson"

    def parse(self, stream, media_type=None, parser_context=None) -> dict:
        return {}
