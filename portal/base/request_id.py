"""A name for each request: on the answer, in the log, on pages of errors, in the audit.

Whoever writes to support names it, and all that happened in that request is found by it.
"""

import logging
import re
import secrets
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
PLAIN = re.compile(r"[A-Za-z0-9_.-]{8,64}")  # what a proxy in front may have named it already

_current: ContextVar[str] = ContextVar("request_id", default="")


def current_request_id() -> str:
    """The name of the request that is answered now; empty in workers and commands."""
    return _current.get()


class RequestId:
    """Middleware, outermost of all: names the request and says the name on the answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        name = given if PLAIN.fullmatch(given) else secrets.token_hex(8)
        token = _current.set(name)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response[HEADER] = name
        return response


class NameRequest(logging.Filter):
    """Gives every line of the log the name of its request, or a dash."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id() or "-"
        return True
