"""Paying a request: one open page at Stripe however often one taps, and what came of it. Stripe is
asked how things stand; events only make us ask.
"""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from stripe.params.checkout import SessionCreateParams

from billing import stripe_gateway
from billing.models import PaymentAttempt, PaymentRequest
from billing.payment_rules import may_request_payment
from billing.services.payment_refunds import give_back_surplus
from billing.services.plainly import said_plainly
from billing.signals import payment_changed
from billing.snapshots import PaymentSnapshot
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from portal.base.refused import Refused
from portal.base.services.outbox import handles, post
from profiles.models import Business, Profile
from profiles.services.audit import record

logger = logging.getLogger(__name__)

OPEN_FOR = timedelta(hours=23)  # Stripe allows at most 24
AT_LEAST = timedelta(minutes=31)  # and at least 30 minutes
ASK_AFTER = timedelta(minutes=10)
State = PaymentAttempt.State
Status = PaymentRequest.Status
UNDECIDED = (State.OPEN, State.PROCESSING)


def open_payment(request: PaymentRequest, *, now: datetime | None = None) -> str:
    """The address of Stripe's page on which the request is paid.

    The rules are asked again: a business that lost its badge since can't be paid. An open page is
    used again. Raises Refused, in words for the person who wants to pay.
    """
    now = now or timezone.now()
    with said_plainly():
        for _again in range(3):
            attempt = _attempt(request, now)
            if url := _page_of(attempt):
                return url
    raise Refused(_("Stripe can't open a page for this payment now. Try again in a minute."))


def refresh_attempt(attempt: PaymentAttempt, *, now: datetime | None = None) -> PaymentAttempt:
    """Ask Stripe what became of a page and take that over. Outside any transaction."""
    request = attempt.request
    found = stripe_gateway.payment(attempt.session_id or "", account_id=request.account.stripe_id)
    if found.reference != str(request.uuid):
        raise PaymentAttempt.DoesNotExist
    return settle_attempt(attempt, found, now=now)


def attempt_of(payment_intent: str, *, account_id: str) -> PaymentAttempt | None:
    """The attempt that this payment was made in, up to date; None: not made through us.

    News of a refund or dispute may come before the news of the payment itself, so what Stripe
    keeps with the payment tells us which attempt it was.
    """
    ours = PaymentAttempt.objects.select_related("request__account").filter(
        request__account__stripe_id=account_id
    )
    if not payment_intent:
        return None
    if attempt := ours.filter(payment_intent=payment_intent).first():
        return attempt
    uuid = stripe_gateway.attempt_behind(payment_intent, account_id=account_id)
    attempt = ours.filter(uuid=uuid).first() if uuid else None
    return refresh_attempt(attempt) if attempt else None


@transaction.atomic
def settle_attempt(
    attempt: PaymentAttempt, found: PaymentSnapshot, *, now: datetime | None = None
) -> PaymentAttempt:
    """Take over what Stripe said, under the request's lock: of two payments one is kept."""
    now = now or timezone.now()
    request = PaymentRequest.objects.select_for_update().get(pk=attempt.request_id)
    attempt = PaymentAttempt.objects.get(pk=attempt.pk)
    attempt.request = request
    attempt.asked_at = now
    attempt.payment_intent = found.payment_intent or attempt.payment_intent
    if attempt.state not in (State.PAID, State.SURPLUS):
        _move(attempt, request, found, now)
    attempt.save()
    return attempt


def close_attempt(attempt: PaymentAttempt) -> PaymentAttempt:
    """Make sure that a page can't be paid any more; if it was paid just now, that counts.

    Raises StripeUnavailable.
    """
    if attempt.request.account.disconnected_at:  # out of our reach: it expires by itself
        PaymentAttempt.objects.filter(pk=attempt.pk).update(state=State.EXPIRED)
        return attempt
    if not attempt.session_id and not _page_of(attempt):
        return attempt
    attempt.refresh_from_db()
    account_id = attempt.request.account.stripe_id
    try:
        found = stripe_gateway.expire_payment(attempt.session_id or "", account_id=account_id)
    except StripeSaysNo:  # paid, or expired by itself
        return refresh_attempt(attempt)
    return settle_attempt(attempt, found)


