"""The demo's doors: one click, and you are the bank, a moderator or a person. Only with DEMO=1.

Each is already through its second factor, by a record that allauth itself would write.
"""

from collections.abc import Callable
from functools import wraps

from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from messaging.inbox.sessions import come_in
from messaging.services.people.sessions import open_session
from portal.demo import cast
from portal.run import places
from profiles.models import Profile, User

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def only_in_the_demo(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Outside the demo there is no such page."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not settings.DEMO:
            raise Http404
        return view(request, *args, **kwargs)

    return wrapper


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """What this is, in three lines; in the demo with its doors."""
    ready = settings.DEMO and User.objects.filter(email=cast.HELENA).exists()
    context = {
        "doors": ready,
        "messenger": f"http://localhost:{places.MESSENGER_PORT}",
        "bank": f"http://localhost:{places.BANK_PORT}",
        "airline": f"http://localhost:{places.AIRLINE_PORT}",
    }
    return render(request, "portal/front.html", context)


@only_in_the_demo
@require_POST
def bank(request: HttpRequest) -> HttpResponse:
    """Helena, who owns Banco Ipê."""
    _sign_in(request, cast.HELENA)
    return redirect("business_home", cast.BANK_SLUG)


@only_in_the_demo
@require_POST
def moderator(request: HttpRequest) -> HttpResponse:
    """Marta, who reviews businesses and reports."""
    _sign_in(request, cast.MARTA)
    return redirect("admin:index")


@only_in_the_demo
@require_POST
def person(request: HttpRequest) -> HttpResponse:
    """Somebody who uses the messenger and has chats with all three businesses."""
    browser = request.headers.get("User-Agent", "")
    return come_in(request, open_session(cast.person_id(), browser=browser))


@only_in_the_demo
@require_POST
def integrator(request: HttpRequest) -> HttpResponse:
    """A line that sends a message as pasted, with a fresh key of the bank."""
    profile = get_object_or_404(Profile, handle=cast.BANK_HANDLE)
    context = {
        "token": cast.fresh_token(),
        "profile": profile,
        "recipient": cast.recipient_number(profile),
    }
    return render(request, "portal/integrator.html", context)


def _sign_in(request: HttpRequest, email: str) -> None:
    user = get_object_or_404(User, email=email)
    logout(request)
    record_authentication(request, user, "mfa", type="totp")
    login(request, user, backend=BACKEND)
