"""The business's shared inbox: views of one list, one conversation, answering."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.payment_rules import may_request_payment
from messaging import rules
from messaging.forms.payments import PaymentForm
from messaging.models import Contact, Conversation
from messaging.services.chats import bubbles_for_business
from messaging.services.conversations import (
    FOLDERS,
    assign_conversation,
    conversation_of,
    inbox_page,
    mark_seen,
    reopen_conversation,
    resolve_conversation,
)
from messaging.services.messages import send_message
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business, Profile
from profiles.tenancy import ANSWER, MemberRequest, business_page, in_business


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
    profile, open_one = _open(business, handle, number)
    if request.method == "POST":
        return _answer(request, business, profile, open_one, number)

    before = request.GET.get("before", "")
    bubbles = bubbles_for_business(
        open_one, profile, before=int(before) if before.isdigit() else None
    )
    mark_seen(open_one)
    context = _list(request, business, profile) | {
        "open": open_one,
        "number": number,
        "contact": Contact.objects.filter(
            person_id=open_one.person_id, business_id=business.pk
        ).first(),
        "bubbles": bubbles,
        "closed_because": _why_closed(profile, open_one),
        "bill": _bill(business, profile),
    }
    return _show(request, business, **context)


@require_POST
@in_business(roles=ANSWER)
def act(request: MemberRequest, business: Business, handle: str, number: str) -> HttpResponse:
    """Take, release, resolve or reopen a conversation."""
    profile, open_one = _open(business, handle, number)
    acts = {
        "take": lambda: assign_conversation(open_one, by=request.user, to=request.user),
        "release": lambda: assign_conversation(open_one, by=request.user, to=None),
        "resolve": lambda: resolve_conversation(open_one, by=request.user),
        "reopen": lambda: reopen_conversation(open_one, by=request.user),
    }
    if (do := acts.get(request.POST.get("act", ""))) is None:
        raise Http404
    try:
        do()
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("conversation", business.slug, profile.handle, number)


def _answer(
    request: MemberRequest,
    business: Business,
    profile: Profile,
    open_one: Conversation,
    number: str,
) -> HttpResponse:
    try:
        send_message(
            profile, open_one.person_id, by=request.user, body=request.POST.get("body", "")
        )
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        request.session["unsent"] = request.POST.get("body", "")[:4096]
    return redirect("conversation", business.slug, profile.handle, number)


def _show(request: MemberRequest, business: Business, **context) -> HttpResponse:
    return business_page(request, business, "messaging/inbox/inbox.html", **context)


def _open(business: Business, handle: str, number: str) -> tuple[Profile, Conversation]:
    """The profile and conversation of this business, or Http404."""
    profile = get_object_or_404(business.profiles.select_related("business"), handle=handle)
    if (found := conversation_of(profile, number)) is None:
        raise Http404
    return profile, found


def _profile(business: Business, handle: str) -> Profile | None:
    profiles = business.profiles.select_related("business").filter(closed_at=None, is_test=False)
    return profiles.filter(handle=handle).first() or profiles.order_by("created_at").first()


def _list(request: MemberRequest, business: Business, profile: Profile) -> dict:
    folder = request.GET.get("view", "all")
    folder = folder if folder in FOLDERS else "all"
    return {
        "profile": profile,
        "profiles": list(business.profiles.filter(closed_at=None, is_test=False)),
        "folder": folder,
        "page": inbox_page(
            profile, member=request.user, folder=folder, after=request.GET.get("after", "")
        ),
        "live": live(f"business:{business.pk}"),
        "unsent": request.session.pop("unsent", ""),
    }


def _bill(business: Business, profile: Profile) -> PaymentForm | None:
    """An empty bill, where the profile may ask for money now."""
    try:
        may_request_payment(profile)
    except Refused:
        return None
    return PaymentForm(business=business)


def _why_closed(profile: Profile, open_one: Conversation) -> str:
    """Why a reply can't be sent now, in words; empty when it can."""
    try:
        rules.may_send(profile, person_id=open_one.person_id, message_class="service", kind="text")
    except Refused as refusal:
        return refusal.sentence
    return ""
