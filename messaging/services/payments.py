"""Payment requests as messages: billing knows the money, here is how it looks in a chat.

The message holds only which request it is; what is shown is always the request's present state.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from audience.services.erasure import EXPORTERS
from audience.signals import person_erased
from billing.models import PaymentRequest
from billing.money import decimals
from billing.services.payment_requests import Item, draft_request, forget_payer, mark_requested
from billing.signals import payment_changed
from messaging.models import Message
from messaging.services.gateway.queue import queue_message
from messaging.services.messages import announce_conversation, send_message, show_sent
from messaging.services.webhooks.events import tell
from portal.base.ids import new_id
from portal.base.live import announce
from portal.base.refused import Refused
from portal.base.templatetags.ui import money
from profiles.models import Profile, User

Kind = Message.Kind
Status = PaymentRequest.Status


@transaction.atomic
def request_payment(
    profile: Profile,
    person_id: int,
    *,
    by: User | None,
    items: Sequence[Item],
    currency: str,
    reference_id: str,
    extras: dict[str, int] | None = None,
    body: str = "",
    content: dict | None = None,
    expires_at: datetime | None = None,
    again_of: PaymentRequest | None = None,
    client_data: str | None = None,
    reply_to: int | None = None,
    now: datetime | None = None,
) -> Message:
    """Ask a person for money in their chat.

    Arguments:
        by: the member who asks; None where a program does.
        body: words above the bill.
        content: what an integrator sent, kept in its shape.
        items, extras, currency, reference_id, expires_at: as `draft_request` takes them.

    Raises Refused: with the codes of messaging.rules and of billing.payment_rules.
    """
    now = now or timezone.now()
    request = draft_request(
        profile,
        person_id,
        by=by,
        items=items,
        currency=currency,
        reference_id=reference_id,
        extras=extras,
        expires_at=expires_at,
        again_of=again_of,
        now=now,
    )
    message = send_message(
        profile,
        person_id,
        by=by,
        kind=Kind.PAYMENT,
        body=body or _first_words(request),
        content={**(content or {}), "payment": str(request.uuid), "bill": _bill(request)},
        client_data=client_data,
        reply_to=reply_to,
        now=now,
    )
    mark_requested(request, message_id=message.id)
    return message


def request_again(request: PaymentRequest, *, by: User, now: datetime | None = None) -> Message:
    """The same bill once more, after it expired or was cancelled. Raises Refused."""
    if request.status not in PaymentRequest.REPEATABLE or not request.person_id:
        raise Refused(_("Only a request that expired or was cancelled can be made again."))
    return request_payment(
        request.profile,
        request.person_id,
        by=by,
        items=[Item(**item) for item in request.items],
        currency=request.currency,
        reference_id=request.reference_id,
        extras=request.extras,
        again_of=request,
        now=now,
    )


def payments_of(messages: Sequence[Message]) -> dict[str, PaymentRequest]:
    """The requests that these messages of one conversation show, by their uuid; one query."""
    uuids = [
        uuid
        for message in messages
        if message.kind == Kind.PAYMENT and (uuid := (message.content or {}).get("payment"))
    ]
    if not uuids:
        return {}
    return {str(row.uuid): row for row in PaymentRequest.objects.filter(uuid__in=uuids)}


@receiver(payment_changed)
def show_change(sender, *, request: PaymentRequest, what: str, amount: int, **kwargs) -> None:
    """Open pages draw the bill anew, the chat gets a line, the integrator a webhook."""
    announce(f"business:{request.business_id}", "payment", str(request.uuid))
    if request.person_id is None:
        return
    if what == "requested":
        return  # the message itself says so
    if words := _line(request, what, amount):
        post_line(request.profile, request.person_id, words, payment=str(request.uuid))
    else:
        announce_conversation(request.profile, request.person_id)
    if what in TOLD:
        tell_integrators(request, what, amount)


@receiver(person_erased)
def forget_the_payer(person_id: int, now: datetime, **kwargs: object) -> None:
    """The books keep the amounts, without a person."""
    forget_payer(person_id, now=now)


def export_payments(person_id: int) -> dict[str, list[dict[str, object]]]:
    """What a person was asked to pay and paid, for whoever exports all about them."""
    rows = PaymentRequest.objects.filter(person_id=person_id).exclude(status=Status.DRAFT)
    columns = ("payee", "reference_id", "items", "extras", "currency", "amount", "status")
    times = ("created_at", "paid_at", "amount_refunded")
    return {PaymentRequest._meta.db_table: list(rows.values(*columns, *times))}


EXPORTERS.append(export_payments)


def post_line(profile: Profile, person_id: int, words: str, **content: object) -> Message:
    """A line that the system writes into a chat. No rule can hold it back: it says what happened
    to the person's own money.
    """
    now = timezone.now()
    with transaction.atomic():
        share_bucket(bucket_of(person_id))
        message = Message.objects.create(
            person_id=person_id,
            id=new_id(now),
            profile_id=profile.pk,
            direction=Message.Direction.OUT,
            kind=Kind.SYSTEM,
            status=Message.Status.SENT,
            body=words,
            content=content or None,
            created_at=now,
        )
        show_sent(message, profile)
        queue_message(Message, message=message)  # no status: integrators hear of the payment itself
        announce_conversation(profile, person_id)
    return message


def _bill(request: PaymentRequest) -> dict:
    """What another channel needs to show the bill and lead to its payment."""
    return {
        "url": settings.SITE_URL + reverse("pay", args=[request.token]),
        "payee": request.payee,
        "currency": request.currency.upper(),
        "amount": {"value": request.amount, "offset": 10 ** decimals(request.currency)},
        "expires_at": request.expires_at.isoformat(),
    }


def _first_words(request: PaymentRequest) -> str:
    """What lists and other channels show of it."""
    return _("%(payee)s asks for %(amount)s: %(reference)s") % {
        "payee": request.payee,
        "amount": money(request.amount, request.currency),
        "reference": request.reference_id,
    }


def _line(request: PaymentRequest, what: str, amount: int) -> str:
    """What the chat says of a change; empty where the bill itself says it."""
    if what == "disputed":  # by the bank, which may have decided, or by the person
        what = BANK.get(request.status, "complained")
    if (words := LINES.get(what)) is None:
        return ""
    return words() % {
        "amount": money(amount, request.currency),
        "payee": request.payee,
        "reference": request.reference_id,
        "order": request.get_order_status_display(),
        "answer": _last_answer(request) if what == "answered" else "",
    }


def _last_answer(request: PaymentRequest) -> str:
    answered = request.disputes.exclude(answer="").order_by("-answered_at").first()
    return answered.answer if answered else ""


LINES: dict[str, Callable[[], str]] = {
    "paid": lambda: _("Paid: %(amount)s to %(payee)s for %(reference)s. The receipt is kept here."),
    "processing": lambda: _("%(amount)s to %(payee)s is on its way. That can take some days."),
    "failed": lambda: _("The payment of %(amount)s did not come through. Nothing was charged."),
    "surplus": lambda: _("%(reference)s was paid once too often; %(amount)s goes back by itself."),
    "refunded": lambda: _("%(payee)s gave back %(amount)s of %(reference)s."),
    "cancelled": lambda: _("%(payee)s took back the request for %(reference)s."),
    "order": lambda: _("Your order %(reference)s: %(order)s."),
    "answered": lambda: _("%(payee)s answers about %(reference)s: %(answer)s"),
    "resolved": lambda: _("Settled: %(reference)s."),
    "complained": lambda: _("You said that something is wrong with %(reference)s."),
    "bank asks": lambda: _("Your bank asks %(payee)s for the %(amount)s back."),
    "won": lambda: _("The bank decided about %(reference)s: %(payee)s keeps the money."),
    "lost": lambda: _("The bank decided about %(reference)s: you have the money back."),
}
BANK: dict[str, str] = {Status.DISPUTED: "bank asks", Status.WON: "won", Status.LOST: "lost"}


# The Cloud API's words for what became of the money. Its statuses of the type payment are
# captured, failed and pending; refunds ride on captured.
TOLD = {
    "paid": "captured",
    "refunded": "captured",
    "processing": "pending",
    "failed": "failed",
}


def tell_integrators(request: PaymentRequest, what: str, amount: int) -> None:
    """A status of the type payment. Not for the person's complaint: that is between people."""
    if request.message_id is None:
        return
    tell(
        request.business_id,
        field="messages",
        profile_id=request.profile_id,
        person_id=request.person_id,
        facts={
            "kind": "payment",
            "message": request.message_id,
            "status": TOLD[what],
            "at": int(timezone.now().timestamp()),
            "request": str(request.uuid),
            "refunded": amount if what == "refunded" else 0,
        },
    )
