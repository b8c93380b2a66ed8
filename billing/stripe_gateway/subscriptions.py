"""Subscriptions."""

from datetime import datetime

import stripe
from stripe.params import SubscriptionUpdateParams

from billing.plans import MONTH, PLANS
from billing.snapshots import SubscriptionSnapshot
from billing.stripe_gateway.access import asking
from billing.stripe_gateway.values import id_of, moment, time


def subscription(subscription_id: str) -> SubscriptionSnapshot:
    """What Stripe says about a subscription at this moment."""
    with asking() as ask:
        found = ask.v1.subscriptions.retrieve(subscription_id)
    due = oldest_unpaid(subscription_id) if found.status == "past_due" else None
    return _snapshot(found, due)


def oldest_unpaid(subscription_id: str) -> datetime | None:
    """When the oldest open invoice of a subscription was made."""
    with asking() as ask:
        opened = ask.v1.invoices.list(
            {"subscription": subscription_id, "status": "open", "limit": 100}
        ).data
    return min((moment(invoice.created) for invoice in opened), default=None)


def cancel_subscription(subscription_id: str) -> None:
    """End a subscription at once."""
    with asking() as ask:
        ask.v1.subscriptions.cancel(subscription_id)


def _snapshot(found: stripe.Subscription, due: datetime | None) -> SubscriptionSnapshot:
    item = found["items"].data[0]
    price = item.price
    known = price.metadata.to_dict().get("plan", "")
    return SubscriptionSnapshot(
        stripe_id=found.id,
        customer_id=id_of(found.customer),
        status=found.status,
        plan=known if known in PLANS else "",
        price_id=price.id,
        interval=price.recurring.interval if price.recurring else MONTH,
        currency=found.currency,
        quantity=item.quantity or 1,
        item_id=item.id,
        started_at=moment(found.start_date),
        period_start=moment(item.current_period_start),
        period_end=moment(item.current_period_end),
        trial_end=time(found.trial_end),
        cancel_at=time(found.cancel_at),
        ended_at=time(found.ended_at),
        past_due_since=due,
        paused=bool(found.pause_collection),
        livemode=found.livemode,
    )


def change_subscription(
    subscription_id: str,
    *,
    item_id: str,
    price_id: str,
    quantity: int,
    at: datetime,
    key: str,
) -> None:
    """Change price or seats as previewed for the moment `at`, and charge the difference at once.

    Nothing changes when the charge fails: then StripeSaysNo says why.
    """
    with asking() as ask:
        ask.v1.subscriptions.update(
            subscription_id,
            {
                "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                "proration_behavior": "always_invoice",
                "proration_date": int(at.timestamp()),
                "payment_behavior": "error_if_incomplete",
            },
            {"idempotency_key": key},
        )


def end_at_period_end(subscription_id: str, *, ends: bool) -> None:
    """Let a subscription end with its period, or go on after all."""
    with asking() as ask:
        ask.v1.subscriptions.update(subscription_id, {"cancel_at_period_end": ends})


def pause_collection(subscription_id: str) -> None:
    """Charge nothing until further notice; invoices of that time are void."""
    with asking() as ask:
        ask.v1.subscriptions.update(subscription_id, {"pause_collection": {"behavior": "void"}})


def resume_collection(subscription_id: str, *, free_until: datetime | None = None) -> None:
    """Charge again; `free_until` moves the next charge there, as a trial does at Stripe."""
    params: SubscriptionUpdateParams = {"pause_collection": ""}
    if free_until:
        params["trial_end"] = int(free_until.timestamp())
        params["proration_behavior"] = "none"
    with asking() as ask:
        ask.v1.subscriptions.update(subscription_id, params)
