"""The mirror of Stripe's subscriptions."""

from dataclasses import fields
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from billing import signals
from billing.entitlements import current_subscription, entitlements, paid_through
from billing.models import Subscription
from billing.services.letters import tell
from billing.snapshots import SubscriptionSnapshot
from portal.base.live import announce
from portal.base.services.outbox import post
from profiles.models import Business
from profiles.services.audit import record

Status = Subscription.Status

# What the mirror takes over as it is.
COPIED = {field.name for field in fields(SubscriptionSnapshot)} - {
    "stripe_id",
    "customer_id",
    "paused",
    "livemode",
}


@transaction.atomic
def sync_subscription(
    business: Business,
    snapshot: SubscriptionSnapshot,
    *,
    fetched_at: datetime,
    now: datetime | None = None,
) -> Subscription:
    """Take over what Stripe said, unless a later question was answered already.

    Since only the newest answer counts, events may come late, twice and in any order.

    Arguments:
        fetched_at: when the request began whose answer `snapshot` is.
        now: the moment at which the rights are compared.
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    row = Subscription.objects.filter(stripe_id=snapshot.stripe_id).first()
    if row and row.fetched_at >= fetched_at:
        return row

    before = entitlements(business, now)
    was = (row.status, row.plan, row.cancel_at, row.quantity) if row else None
    row = _write(row or Subscription(business=business), snapshot, fetched_at)
    _cover(business)

    if was != (row.status, row.plan, row.cancel_at, row.quantity):
        record(
            row,
            "subscription.changed" if was else "subscription.began",
            by=None,
            status=row.status,
            plan=row.plan,
            interval=row.interval,
            seats=row.quantity,
            ends=row.cancel_at.isoformat() if row.cancel_at else None,
        )
    after = entitlements(business, now)
    if before != after:
        signals.subscription_changed.send(Business, business=business, old=before, new=after)
        tell(business, before, after)
    if row.surplus_since and row.status in Subscription.LIVE:
        post("billing_end_surplus", subscription=row.stripe_id)
    announce(f"business:{business.pk}", "billing")
    return row


def _write(row: Subscription, snapshot: SubscriptionSnapshot, fetched_at: datetime) -> Subscription:
    earlier_due = row.past_due_since
    for name in COPIED:
        setattr(row, name, getattr(snapshot, name))
    if row.status == Status.PAST_DUE and earlier_due:
        # The grace runs from the first failure; further ones don't prolong it.
        row.past_due_since = min(earlier_due, row.past_due_since or earlier_due)
    row.stripe_id = snapshot.stripe_id
    row.paused_at = (row.paused_at or fetched_at) if snapshot.paused else None
    row.fetched_at = fetched_at
    if row.status in Subscription.LIVE and row.surplus_since is None:
        others = Subscription.objects.live().filter(business_id=row.business_id)
        row.surplus_since = fetched_at if others.exclude(pk=row.pk).exists() else None
    row.save()
    return row


def _cover(business: Business) -> None:
    """Copy to the business until when its badge is paid for."""
    until = paid_through(current_subscription(business))
    if business.paid_through != until:
        business.paid_through = until
        business.save(update_fields=["paid_through"])
