"""Where somebody is signed in, and when they were last seen there: noted now and then.

allauth's own middleware writes at every request: six statements and a commit before any page
begins.
"""

import time
from collections.abc import Callable

from allauth.usersessions.models import UserSession
from django.http import HttpRequest, HttpResponseBase

NOTED = "last_seen"  # in the session: which one it was, and when
EVERY = 300  # seconds


class LastSeen:
    """Middleware: the session's row is written when it is new, and again after EVERY seconds."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.session.session_key
        # A new password gives the session a new key, and so a new row.
        if key and request.user.is_authenticated:
            now = int(time.time())
            noted_key, noted_at = request.session.get(NOTED, ("", 0))
            if noted_key != key or not 0 <= now - noted_at < EVERY:
                request.session[NOTED] = (key, now)
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