def close_pages(*, business: Business | None = None, profile: Profile | None = None) -> None:
    """Have the open pages of a profile, of a business, or of all closed, after this transaction."""
    post(
        "payments_close",
        business=business.pk if business else None,
        profile=profile.pk if profile else None,
    )


@handles("payments_close")
def _close_all(payload: dict) -> None:
    """Close the open pages of one profile, of a business, or of all: they may not be paid now."""
    rows = PaymentAttempt.objects.filter(state=State.OPEN).select_related("request__account")
    if business := payload["business"]:
        rows = rows.filter(request__business=business)
    if profile := payload["profile"]:
        rows = rows.filter(request__profile=profile)
    for attempt in rows.order_by("pk"):
        try:
            close_attempt(attempt)
        except StripeSaysNo as error:  # one of them holds up no other
            logger.warning("The page of %s can't be closed: %s", attempt.uuid, error)


@shared_task
def ask_after_payments(limit: int = 200) -> int:
    """Ask Stripe about pages of which we heard nothing for ASK_AFTER. Returns how many moved on.

    What a lost webhook would have told is found here: status by query.
    """
    now = timezone.now()
    waiting = PaymentAttempt.objects.filter(
        Q(asked_at__lte=now - ASK_AFTER) | Q(expires_at__lte=now),
        state__in=UNDECIDED,
        session_id__isnull=False,
    ).select_related("request__account")
    moved = 0
    for attempt in waiting.order_by("asked_at")[:limit]:
        before = attempt.state
        try:
            moved += refresh_attempt(attempt).state != before
        except (StripeSaysNo, StripeUnavailable) as error:
            logger.warning("Payment attempt %s can't be asked after: %s", attempt.pk, error)
            PaymentAttempt.objects.filter(pk=attempt.pk).update(asked_at=now)
    return moved


@transaction.atomic
def _attempt(request: PaymentRequest, now: datetime) -> PaymentAttempt:
    """The request's open attempt, made if there is none. Raises Refused for the person."""
    row = (
        PaymentRequest.objects.select_for_update(of=("self",))
        .select_related("account", "profile__business")
        .get(pk=request.pk)
    )
    if row.status not in PaymentRequest.PAYABLE or row.expires_at <= now:
        raise Refused(why_not_payable(row, now), code="not_open")
    try:
        may_request_payment(row.profile, now=now)
    except Refused as refusal:
        raise Refused(
            _("%(payee)s can't take payments at the moment. Nothing was charged.")
            % {"payee": row.payee},
            code=refusal.code,
        ) from refusal
    attempt = row.attempts.filter(state__in=UNDECIDED).first()
    if attempt and attempt.state == State.PROCESSING:
        raise Refused(_("Your payment is on its way. Nothing more to do."), code="processing")
    if attempt is None:
        until = max(min(now + OPEN_FOR, row.expires_at), now + AT_LEAST)
        attempt = PaymentAttempt.objects.create(
            request=row, expires_at=until, created_at=now, asked_at=now
        )
    attempt.request = row
    return attempt


def why_not_payable(request: PaymentRequest, now: datetime) -> str:
    """Why it can't be paid (any more), in words for the person."""
    if request.paid_at:
        return _("This is paid already. Nothing more was charged.")
    if request.status == Status.CANCELLED:
        return _("%(payee)s took this request back.") % {"payee": request.payee}
    return _("This request has expired. Ask %(payee)s for a new one.") % {"payee": request.payee}


def _page_of(attempt: PaymentAttempt) -> str:
    """The page of the attempt's one session, made if it has none; empty when it has ended."""
    if not attempt.session_id:
        try:
            made = stripe_gateway.create_payment(
                payment_params(attempt),
                account_id=attempt.request.account.stripe_id,
                key=f"payment:{attempt.uuid}",
            )
        except StripeSaysNo as error:
            if error.param != "expires_at":
                raise
            # A try from long ago that never reached Stripe: it is over, the next one is new.
            PaymentAttempt.objects.filter(pk=attempt.pk).update(state=State.EXPIRED)
            return ""
        PaymentAttempt.objects.filter(pk=attempt.pk).update(
            session_id=made.session_id, url=made.url
        )
        return made.url
    found = stripe_gateway.payment(attempt.session_id, account_id=attempt.request.account.stripe_id)
    if found.status == "open":
        return found.url
    settle_attempt(attempt, found)
    return ""


