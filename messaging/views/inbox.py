"""The business's shared inbox: views of one list, one conversation, answering."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.payment_rules import may_request_payment
from messaging import rules
from messaging.forms.payments import PaymentForm
from messaging.models import CannedReply, Contact, Conversation
from messaging.services.conversations import (
    FOLDERS,
    Line,
    assign_conversation,
    conversation_of,
    folder_counts,
    inbox_page,
    mark_seen,
)
from messaging.services.desk import answered_meanwhile, reply_until, talk_of, who_may_answer
from messaging.services.labels import labels_of
from messaging.services.messages import send_message
from messaging.services.reopening import openers
from messaging.services.response_times import median_minutes
from messaging.services.snoozing import moments
from messaging.services.writing import note_sent, others_writing
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from portal.base.written import number_in
from profiles.models import Business, Profile
from profiles.tenancy import ANSWER, MemberRequest, business_page, in_business

FOLDER_NAMES = {
    "mine": gettext_lazy("Mine"),
    "unassigned": gettext_lazy("Unassigned"),
    "all": gettext_lazy("All"),
    "snoozed": gettext_lazy("Snoozed"),
    "resolved": gettext_lazy("Resolved"),
}
SNOOZE = {
    "hour": gettext_lazy("For an hour"),
    "evening": gettext_lazy("Until this evening"),
    "tomorrow": gettext_lazy("Until tomorrow morning"),
    "monday": gettext_lazy("Until Monday morning"),
}
MOST_REPLIES = 50
A_MOMENT = timedelta(minutes=1)


@require_safe
@in_business(roles=ANSWER)
def inbox(request: MemberRequest, business: Business) -> HttpResponse:
    """The list of one profile's conversations; nothing open."""
    profile = _profile(business, request.GET.get("profile", ""))
    if profile is None:
        return business_page(request, business, "messaging/inbox/no_profile.html")
    return _show(request, business, **_list(request, business, profile))


@require_http_methods(["GET", "HEAD", "POST"])
@in_business(roles=ANSWER)
def conversation(
    request: MemberRequest, business: Business, handle: str, number: str
) -> HttpResponse:
    """One conversation beside the list; POST answers."""
    profile, open_one = open_conversation(business, handle, number)
    if request.method == "POST":
        return _answer(request, business, profile, open_one, number)
    return _page(request, business, profile, open_one, number)


def _page(
    request: MemberRequest,
    business: Business,
    profile: Profile,
    open_one: Conversation,
    number: str,
    *,
    problem: str = "",
    status: int = 200,
) -> HttpResponse:
    """The conversation as it is; with `problem`, why the answer was not sent."""
    before = request.GET.get("before", "")
    closed = _why_closed(profile, open_one)
    context = _list(request, business, profile) | {
        "open": open_one,
        "number": number,
        "contact": Contact.objects.filter(
            person_id=open_one.person_id, business_id=business.pk
        ).first(),
        "talk": talk_of(open_one, profile, before=number_in(before)),
        "closed_because": closed.sentence if closed else "",
        "openers": openers(profile) if closed and closed.code == "window_closed" else [],
        "until": reply_until(open_one),
        "is_older": bool(before),
        "waits": open_one.waiting_since and timezone.now() - open_one.waiting_since > A_MOMENT,
        "writing": others_writing(open_one, member=request.user),
        "bill": _bill(business, profile),
        "team": who_may_answer(business),
        "moments": [(key, SNOOZE[key], at) for key, at in moments(business).items()],
        "replies": CannedReply.objects.filter(business=business)[:MOST_REPLIES],
        "other_labels": labels_of(business),
        "problem": problem,
    }
    context["assignee"] = next(
        (row.user for row in context["team"] if row.user_id == open_one.assignee_id), None
    )
    if problem:
        context["unsent"] = request.POST.get("body", "")[:4096]
    else:
        mark_seen(open_one)
    context["before"], context["next"] = _neighbours(context["page"].lines, number)
    return _show(request, business, status=status, **context)


