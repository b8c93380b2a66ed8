"""What the page of one conversation is drawn with: the talk, who it is with, and the composer."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.payment_rules import may_request_payment
from messaging import rules
from messaging.forms.payments import PaymentForm
from messaging.models import CannedReply, Contact, Conversation, Message
from messaging.names import name_for
from messaging.services.conversations.desk import (
    MOST_SHOWN,
    SHOWN,
    reply_until,
    talk_of,
    who_may_answer,
)
from messaging.services.conversations.snoozing import moments
from messaging.services.conversations.writing import who_writes
from messaging.services.templates.reopening import openers
from portal.base.refused import Refused
from portal.base.written import number_in
from profiles.models import Business, Profile
from profiles.tenancy import MemberRequest

SNOOZE = {
    "hour": gettext_lazy("For an hour"),
    "evening": gettext_lazy("Until this evening"),
    "tomorrow": gettext_lazy("Until tomorrow morning"),
    "monday": gettext_lazy("Until Monday morning"),
}
MOST_REPLIES = 50
A_MOMENT = timedelta(minutes=1)


def talk_context(
    request: MemberRequest, profile: Profile, open_one: Conversation, number: str
) -> dict[str, Any]:
    """The messages, and what is known of the person; with ?before= those before that message,
    with ?m= as many as were shown.
    """
    business = profile.business
    before = number_in(request.GET.get("before", ""))
    wanted = number_in((request.GET.getlist("m") or [""])[-1]) or 0
    team = who_may_answer(business)
    closed, recipient = _may_answer(profile, open_one)
    writing, person_writes = who_writes(open_one, member=request.user, team=team)
    talk = talk_of(
        open_one,
        profile,
        before=before,
        limit=SHOWN if before else min(max(SHOWN, wanted), MOST_SHOWN),
        known={row.user_id: row.user for row in team},
    )
    contact = contact_of(business, open_one)
    return {
        "open": open_one,
        "number": number,
        "contact": contact,
        "known_as": name_for(contact, number),
        "talk": talk,
        "talk_shown": len(talk.items) + (wanted if before else 0),
        "is_older": bool(before),
        "closed_because": closed.sentence if closed else "",
        "openers": openers(profile) if closed and closed.code == "window_closed" else [],
        "until": reply_until(open_one),
        "wants_adverts": recipient and recipient.adverts,  # (not what they set for all)
        "wants_alerts": recipient and rules.consents(recipient, Message.Class.SERVICE),
        "waits": open_one.waiting_since and timezone.now() - open_one.waiting_since > A_MOMENT,
        "writing": writing,
        "person_writes": person_writes,
        "team": team,
        "assignee": next((row.user for row in team if row.user_id == open_one.assignee_id), None),
    }


def contact_of(business: Business, talk: Conversation) -> Contact | None:
    """Whom the business talks to, as it knows them."""
    return Contact.objects.filter(person_id=talk.person_id, business_id=business.pk).first()


def composer_context(profile: Profile) -> dict[str, Any]:
    """What one answers with besides words: ready words, a bill, a moment to come back to it."""
    business = profile.business
    return {
        "bill": _bill(business, profile),
        "moments": sorted(
            ((key, SNOOZE[key], at) for key, at in moments(business).items()),
            key=lambda moment: moment[2],
        ),
        "replies": CannedReply.objects.filter(business=business)[:MOST_REPLIES],
    }


def _bill(business: Business, profile: Profile) -> PaymentForm | None:
    """An empty bill, where the profile may ask for money now."""
    try:
        may_request_payment(profile)
    except Refused:
        return None
    return PaymentForm(business=business)


def _may_answer(
    profile: Profile, open_one: Conversation
) -> tuple[Refused | None, rules.Recipient | None]:
    """Why a reply can't be sent now, None when it can; and what the person agrees to."""
    person_id = open_one.person_id
    try:
        return None, rules.may_send(
            profile,
            person_id=person_id,
            message_class=Message.Class.SERVICE,
            kind=Message.Kind.TEXT,
        )
    except Refused as refusal:
        return refusal, rules.recipient_of(profile, person_id)