def _move(
    attempt: PaymentAttempt, request: PaymentRequest, found: PaymentSnapshot, now: datetime
) -> None:
    """The transitions; the request is locked."""
    if found.status == "open":
        return
    if found.status == "expired":
        attempt.state, attempt.settled_at = State.EXPIRED, now
        return
    if found.payment_status == "unpaid":
        _move_slow(attempt, request, found, now)
        return

    attempt.settled_at = now
    as_asked = (found.amount, found.currency) == (request.amount, request.currency)
    if request.status not in PaymentRequest.PAYABLE or not as_asked:
        attempt.state = State.SURPLUS
        attempt.save()
        give_back_surplus(attempt, request, amount=found.amount)
        return
    # Another page may still be on its way (a slow transfer): what it brings will be surplus.
    request.attempts.filter(state__in=UNDECIDED).exclude(pk=attempt.pk).update(state=State.EXPIRED)
    attempt.state = State.PAID
    attempt.save()
    request.status, request.paid_at = Status.PAID, now
    request.save(update_fields=["status", "paid_at"])
    record(request, "payment.paid", by=None, amount=request.amount, intent=attempt.payment_intent)
    payment_changed.send(PaymentRequest, request=request, what="paid", amount=request.amount)


def _move_slow(
    attempt: PaymentAttempt, request: PaymentRequest, found: PaymentSnapshot, now: datetime
) -> None:
    """Methods that take days: the money is on its way, or did not come."""
    failed = found.intent_status in ("requires_payment_method", "canceled")
    if attempt.state not in UNDECIDED:
        return
    attempt.state = State.FAILED if failed else State.PROCESSING
    attempt.settled_at = now if failed else None
    wanted = Status.REQUESTED if failed else Status.PROCESSING
    if request.status in PaymentRequest.PAYABLE and request.status != wanted:
        request.status = wanted
        request.save(update_fields=["status"])
        what = "failed" if failed else "processing"
        payment_changed.send(PaymentRequest, request=request, what=what, amount=request.amount)


def payment_params(attempt: PaymentAttempt) -> SessionCreateParams:
    """What Stripe is asked for: only from our rows, so that repeating it is the same request."""
    request = attempt.request
    page = settings.SITE_URL + reverse("pay", args=[request.token])
    names = {"payment_request": str(request.uuid), "attempt": str(attempt.uuid)}
    params: SessionCreateParams = {
        "mode": "payment",
        "submit_type": "pay",
        "client_reference_id": str(request.uuid),
        "line_items": [
            {
                "quantity": quantity,
                "price_data": {
                    "currency": request.currency,
                    "unit_amount": amount,
                    "product_data": {"name": name},
                },
            }
            for name, quantity, amount in _lines(request)
        ],
        "success_url": f"{page}return/?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": page,
        "expires_at": int(attempt.expires_at.timestamp()),
        "metadata": names,
        "payment_intent_data": {
            "description": f"{request.payee}: {request.reference_id}",
            "metadata": names,
        },
    }
    if request.fee:
        params["payment_intent_data"]["application_fee_amount"] = request.fee
    return params


def _lines(request: PaymentRequest) -> list[tuple[str, int, int]]:
    """Name, quantity and amount of each line. Stripe knows no negative line: with a discount the
    whole is one.
    """
    if request.extras.get("discount"):
        return [(request.reference_id, 1, request.amount)]
    lines = [(item["name"], item["quantity"], item["amount"]) for item in request.items]
    named = (("tax", _("Tax")), ("shipping", _("Shipping")))
    return lines + [(name, 1, request.extras[key]) for key, name in named if key in request.extras]
