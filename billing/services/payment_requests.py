"""Asking a person for money: what is asked for, and when it ends. Billing knows no messages: who
carries the request into a chat (messaging) makes the draft, sends it, and says so here.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import PaymentAttempt, PaymentRequest
from billing.money import money
from billing.payment_rules import may_request_payment, verified_name
from billing.services.paying import close_attempt
from billing.services.plainly import said_plainly
from billing.signals import payment_changed
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from billing.terms import TERMS, fee_of, step
from portal.base.refused import Refused
from profiles.models import Business, Profile, User
from profiles.services.audit import record

logger = logging.getLogger(__name__)

Status = PaymentRequest.Status
EXTRAS = ("tax", "shipping", "discount")
MOST_ITEMS = 50
SOONEST, LATEST = timedelta(minutes=5), timedelta(days=30)  # until a request expires
USUAL = timedelta(days=3)


@dataclass(frozen=True)
class Item:
    """What is to be paid for; `amount` is of one, in the currency's smallest unit."""

    name: str
    amount: int
    quantity: int = 1
    retailer_id: str = ""


@transaction.atomic
def draft_request(
    profile: Profile,
    person_id: int,
    *,
    by: User | None,
    items: Sequence[Item],
    currency: str,
    reference_id: str,
    extras: dict[str, int] | None = None,
    expires_at: datetime | None = None,
    again_of: PaymentRequest | None = None,
    now: datetime | None = None,
) -> PaymentRequest:
    """Write down what will be asked for. The amount is worked out here, from the items.

    Arguments:
        by: the member who asks; None where a program does.
        extras: tax and shipping to add, discount to take off, in the smallest unit.
        reference_id: the business's name of the order, at most 35 characters.
        expires_at: left out, after USUAL.

    Raises Refused: with the codes of payment_rules, and where amounts are beyond the terms.
    """
    now = now or timezone.now()
    expires_at = expires_at or now + USUAL
    account = may_request_payment(profile, now=now)
    # For the day's sum. Not the key: others may go on to write rows that point to the business.
    business = Business.objects.select_for_update(no_key=True).get(pk=profile.business_id)
    amount = total(items, extras or {})
    _check_words(items, reference_id)
    _check_amount(business, amount, currency, now)
    if not now + SOONEST <= expires_at <= now + LATEST:
        raise Refused(_("A request can wait between 5 minutes and 30 days."), code="invalid_expiry")

    try:
        with transaction.atomic():
            request = PaymentRequest.objects.create(
                business=business,
                profile=profile,
                account=account,
                person_id=person_id,
                reference_id=reference_id,
                payee=verified_name(business),
                items=[vars(item) for item in items],
                extras={name: value for name, value in (extras or {}).items() if value},
                currency=currency,
                amount=amount,
                fee=min(fee_of(amount), amount - 1),
                by=by,
                again_of=again_of,
                created_at=now,
                expires_at=expires_at,
            )
    except IntegrityError as error:
        raise Refused(
            _("“%(reference)s” was asked for already. Cancel that request, or use another name.")
            % {"reference": reference_id},
            code="reference_taken",
        ) from error
    record(
        request,
        "payment.requested",
        by=by,
        amount=amount,
        currency=currency,
        reference=reference_id,
    )
    return request


def total(items: Sequence[Item], extras: dict[str, int]) -> int:
    """What the items cost with tax and shipping, less the discount, in the smallest unit."""
    plus = extras.get("tax", 0) + extras.get("shipping", 0)
    return sum(item.amount * item.quantity for item in items) + plus - extras.get("discount", 0)


def mark_requested(request: PaymentRequest, *, message_id: int) -> None:
    """The message with the request is in the chat; in the transaction that put it there."""
    moved = PaymentRequest.objects.filter(pk=request.pk, status=Status.DRAFT).update(
        status=Status.REQUESTED, message_id=message_id
    )
    if moved:
        request.status, request.message_id = Status.REQUESTED, message_id
        payment_changed.send(
            PaymentRequest, request=request, what="requested", amount=request.amount
        )


def mark_opened(request: PaymentRequest, *, now: datetime | None = None) -> None:
    """The person looks at it for the first time."""
    now = now or timezone.now()
    PaymentRequest.objects.filter(pk=request.pk, opened_at=None).payable().update(opened_at=now)


def cancel_request(
    request: PaymentRequest, *, by: User | None, now: datetime | None = None
) -> PaymentRequest:
    """Take the request back. Raises Refused where it is paid, or is being paid."""
    with said_plainly():
        ended = _end(request, Status.CANCELLED, now=now or timezone.now(), by=by)
    if ended is None:
        raise Refused(_("This request is paid, or is being paid right now."), code="not_open")
    return ended


