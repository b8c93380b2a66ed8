"""What a member does with a conversation besides answering: give, put away, note, write."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from messaging.models import Conversation
from messaging.names import name_for
from messaging.services.conversations.desk import send_again, who_may_answer
from messaging.services.conversations.handling import (
    assign_conversation,
    reopen_conversation,
    resolve_conversation,
)
from messaging.services.conversations.notes import add_note
from messaging.services.conversations.snoozing import moments, snooze_conversation
from messaging.services.conversations.writing import note_writing, who_writes
from messaging.services.templates.reopening import send_opener
from messaging.views.inbox import open_conversation
from messaging.views.inbox_talk import contact_of
from portal.base.refused import Refused
from portal.base.written import moment_in, number_in
from profiles.models import Business, Profile, User
from profiles.tenancy import ANSWER, MemberRequest, in_business


@require_POST
@in_business(roles=ANSWER)
def act(request: MemberRequest, business: Business, handle: str, number: str) -> HttpResponse:
    """Take, release, give, resolve, reopen, snooze, note, try again."""
    profile, open_one = open_conversation(business, handle, number)
    if (do := ACTS.get(request.POST.get("act", ""))) is None:
        raise Http404
    try:
        do(request, business, open_one)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("conversation", business.slug, profile.handle, number)


@require_http_methods(["GET", "POST"])
@in_business(roles=ANSWER)
def writing(request: MemberRequest, business: Business, handle: str, number: str) -> HttpResponse:
    """POST: I am writing. GET: who of the others is, as the page's notice."""
    profile, open_one = open_conversation(business, handle, number)
    if request.method == "POST":
        note_writing(open_one, by=request.user)
        return HttpResponse(status=204)
    names, person_writes = who_writes(open_one, member=request.user, team=who_may_answer(business))
    contact = contact_of(business, open_one)
    context = {
        "writing": names,
        "person_writes": person_writes,
        "known_as": name_for(contact, number),
        "business": business,
        "profile": profile,
        "number": number,
    }
    return render(request, "messaging/inbox/_writing.html", context)


def _take(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    assign_conversation(open_one, by=request.user, to=request.user)


def _release(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    assign_conversation(open_one, by=request.user, to=None)


def _give(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    to = get_object_or_404(
        User.objects.filter(memberships__business=business, memberships__removed_at=None),
        email=request.POST.get("to", ""),
    )
    assign_conversation(open_one, by=request.user, to=to)
    messages.info(request, _("Given to %(name)s.") % {"name": to.get_short_name()})


def _resolve(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    resolve_conversation(open_one, by=request.user)


def _reopen(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    reopen_conversation(open_one, by=request.user)


def _snooze(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    chosen = request.POST.get("until", "")
    until = moments(business).get(chosen) or moment_in(chosen)
    if until is None or until.tzinfo is None:
        raise Refused(_("Choose a moment within the next 90 days."), code="invalid")
    snooze_conversation(open_one, until=until, by=request.user)


def _note(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    add_note(open_one, request.POST.get("body", ""), by=request.user)


def _again(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    profile = Profile.objects.select_related("business").get(pk=open_one.profile_id)
    message_id = number_in(request.POST.get("message", "")) or 0
    send_again(open_one, profile, message_id, by=request.user)


def _template(request: MemberRequest, business: Business, open_one: Conversation) -> None:
    chosen = request.POST.get("template", "")
    profile = Profile.objects.select_related("business").get(pk=open_one.profile_id)
    send_opener(
        open_one,
        profile,
        number_in(chosen) or 0,
        values=request.POST.getlist("value"),
        by=request.user,
    )


ACTS: dict[str, Callable[[MemberRequest, Business, Conversation], None]] = {
    "take": _take,
    "release": _release,
    "give": _give,
    "resolve": _resolve,
    "reopen": _reopen,
    "snooze": _snooze,
    "note": _note,
    "template": _template,
    "again": _again,
}
