"""What a client sent, whatever it called it: JSON, form, multipart, query only, or nothing."""

import json
from typing import Any

from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from messaging.api.errors import GraphError

DEEPEST = 40  # levels of nested JSON


def read_body(request: HttpRequest) -> tuple[dict, dict]:
    """Parameters (the body's over the query's, null is absent) and files. Raises GraphError."""
    query = {key: request.GET.getlist(key)[-1] for key in request.GET}
    body, files = _read(request)
    return query | _without_nulls(body, DEEPEST), files


def _read(request: HttpRequest) -> tuple[dict, dict]:
    kind = (request.content_type or "").lower()
    if kind == "multipart/form-data":
        fields, files = _multipart(request)
        return _flat(fields), {key: files[key] for key in files}
    raw = request.body
    if not raw.strip():
        return {}, {}
    if kind == "application/x-www-form-urlencoded" and raw.lstrip()[:1] not in b"{[":
        try:
            return _flat(QueryDict(raw.decode("ascii"))), {}
        except UnicodeDecodeError:
            raise GraphError(100, _("The form is not URL-encoded.")) from None
    return _json(raw), {}


def _json(raw: bytes) -> dict:
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise GraphError(100, _("The body is not valid JSON.")) from None
    if not isinstance(value, dict):
        raise GraphError(100, _("The body must be a JSON object."))
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _multipart(request: HttpRequest):
    if request.method == "POST":
        try:
            return request.POST, request.FILES
        except MultiPartParserError as error:
            raise GraphError(100, str(error)) from None
    try:
        return MultiPartParser(
            request.META, request, request.upload_handlers, request.encoding or "utf-8"
        ).parse()
    except MultiPartParserError as error:
        raise GraphError(100, str(error)) from None


def _flat(fields: QueryDict) -> dict:
    """Form fields; what looks like JSON inside one is read as such, as clients mean it."""
    return {key: _maybe_json(fields.getlist(key)[-1]) for key in fields}


def _maybe_json(value: str) -> Any:
    if value[:1] in ("{", "["):
        try:
            return json.loads(value, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return value
    return value


def opened(value: Any) -> Any:
    """The object or list that a text holds in JSON: some clients write their parts so."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    return _without_nulls(_maybe_json(value), DEEPEST)


def _without_nulls(value: Any, levels: int) -> Any:
    if levels == 0:
        raise GraphError(100, _("The body is nested too deeply."))
    if isinstance(value, dict):
        return {k: _without_nulls(v, levels - 1) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_nulls(item, levels - 1) for item in value]
    if isinstance(value, str):
        if "\x00" in value or not _is_text(value):
            raise GraphError(100, _("A text has characters that can't be stored."))
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise GraphError(100, _("A number is too large."))
    return value


def _is_text(value: str) -> bool:
    """Whether it has no lone surrogates."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
