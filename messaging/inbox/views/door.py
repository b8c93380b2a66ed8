"""Coming in and leaving."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from messaging.inbox import oidc
from messaging.inbox.sessions import COOKIE, NEXT, come_in, person_of_request
from messaging.services.people.sessions import close_session, follow_sign_in_link
from portal.base.refused import Refused
from profiles.models.profiles import HANDLE


@require_safe
def welcome(request: HttpRequest) -> HttpResponse:
    """What this is and how to come in, for who has no session."""
    if person_of_request(request):
        return redirect("inbox")
    context = {"comes_back": NEXT in request.COOKIES, "signs_in": oidc.is_on()}
    return render(request, "inbox/welcome.html", context)


@require_GET
def follow_link(request: HttpRequest, token: str) -> HttpResponse:
    """Use the messenger's one-time link; a used, expired or altered one opens nothing."""
    try:
        cookie = follow_sign_in_link(token, browser=request.headers.get("User-Agent", ""))
    except Refused as refusal:
        return render(request, "inbox/welcome.html", {"refusal": refusal}, status=410)
    handle = request.GET.get("chat", "")
    to = reverse("chat", args=[handle]) if re.fullmatch(HANDLE, handle) else ""
    return come_in(request, cookie, to=to)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out of this browser."""
    close_session(request.COOKIES.get(COOKIE, ""))
    messages.info(request, _("You are signed out."))
    response = redirect("inbox_door")
    response.delete_cookie(COOKIE)
    return response
