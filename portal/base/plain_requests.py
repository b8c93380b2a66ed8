"""Requests that can't be meant: with the character NUL, or with values that no column takes.

Forms refuse them where they are typed. What comes another way is answered here: a no to the
client instead of a fault of ours.
"""

import logging
from urllib.parse import urlsplit

from django.core.exceptions import BadRequest
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import bad_request

logger = logging.getLogger(__name__)

ACCOUNT = "/account/"


class PlainRequests:
    """Middleware: refuses what PostgreSQL could not be asked about."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view, args, kwargs) -> None:
        """The accounts' pages take the way back apart; one that can't be is no way."""
        if request.path_info.startswith(ACCOUNT):
            asked = [request.GET.get("next", ""), request.POST.get("next", "")]
            if not all(_is_address(each) for each in asked):
                raise BadRequest

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A value that does not fit its column was never one of ours; the log says which view."""
        if not isinstance(error, DataError):
            return None
        logger.error("A value that the database refuses: %s", request.path, exc_info=error)
        return bad_request(request, error)


def _is_address(written: str) -> bool:
    """Whether it can be taken apart; whether it may be followed is another question."""
    try:
        urlsplit(written)
    except ValueError:
        return False
    return True
