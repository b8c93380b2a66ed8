"""Every failure as {"error": {"code": …, "message": …}}: a name for programs, words for people."""

import logging

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from portal.base.refused import Refused

logger = logging.getLogger(__name__)

# A rule's no is 409, but where it is about something that is not there.
STATUS = {
    "unknown_person": 404,
    "unknown_profile": 404,
    "unknown_message": 404,
    "unknown_import": 404,
    "invalid": 400,
    "too_many": 400,
    "no_key": 401,
    "not_found": 404,
}
KNOWN: dict[type[Exception], str] = {
    exceptions.NotAuthenticated: "no_key",
    exceptions.AuthenticationFailed: "unknown_key",
    exceptions.PermissionDenied: "no_key",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.ParseError: "not_json",
    exceptions.ValidationError: "invalid",
}


def sentence_of(code: str) -> str:
    """What a failure of the framework's own is called for people."""
    return {
        "no_key": _("Send the header “Authorization: Bearer” with a key of your messenger."),
        "unknown_key": _("There is no such key, or it was revoked. Staff make a new one."),
        "not_found": _("There is nothing at this address."),
        "method_not_allowed": _("This address can't be called by this method."),
        "not_json": _("The body is not JSON of the form that is documented."),
        "unsupported_media_type": _("Send application/json, or application/x-ndjson for people."),
        "invalid": _("Some fields are missing or wrong; “details” names them."),
        "internal": _("Something went wrong here. Try again; what was done stays done once."),
        "too_large": _("The body is too large. Send it in parts."),
    }.get(code, code)


def envelope(code: str, sentence: str = "", fields: object = None) -> dict:
    error: dict = {"code": code, "message": sentence or sentence_of(code)}
    if fields:
        error["details"] = fields
    return {"error": error}


def handle(error: Exception, context: dict) -> Response:
    """Whatever was raised, as the caller is told of it."""
    if isinstance(error, Refused):
        return Response(envelope(error.code, error.sentence), STATUS.get(error.code, 409))
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, RequestDataTooBig):
        return Response(envelope("too_large"), 413)
    if isinstance(error, SuspiciousOperation | UnicodeError):
        return Response(envelope("not_json"), 400)
    if isinstance(error, exceptions.APIException):
        code = KNOWN.get(type(error), "refused")
        fields = error.detail if isinstance(error, exceptions.ValidationError) else None
        answer = Response(envelope(code, fields=fields), error.status_code)
        if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
            answer.status_code = 401
            answer["WWW-Authenticate"] = "Bearer"
        return answer
    logger.error("Unexpected in the platform API", exc_info=error)
    return Response(envelope("internal"), 500)


def nothing_here(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Addresses under /platform/v1/ that are none."""
    return JsonResponse(envelope("not_found"), status=404)
