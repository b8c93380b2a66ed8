"""Signing in at the operator's OpenID Connect provider. Unset, no such page exists."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from messaging.inbox import oidc
from messaging.inbox.sessions import come_in
from messaging.services.people.sessions import open_session
from portal.base.refused import Refused


@require_GET
def sign_in(request: HttpRequest) -> HttpResponse:
    """Off to the provider."""
    if not oidc.is_on():
        raise Http404
    try:
        return oidc.send_to_provider(request)
    except Refused as refusal:
        return _refused(request, refusal, 503)


@require_GET
def sign_in_done(request: HttpRequest) -> HttpResponse:
    """Back from the provider: a session of the person's, or what to do."""
    if not oidc.is_on():
        raise Http404
    try:
        person_id = oidc.person_from_provider(request)
    except Refused as refusal:
        return _refused(request, refusal, 503 if refusal.code == "provider_away" else 403)
    cookie = open_session(person_id, browser=request.headers.get("User-Agent", ""))
    return come_in(request, cookie)


def _refused(request: HttpRequest, refusal: Refused, status: int) -> HttpResponse:
    context = {"refusal": refusal, "signs_in": True}
    return render(request, "inbox/welcome.html", context, status=status)
