"""What a client sent, whatever it called it: JSON, form, multipart, query only, or nothing."""

import io
import json
import re
from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler, TemporaryFileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _

from messaging.api.errors import GraphError

DEEPEST = 40  # levels of nested JSON


def read_body(request: HttpRequest) -> tuple[dict, dict]:
    """Parameters (the body's over the query's, null is absent) and files. Raises GraphError."""
    body, files = _read(request)
    return _nested(_last(request.GET)) | _without_nulls(body, DEEPEST), files


def _read(request: HttpRequest) -> tuple[dict, dict]:
    kind = (request.content_type or "").lower()
    if kind == "multipart/form-data":
        fields, files = _multipart(request)
        return _flat(fields), {key: files[key] for key in files}
    raw = request.body
    if not raw.strip():
        return {}, {}
    if found := UNNAMED_FORM.match(raw):
        fields, files = _form_in(raw, found[1].decode(), request)
        return _flat(fields), {key: files[key] for key in files}
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


def _last(fields: QueryDict) -> dict[str, Any]:
    """Each name's value, of several the last; the names that end in [] in their order."""
    last: dict[str, Any] = {}
    for key in fields:
        values = fields.getlist(key)
        if key.endswith("[]"):
            last |= {f"{key[:-2]}[{n}]": value for n, value in enumerate(values)}
        else:
            last[key] = values[-1]
    return last


# A form that a client calls JSON: `--`, what separates its parts, and the first of these.
UNNAMED_FORM = re.compile(rb"--([\w'()+,./:=?-]{1,70})\r\ncontent-disposition: *form-data", re.I)


def _form_in(raw: bytes, boundary: str, request: HttpRequest):
    about = {
        "CONTENT_TYPE": f'multipart/form-data; boundary="{boundary}"',
        "CONTENT_LENGTH": str(len(raw)),
    }
    handlers = [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    try:
        return MultiPartParser(about, io.BytesIO(raw), handlers).parse()
    except MultiPartParserError as error:
        raise GraphError(100, str(error)) from None


def _flat(fields: QueryDict) -> dict:
    """Form fields; what looks like JSON inside one is read as such, as clients mean it."""
    return _nested({key: _maybe_json(value) for key, value in _last(fields).items()})


def _nested(fields: dict[str, Any]) -> dict[str, Any]:
    """`text[body]=Hi` and `buttons[0][title]=Yes` as objects and lists: PHP's way to write them."""
    plain = {name: value for name, value in fields.items() if not BRACKETED.fullmatch(name)}
    made: dict[str, Any] = {}
    for name, value in fields.items():
        if not (found := BRACKETED.fullmatch(name)):
            continue
        place, parts = made, [found[1], *PART.findall(found[2])]
        if len(parts) > DEEPEST:
            raise GraphError(100, _("The body is nested too deeply."))
        for part in parts[:-1]:
            place = place.setdefault(part, {})
            if not isinstance(place, dict):
                raise GraphError(100, _("“%s” is given twice.") % found[1])
        place[parts[-1]] = value
    return plain | {name: _listed(value) for name, value in made.items()}


BRACKETED = re.compile(r"(\w+)((?:\[\w+\])+)")
PART = re.compile(r"\[(\w+)\]")


def _listed(value: Any) -> Any:
    """Objects whose names count from 0 are lists."""
    if not isinstance(value, dict):
        return value
    inner = {key: _listed(item) for key, item in value.items()}
    is_list = list(inner) == [str(n) for n in range(len(inner))]
    return list(inner.values()) if is_list else inner


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
