"""Repair what a lost webhook left wrong: ask Stripe for its events, and walk what is live."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from billing import stripe_gateway
from billing.models import PaymentAccount, ReconcileRun, StripeEvent, Subscription
from billing.services.payment_accounts import refresh_account
from billing.services.refresh import refresh_subscription
from billing.services.stripe_events import keep_events
from billing.stripe_gateway import StripeSaysNo

OVERLAP = timedelta(minutes=5)  # Stripe's events become visible a little late
FIRST_LOOK_BACK = timedelta(days=2)
KEEP_RUNS = timedelta(days=30)
ACCOUNTS_LOOK_BACK = timedelta(days=2)


@shared_task
def reconcile_events() -> int:
    """Take in the events since the last time that no webhook brought. Returns how many."""
    began = stripe_gateway.database_clock()
    last = ReconcileRun.objects.order_by("-through").first()
    since = last.through - OVERLAP if last else began - FIRST_LOOK_BACK

    events = [
        event
        for event in stripe_gateway.events_since(since)
        if event.livemode == stripe_gateway.is_live()
    ]
    missed = keep_events(events, source=StripeEvent.Source.RECONCILE)

    ReconcileRun.objects.create(through=began, seen=len(events), missed=missed)
    ReconcileRun.objects.filter(through__lt=timezone.now() - KEEP_RUNS).delete()
    return missed


@shared_task
def refresh_live_subscriptions() -> int:
    """Ask Stripe about every live subscription, once a night. Returns how many were asked."""
    asked = 0
    for stripe_id in (
        Subscription.objects.filter(status__in=Subscription.LIVE)
        .order_by("id")
        .values_list("stripe_id", flat=True)
        .iterator()
    ):
        refresh_subscription(stripe_id)
        asked += 1
    return asked


@shared_task
def reconcile_accounts() -> int:
    """Once a night, take in what no webhook brought of businesses' own accounts: refunds and
    disputes made there. Returns how many events.
    """
    since = stripe_gateway.database_clock() - ACCOUNTS_LOOK_BACK
    missed = 0
    accounts = PaymentAccount.objects.filter(disconnected_at=None).order_by("id")
    for account_id in accounts.values_list("stripe_id", flat=True).iterator():
        try:
            events = list(stripe_gateway.events_since(since, account_id=account_id))
        except StripeSaysNo:
            refresh_account(account_id)  # it was taken away from us
            continue
        missed += keep_events(events, source=StripeEvent.Source.RECONCILE)
    return missed
