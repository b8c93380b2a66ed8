"""What Stripe tells us: kept at once, handled later, by asking Stripe how things stand now."""

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from billing import stripe_gateway
from billing.models import CheckoutAttempt, Invoice, StripeEvent, Subscription
from billing.services.checkout import finish_checkout
from billing.services.customers import mark_customer_deleted
from billing.services.disputes import refresh_dispute
from billing.services.invoices import refresh_invoice
from billing.services.payment_events import PAYMENT_HANDLERS
from billing.services.refresh import refresh_subscription
from billing.snapshots import EventSnapshot
from portal.base.services.wake import wake
from profiles.models import User
from profiles.services.audit import record

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than the requests of one event may take
PAUSES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 4 * 3600)]


@transaction.atomic
def keep_events(snapshots: Iterable[EventSnapshot], *, source: str) -> int:
    """Write down events we don't have yet, and wake a worker. Returns how many were new.

    The unique id is the whole memory: the same event five times at once is one row.
    """
    rows = [
        StripeEvent(
            stripe_id=event.stripe_id,
            type=event.type,
            object_id=event.object_id,
            subscription_id=event.subscription_id,
            customer_id=event.customer_id,
            account_id=event.account_id,
            happened_at=event.happened_at,
            source=source,
        )
        for event in snapshots
    ]
    before = set(
        StripeEvent.objects.filter(stripe_id__in=[row.stripe_id for row in rows]).values_list(
            "stripe_id", flat=True
        )
    )
    StripeEvent.objects.bulk_create(rows, ignore_conflicts=True)  # INSERT ON CONFLICT DO NOTHING
    wake(handle_events)
    return len({row.stripe_id for row in rows} - before)


@shared_task
def handle_events(limit: int = 200) -> int:
    """Handle what is due, one event at a time; safe in many workers at once. Returns how many."""
    done = 0
    for _ in range(limit):
        if (event := _lease()) is None:
            break
        done += _handle(event)
    return done


@transaction.atomic
def replay_event(event: StripeEvent, *, by: User) -> None:
    """Handle an event again, whatever came of it. It changes nothing that is right already."""
    event.handled_at = event.leased_until = None
    event.due_at, event.attempts, event.outcome = timezone.now(), 0, ""
    event.save(update_fields=["handled_at", "leased_until", "due_at", "attempts", "outcome"])
    record(event, "stripe_event.replayed", by=by, type=event.type)
    wake(handle_events)


def _lease() -> StripeEvent | None:
    now = timezone.now()
    with transaction.atomic():
        event = (
            StripeEvent.objects.select_for_update(skip_locked=True)
            .due(now)
            .order_by("due_at")
            .first()
        )
        if event:
            event.leased_until, event.attempts = now + LEASE, event.attempts + 1
            event.save(update_fields=["leased_until", "attempts"])
    return event


def _handle(event: StripeEvent) -> bool:
    # No transaction is open here: the handler asks Stripe.
    try:
        outcome = handler_of(event)(event)
    except Exception as error:  # whatever a handler raises, the event must be tried again
        logger.warning("Stripe event %s %s failed: %r", event.type, event.stripe_id, error)
        StripeEvent.objects.filter(pk=event.pk).update(
            leased_until=None,
            last_error=repr(error)[:2000],
            due_at=timezone.now() + PAUSES[min(event.attempts, len(PAUSES)) - 1],
        )
        return False
    StripeEvent.objects.filter(pk=event.pk).update(
        handled_at=timezone.now(), leased_until=None, outcome=outcome, last_error=""
    )
    return True


# What each kind of event makes us ask


def _subscription(event: StripeEvent) -> str:
    if not event.subscription_id:
        return "without a subscription"
    newer = Subscription.objects.filter(
        stripe_id=event.subscription_id, fetched_at__gt=event.received_at
    )
    if event.attempts == 1 and newer.exists():
        return "known already"  # we asked after this had happened
    return "synced" if refresh_subscription(event.subscription_id) else "not ours"


def _checkout(event: StripeEvent) -> str:
    attempt = CheckoutAttempt.objects.filter(session_id=event.object_id).first()
    if attempt is None:
        return _subscription(event)
    return finish_checkout(attempt.business, event.object_id).status


def _customer_deleted(event: StripeEvent) -> str:
    mark_customer_deleted(event.customer_id)
    for row in Subscription.objects.live().filter(business__customer__stripe_id=event.customer_id):
        refresh_subscription(row.stripe_id)
    return "synced"


def _invoice(event: StripeEvent) -> str:
    outcome = _subscription(event)
    known = Invoice.objects.filter(stripe_id=event.object_id, fetched_at__gt=event.received_at)
    if event.attempts == 1 and known.exists():
        return outcome
    return "synced" if refresh_invoice(event.object_id) else outcome


def _charge(event: StripeEvent) -> str:
    """A refund, ours or made by hand at Stripe: the invoice knows what is left."""
    intent = stripe_gateway.charge_intent(event.object_id)
    invoice_id = stripe_gateway.invoice_of_intent(intent) if intent else ""
    return "synced" if invoice_id and refresh_invoice(invoice_id) else "not ours"


def _dispute(event: StripeEvent) -> str:
    return "synced" if refresh_dispute(event.object_id) else "not ours"


def _ignored(event: StripeEvent) -> str:
    return "of no interest"


# By the longest beginning of the event's type.
HANDLERS: dict[str, Callable[[StripeEvent], str]] = {
    "": _ignored,
    "customer.subscription.": _subscription,
    "customer.deleted": _customer_deleted,
    "invoice.": _invoice,
    "charge.refunded": _charge,
    "charge.dispute.": _dispute,
    "checkout.session.": _checkout,
}


def handler_of(event: StripeEvent) -> Callable[[StripeEvent], str]:
    """The function for an event: what happens on a business's own account has its own table."""
    table = PAYMENT_HANDLERS if event.account_id else HANDLERS
    return table[max((key for key in table if event.type.startswith(key)), key=len)]