def _answer(
    request: MemberRequest,
    business: Business,
    profile: Profile,
    open_one: Conversation,
    number: str,
) -> HttpResponse:
    """Send the reply, unless a colleague answered since the page was seen: then ask once more."""
    seen = number_in(request.POST.get("seen", ""))
    if seen is not None and (other := answered_meanwhile(open_one, seen=seen, member=request.user)):
        problem = _("%(name)s answered a moment ago. Send again if yours is still needed.")
        return _page(
            request,
            business,
            profile,
            open_one,
            number,
            problem=problem % {"name": other},
            status=422,
        )
    try:
        with transaction.atomic():  # the others' pages see both at once
            send_message(
                profile, open_one.person_id, by=request.user, body=request.POST.get("body", "")
            )
            if open_one.assignee_id is None:
                assign_conversation(open_one, by=request.user, to=request.user)
    except Refused as refusal:
        return _page(
            request, business, profile, open_one, number, problem=refusal.sentence, status=422
        )
    note_sent(open_one, by=request.user)
    return redirect("conversation", business.slug, profile.handle, number)


def _neighbours(lines: list[Line], number: str) -> tuple[str, str]:
    """Who stands above and below in the list: where the keys k and j lead."""
    numbers = [line.number for line in lines]
    if number not in numbers:
        return "", numbers[0] if numbers else ""
    place = numbers.index(number)
    return (
        numbers[place - 1] if place else "",
        numbers[place + 1] if place + 1 < len(numbers) else "",
    )


def _show(
    request: MemberRequest, business: Business, *, status: int = 200, **context
) -> HttpResponse:
    return business_page(request, business, "messaging/inbox/inbox.html", status=status, **context)


def open_conversation(business: Business, handle: str, number: str) -> tuple[Profile, Conversation]:
    """The profile and conversation of this business, or Http404."""
    profile = get_object_or_404(business.profiles.select_related("business"), handle=handle)
    if (found := conversation_of(profile, number)) is None:
        raise Http404
    return profile, found


def _profile(business: Business, handle: str) -> Profile | None:
    profiles = business.profiles.select_related("business").filter(closed_at=None, is_test=False)
    return profiles.filter(handle=handle).first() or profiles.order_by("created_at").first()


def _list(request: MemberRequest, business: Business, profile: Profile) -> dict[str, Any]:
    folder = request.GET.get("view", "all")
    folder = folder if folder in FOLDERS else "all"
    label = request.GET.get("label", "").replace("\x00", "")[:30]
    words = request.GET.get("q", "").replace("\x00", "").strip()[:128]
    kept = {"view": folder if folder != "all" else "", "label": label, "q": words}
    page = inbox_page(
        profile,
        member=request.user,
        folder=folder,
        label=label,
        words=words,
        after=request.GET.get("after", ""),
    )
    return {
        "profile": profile,
        "profiles": list(business.profiles.filter(closed_at=None, is_test=False)),
        "folder": folder,
        "folders": list(FOLDER_NAMES.items()),
        "counts_of": folder_counts(profile, member=request.user),
        "label": label,
        "labels": labels_of(business),
        "words": words,
        "kept": urlencode({name: value for name, value in kept.items() if value}),
        "page": page,
        "median": (median := median_minutes(profile)),
        "median_shown": max(1, round(median or 0)),
        "live": live(f"business:{business.pk}"),
        "unsent": "",
    }


def _bill(business: Business, profile: Profile) -> PaymentForm | None:
    """An empty bill, where the profile may ask for money now."""
    try:
        may_request_payment(profile)
    except Refused:
        return None
    return PaymentForm(business=business)


def _why_closed(profile: Profile, open_one: Conversation) -> Refused | None:
    """Why a reply can't be sent now; None when it can."""
    try:
        rules.may_send(profile, person_id=open_one.person_id, message_class="service", kind="text")
    except Refused as refusal:
        return refusal
    return None
