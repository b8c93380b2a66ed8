"""What trust's decisions mean for money. Trust does not know of this; the frame connects the two.

Revoked for cause: nothing is charged while it lasts, nothing is given back for the running term.
Reversed on appeal: charging begins again, later by the time that was lost.
Verification refused: what was paid before is given back.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from billing import stripe_gateway
from billing.entitlements import current_subscription
from billing.models import Subscription
from billing.services.refresh import refresh_subscription
from billing.services.refunds import refund_everything
from portal.base.services.outbox import handles, post
from profiles.models import Business
from profiles.services.audit import record
from profiles.signals import verification_refused


@transaction.atomic
def pause_subscription(business: Business, *, reason: str) -> bool:
    """Have Stripe charge nothing until resumed. Returns whether there was something to pause."""
    subscription = current_subscription(business)
    if subscription is None or subscription.status not in Subscription.LIVE:
        return False
    record(subscription, "subscription.paused", by=None, reason=reason)
    post("billing_pause", subscription=subscription.stripe_id)
    return True


@transaction.atomic
def resume_subscription(business: Business, *, reason: str, lost: timedelta | None = None) -> bool:
    """Have Stripe charge again. Returns whether there was something to resume.

    Arguments:
        lost: time that a reversed penalty took; the next charge moves by it.
    """
    subscription = current_subscription(business)
    if subscription is None or subscription.status not in Subscription.LIVE:
        return False
    free_until = None
    if lost:
        free_until = max(subscription.period_end, timezone.now()) + lost
        Subscription.objects.filter(pk=subscription.pk).update(credited_until=free_until)
    record(
        subscription,
        "subscription.resumed",
        by=None,
        reason=reason,
        free_until=free_until.isoformat() if free_until else None,
    )
    post(
        "billing_resume",
        subscription=subscription.stripe_id,
        free_until=free_until.isoformat() if free_until else None,
    )
    return True


@receiver(verification_refused)
def give_back_to_the_refused(sender, *, business: Business, reason: str, **kwargs) -> None:
    """Who was never verified paid for nothing; whose renewal was refused has had its time."""
    if not business.verifications.exists():
        refund_refused_business(business, reason=reason)


@transaction.atomic
def refund_refused_business(business: Business, *, reason: str) -> None:
    """Verification was refused: end the subscription at once and give everything back."""
    subscription = current_subscription(business)
    if subscription and subscription.status in Subscription.LIVE:
        post("billing_cancel", subscription=subscription.stripe_id)
        record(subscription, "subscription.ending", by=None, reason=reason)
    refund_everything(business, by=None, reason=reason)


@handles("billing_pause")
def _pause(payload: dict) -> None:
    stripe_gateway.pause_collection(payload["subscription"])
    refresh_subscription(payload["subscription"])


@handles("billing_resume")
def _resume(payload: dict) -> None:
    until = payload.get("free_until")
    stripe_gateway.resume_collection(
        payload["subscription"], free_until=datetime.fromisoformat(until) if until else None
    )
    refresh_subscription(payload["subscription"])


@handles("billing_cancel")
def _cancel(payload: dict) -> None:
    known = Subscription.objects.filter(stripe_id=payload["subscription"]).first()
    if known and known.status in Subscription.LIVE:
        stripe_gateway.cancel_subscription(payload["subscription"])
    refresh_subscription(payload["subscription"])
