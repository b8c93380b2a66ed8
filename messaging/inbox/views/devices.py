"""Where a person is signed in, and which of these browsers are told of messages."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audience.models import Person
from messaging.inbox.page import show
from messaging.inbox.sessions import COOKIE, as_person
from messaging.models import PushSubscription
from messaging.services.people.push import show_words, subscribe, unsubscribe
from messaging.services.people.push_sealing import public_key
from messaging.services.people.sessions import close_other_session, hash_of, open_sessions
from portal.base.refused import Refused


@require_safe
@as_person
def devices(request: HttpRequest, person: Person) -> HttpResponse:
    """All browsers of the person, this one first."""
    mine = hash_of(request.COOKIES[COOKIE])
    told = {row.session_hash: row for row in PushSubscription.objects.filter(person_id=person.pk)}
    sessions = [
        {"session": each, "is_this": each.token_hash == mine, "push": told.get(each.token_hash)}
        for each in open_sessions(person.pk)
    ]
    context = {
        "sessions": sorted(sessions, key=lambda each: not each["is_this"]),
        "push": told.get(mine),
        "key": public_key(),
    }
    return show(request, person, "devices.html", **context)


@require_POST
@as_person
def sign_out(request: HttpRequest, person: Person) -> HttpResponse:
    """Sign out of another browser."""
    close_other_session(person.pk, request.POST.get("session", ""))
    messages.info(request, _("Signed out there."))
    return redirect("inbox_devices")


@require_POST
@as_person
def push(request: HttpRequest, person: Person) -> HttpResponse:
    """This browser wants to be told of messages, or not any more, or how much."""
    mine = hash_of(request.COOKIES[COOKIE])
    act = request.POST.get("act")
    if act == "on":
        try:
            subscribe(
                person.pk,
                endpoint=request.POST.get("endpoint", ""),
                p256dh=request.POST.get("p256dh", ""),
                auth=request.POST.get("auth", ""),
                session_hash=mine,
                browser=request.headers.get("User-Agent", ""),
            )
        except Refused as refusal:
            return HttpResponse(refusal.sentence, status=422)
        return HttpResponse(status=204)
    if act == "words":
        show_words(person.pk, session_hash=mine, shows=bool(request.POST.get("shows")))
    else:
        unsubscribe(person.pk, session_hash=mine)
    return redirect("inbox_devices")
