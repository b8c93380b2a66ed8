"""Payments in a sandbox: bills, receipts and webhooks of the real shape, without any money.

Billing refuses a test profile (its bills are real, and so are its books); so what is owed here
stands in the message alone, under the name `play`.
"""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import decimals
from billing.terms import TERMS
from messaging.models import Message
from messaging.services.conversations.announcements import announce_conversation
from messaging.services.messages import send_message
from messaging.services.payments import post_line
from messaging.services.webhooks.events import tell
from portal.base.refused import Refused
from portal.base.templatetags.ui import money
from profiles.models import Profile

LOOKED_AT = 50  # newest messages among which a bill is looked for


@transaction.atomic
def ask_in_play(profile: Profile, person_id: int, *, content: dict, **message) -> Message:
    """A bill to a test person, as an integrator writes it.

    Raises Refused where a real one would be: an unknown currency, or a reference that is owed.
    """
    given = content["action"]["parameters"]
    currency = given["currency"].lower()
    if currency not in TERMS:
        raise Refused(
            _("Choose one of these currencies: %(list)s.")
            % {"list": ", ".join(sorted(TERMS)).upper()},
            code="invalid_currency",
        )
    if any(
        not play["paid"] and play["reference_id"] == given["reference_id"]
        for play in _bills(profile, person_id).values()
    ):
        raise Refused(
            _("“%(reference)s” was asked for already. Cancel that request, or use another name.")
            % {"reference": given["reference_id"]},
            code="reference_taken",
        )
    play = {
        "id": str(uuid.uuid4()),
        "reference_id": given["reference_id"],
        "currency": currency,
        "amount": given["total_amount"]["value"],
        "paid": False,
    }
    message["kind"] = Message.Kind.PAYMENT
    message["body"] = message.get("body") or _("Play money: %(amount)s for %(reference)s") % {
        "amount": money(play["amount"], currency),
        "reference": play["reference_id"],
    }
    return send_message(profile, person_id, content=content | {"play": play}, **message)


@transaction.atomic
def pay_in_play(profile: Profile, person_id: int, *, now: datetime | None = None) -> Message:
    """The test person pays the newest bill: a receipt in the chat, a webhook to the integrator.

    Returns the receipt. Raises Refused where nothing is owed.
    """
    now = now or timezone.now()
    owed = [id_ for id_, play in _bills(profile, person_id).items() if not play["paid"]]
    if not owed:
        raise Refused(_("There is nothing to pay. Send a message with order_details first."))
    message = Message.objects.select_for_update().get(person_id=person_id, id=owed[0])
    content = message.content or {}
    play = content["play"]
    if play["paid"]:
        raise Refused(_("This is paid already."))
    play["paid"] = True
    Message.objects.filter(person_id=person_id, id=message.id).update(content=content)
    words = _("Paid in play: %(amount)s for %(reference)s. No money moved.") % {
        "amount": money(play["amount"], play["currency"]),
        "reference": play["reference_id"],
    }
    line = post_line(profile, person_id, words)
    tell(
        profile.business_id,
        field="messages",
        profile_id=profile.pk,
        person_id=person_id,
        facts={
            "kind": "payment",
            "message": message.id,
            "status": "captured",
            "at": int(now.timestamp()),
            "refunded": 0,
            "play": play | {"offset": 10 ** decimals(play["currency"])},
        },
        now=now,
    )
    announce_conversation(profile, person_id)
    return line


def is_asked_in_play(profile: Profile, person_id: int, reference_id: str) -> bool:
    """Whether there is a bill of that name in the chat."""
    bills = _bills(profile, person_id).values()
    return any(play["reference_id"] == reference_id for play in bills)


def _bills(profile: Profile, person_id: int) -> dict[int, dict]:
    """The chat's bills by message id, the newest first."""
    rows = Message.objects.filter(
        person_id=person_id, profile_id=profile.pk, direction=Message.Direction.OUT
    ).order_by("-id")
    found = rows.values_list("id", "kind", "content")[:LOOKED_AT]
    return {
        id_: content["play"]
        for id_, kind, content in found
        if kind == Message.Kind.PAYMENT and content and "play" in content
    }
