"""Every failure of the management API in one shape."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import DataError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response

from messaging.services.integrators.idempotency import KeyMisused
from messaging.services.integrators.rates import TooFast
from portal.base.refused import Refused

logger = logging.getLogger(__name__)


class ErrorSerializer(serializers.Serializer):
    """What went wrong."""

    code = serializers.CharField(help_text="Stable name for programs, such as “not_found”.")
    message = serializers.CharField(help_text="For people: what is wrong and what to do.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="What is wrong with which field.",
    )
    trace = serializers.CharField(help_text="Finds the request in the log.")


class ErrorAnswer(serializers.Serializer):
    """The body of every answer of 400 and above."""

    error = ErrorSerializer()


def answer(
    code: str, message: str, *, status: int, trace: str, fields: dict | None = None
) -> Response:
    """The one shape."""
    error: dict[str, Any] = {"code": code, "message": message, "trace": trace}
    if fields:
        error["fields"] = fields
    return Response({"error": error}, status=status)


def handle(error: Exception, context: dict) -> Response:
    """Whatever was raised, as the client is told of it."""
    trace = context["view"].trace
    if isinstance(error, Refused):
        return answer(error.code, error.sentence, status=409, trace=trace)
    if isinstance(error, KeyMisused):
        name, code = ("key_busy", 409) if error.is_busy else ("key_misused", 422)
        return answer(name, error.sentence, status=code, trace=trace)
    if isinstance(error, TooFast):
        said = _("Too many calls at once. Wait %d seconds and try again.") % error.wait
        response = answer("too_fast", said, status=429, trace=trace)
        response["Retry-After"] = str(error.wait)
        for name, value in limits(error.most, 0, error.wait).items():
            response[name] = value
        return response
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.ValidationError):
        return answer(
            "invalid",
            _("Some fields are not right."),
            status=400,
            trace=trace,
            fields=_flat(error.detail),
        )
    if isinstance(error, exceptions.APIException):
        response = answer(
            CODES.get(error.status_code, "refused"),
            str(error.detail),
            status=error.status_code,
            trace=trace,
        )
        if header := getattr(error, "auth_header", None):
            response["WWW-Authenticate"] = header
        return response
    if isinstance(error, RequestDataTooBig):
        return answer("too_large", _("The request is too large."), status=413, trace=trace)
    if isinstance(error, DataError | UnicodeError):
        # A number or text that fits into no column: the database has the last word.
        return answer("invalid", _("A value can't be stored."), status=400, trace=trace)
    logger.error("Unexpected in the management API", exc_info=error)
    return answer(
        "broken",
        _("Something of ours is broken; nothing was changed."),
        status=status.HTTP_500_INTERNAL_SERVER_ERROR,
        trace=trace,
    )


CODES = {
    400: "invalid",
    401: "no_key",
    403: "not_allowed",
    404: "not_found",
    405: "no_such_method",
    406: "not_acceptable",
    415: "not_json",
}


def limits(most: int, left: int, wait: int) -> dict[str, str]:
    """The headers that tell of the rate."""
    return {
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(left),
        "RateLimit-Reset": str(wait),
    }


def _flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """{"a": [{"b": ["x"]}]} as {"a.0.b": ["x"]}."""
    if isinstance(detail, dict):
        pairs = ((f"{path}.{key}" if path else str(key), value) for key, value in detail.items())
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = ((f"{path}.{place}" if path else str(place), v) for place, v in enumerate(detail))
    else:
        items = detail if isinstance(detail, list) else [detail]
        return {path or "body": [str(item) for item in items]} if items else {}
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found |= _flat(value, name)
    return found
