"""Subscriptions for tests of any app: mirror rows, written by the same service as real ones."""

from datetime import datetime, timedelta
from secrets import token_hex

from django.utils import timezone

from billing.models import Subscription
from billing.plans import PLANS
from billing.services.subscriptions import sync_subscription
from billing.snapshots import SubscriptionSnapshot
from profiles.models import Business


def snapshot(plan: str = "business", *, now: datetime | None = None, **changes: object):
    """An active monthly subscription that began a day ago, as Stripe would describe it."""
    now = now or timezone.now()
    began = now - timedelta(days=1)
    values: dict = {
        "stripe_id": f"sub_{token_hex(8)}",
        "customer_id": f"cus_{token_hex(8)}",
        "status": Subscription.Status.ACTIVE,
        "plan": plan,
        "price_id": f"price_{plan}",
        "interval": "month",
        "currency": "usd",
        "quantity": PLANS[plan].seats if plan in PLANS else 1,
        "item_id": f"si_{token_hex(8)}",
        "started_at": began,
        "period_start": began,
        "period_end": began + timedelta(days=30),
    }
    return SubscriptionSnapshot(**(values | changes))


def subscribe(
    business: Business, plan: str = "business", *, now: datetime | None = None, **changes: object
) -> Subscription:
    """Give the business a live subscription, as if it had just been bought.

    `changes` are fields of SubscriptionSnapshot: `status="past_due"`, `cancel_at=...`.
    """
    now = now or timezone.now()
    row = sync_subscription(business, snapshot(plan, now=now, **changes), fetched_at=now, now=now)
    business.refresh_from_db(fields=["paid_through"])
    return row
