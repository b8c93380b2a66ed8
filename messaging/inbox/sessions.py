"""The people's door: which person a request comes from."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from audience.models import Person
from messaging.services.people.sessions import SESSION_AGE, person_behind
from portal.base.clock import by_clock_of

COOKIE = "signet_person"
NEXT = "signet_next"  # which page the person wanted before coming in
NEXT_AGE = timedelta(minutes=15)
LONGEST_WAY = 500


def person_of_request(request: HttpRequest) -> Person | None:
    """The person signed in in this browser, else None."""
    return person_behind(cookie) if (cookie := request.COOKIES.get(COOKIE)) else None


def as_person(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """View decorator: the view gets the Person and shows times by their clock; who is none is
    told how to come in.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponseBase:
        if (person := person_of_request(request)) is None:
            return remember_way(request, redirect("inbox_door"))
        with by_clock_of(person.time_zone):
            response = view(request, person, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return wrapper


def remember_way(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Note in the browser which page was asked for, so that coming in leads there."""
    if request.method in ("GET", "HEAD"):
        response.set_cookie(NEXT, request.get_full_path()[:LONGEST_WAY], **_manner(NEXT_AGE))
    return response


def come_in(request: HttpRequest, cookie: str, *, to: str = "") -> HttpResponse:
    """Begin the session in this browser: on to `to`, to the page that was asked for, or to the
    chats.
    """
    way = to or request.COOKIES.get(NEXT, "")
    # Only our own pages for people; a browser reads a backslash as a slash.
    is_ours = way.startswith("/m/") and "\\" not in way and way.isprintable()
    response = set_cookie(redirect(way if is_ours else "inbox"), cookie)
    response.delete_cookie(NEXT, samesite=_manner(0)["samesite"])
    return response


def set_cookie(response: HttpResponse, value: str) -> HttpResponse:
    """Keep the session in the browser: not for scripts; over https only where the site is.

    Where the inbox may be framed by the messenger's site, `portal.csp` lets it travel there too.
    """
    response.set_cookie(COOKIE, value, **_manner(SESSION_AGE))
    return response


def _manner(age: timedelta | int) -> dict[str, Any]:
    return {
        "max_age": age,
        "httponly": True,
        "secure": settings.SESSION_COOKIE_SECURE,
        "samesite": "Lax",
        "path": "/",
    }