@shared_task
def expire_payment_requests(limit: int = 500) -> int:
    """End what was not paid in time. Returns how many."""
    now = timezone.now()
    due = PaymentRequest.objects.filter(status=Status.REQUESTED, expires_at__lte=now)
    ended = 0
    for row in due.order_by("expires_at")[:limit]:
        try:
            ended += _end(row, Status.EXPIRED, now=now, by=None) is not None
        except (StripeSaysNo, StripeUnavailable) as error:  # one of them holds up no other
            logger.warning("Payment request %s can't end yet: %s", row.uuid, error)
    return ended


@transaction.atomic
def set_order_status(request: PaymentRequest, status: str, *, by: User | None) -> PaymentRequest:
    """Say in the chat where the goods are. Raises Refused, as `note_order_status`."""
    request = note_order_status(request, status, by=by)
    payment_changed.send(PaymentRequest, request=request, what="order", amount=0)
    return request


@transaction.atomic
def note_order_status(
    request: PaymentRequest, status: str, *, by: User | None, description: str = ""
) -> PaymentRequest:
    """Write down where the goods are, where a message of its own says so.

    “canceled” is only for what is not paid, or was given back.
    """
    request = PaymentRequest.objects.select_for_update().get(pk=request.pk)
    if status not in PaymentRequest.OrderStatus.values:
        raise Refused(_("There is no such status of an order."), code="invalid")
    held = request.paid_at and request.status not in (Status.REFUNDED, Status.LOST)
    if status == PaymentRequest.OrderStatus.CANCELED and held:
        raise Refused(_("This order is paid. Give the money back first."), code="paid")
    request.order_status = status
    request.save(update_fields=["order_status"])
    record(request, "order.changed", by=by, status=status, description=description[:200])
    return request


@transaction.atomic
def forget_payer(person_id: int, *, now: datetime) -> int:
    """The person was erased: open requests end, the books keep amounts without a person.

    Returns how many rows named them. Open pages at Stripe expire by themselves; what is paid on
    one still goes back, as the request is over.
    """
    rows = PaymentRequest.objects.filter(person_id=person_id)
    rows.payable().update(status=Status.CANCELLED, ended_at=now)
    return rows.update(person_id=None, message_id=None)


def _end(
    request: PaymentRequest, status: str, *, now: datetime, by: User | None
) -> PaymentRequest | None:
    """First no page may take money any more, then the request ends. None: it was paid meanwhile."""
    for attempt in request.attempts.filter(state=PaymentAttempt.State.OPEN):
        close_attempt(attempt)
    with transaction.atomic():
        request = PaymentRequest.objects.select_for_update().get(pk=request.pk)
        taken = request.attempts.filter(
            state__in=[PaymentAttempt.State.OPEN, PaymentAttempt.State.PROCESSING]
        )
        if request.status not in (Status.DRAFT, Status.REQUESTED) or taken.exists():
            return None
        request.status, request.ended_at = status, now
        request.save(update_fields=["status", "ended_at"])
        record(request, f"payment.{status}", by=by)
        payment_changed.send(PaymentRequest, request=request, what=str(status), amount=0)
        return request


def _check_words(items: Sequence[Item], reference_id: str) -> None:
    if not reference_id.strip() or len(reference_id) > 35 or "\x00" in reference_id:
        raise Refused(
            _("Name the order by 1 to 35 characters, such as its number."), code="invalid_reference"
        )
    if not 1 <= len(items) <= MOST_ITEMS:
        raise Refused(_("A request has 1 to %(n)s items.") % {"n": MOST_ITEMS}, code="invalid")
    for item in items:
        if not item.name.strip() or len(item.name) > 120 or "\x00" in item.name:
            raise Refused(_("Name each item by 1 to 120 characters."), code="invalid")
        if not 1 <= item.quantity <= 9_999 or item.amount < 0:
            raise Refused(_("“%(item)s” needs a quantity and a price.") % {"item": item.name})


def _check_amount(business: Business, amount: int, currency: str, now: datetime) -> None:
    """Within the terms of the currency, of one request and of the day; the business is locked."""
    terms = TERMS.get(currency)
    if terms is None:
        raise Refused(
            _("Choose one of these currencies: %(list)s.")
            % {"list": ", ".join(sorted(TERMS)).upper()},
            code="invalid_currency",
        )
    if not terms.least <= amount <= terms.most:
        raise Refused(
            _("A request is for %(least)s to %(most)s.")
            % {"least": money(terms.least, currency), "most": money(terms.most, currency)},
            code="invalid_amount",
        )
    if amount % step(currency):
        raise Refused(
            _("Amounts in %(currency)s end in 0.") % {"currency": currency.upper()},
            code="invalid_amount",
        )
    asked = (
        PaymentRequest.objects.filter(
            business=business, currency=currency, created_at__gt=now - timedelta(days=1)
        ).aggregate(sum=Sum("amount"))["sum"]
        or 0
    )
    if asked + amount > terms.a_day:
        raise Refused(
            _("You asked for %(asked)s in the last 24 hours; the limit is %(limit)s.")
            % {"asked": money(asked, currency), "limit": money(terms.a_day, currency)},
            code="day_limit",
        )
