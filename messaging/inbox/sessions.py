"""The people's door: which person a request comes from."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from audience.models import Person
from messaging.services.sessions import SESSION_AGE, person_behind

COOKIE = "signet_person"


def person_of_request(request: HttpRequest) -> Person | None:
    """The person signed in in this browser, else None."""
    return person_behind(cookie) if (cookie := request.COOKIES.get(COOKIE)) else None


def as_person(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """View decorator: the view gets the Person; who is none is told how to come in."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if (person := person_of_request(request)) is None:
            return redirect("inbox_door")
        response = view(request, person, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return wrapper


def set_cookie(response: HttpResponse, value: str) -> HttpResponse:
    """Keep the session in the browser: not for scripts; over https only where the site is.

    Where the inbox may be framed by the messenger's site, the cookie must travel there too.
    """
    framed = bool(settings.FRAME_ANCESTORS)
    response.set_cookie(
        COOKIE,
        value,
        max_age=SESSION_AGE,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE or framed,
        samesite="None" if framed else "Lax",
        path="/",
    )
    return response
