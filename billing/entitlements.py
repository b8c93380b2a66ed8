"""What a business may do by its plan: one pure function over the mirror, asked by everything.

| Stripe's status                          | access  |
| trialing, active                         | full    |
| past_due, at most GRACE                  | full    |
| past_due longer, unpaid, paused          | replies |
| incomplete, canceled, none               | none, the limits of the free plan |
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import PlanOverride, Subscription
from billing.plans import FREE, PLANS, STARTER, Plan
from profiles.models import Business

# How long a business stays whole after a payment failed, and how long we trust a period that
# should have been renewed although no news came from Stripe.
GRACE = timedelta(days=14)

Status = Subscription.Status


class Access(StrEnum):
    FULL = "full"
    REPLIES = "replies"
    NONE = "none"


class State(StrEnum):
    """Where a business stands, as its billing page says it."""

    FREE = "free"
    INCOMPLETE = "incomplete"
    TRIAL = "trial"
    ACTIVE = "active"
    ENDING = "ending"
    GRACE = "grace"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True)
class Entitlements:
    """The rights of one business at one moment. Limits are numbers; see the units of `Plan`."""

    plan: str
    access: Access
    state: State
    recipients_a_month: int
    seats: int
    profiles: int
    api_rate: int
    webhooks: int
    history_days: int
    until: datetime | None = None  # end of trial, of the paid time or of the grace

    @property
    def may_send(self) -> bool:
        """Whether it may begin a conversation or a campaign."""
        return self.access is Access.FULL

    @property
    def may_reply(self) -> bool:
        """Whether it may answer people who wrote."""
        return self.access is not Access.NONE

    @property
    def why_not(self) -> str:
        """Why it may not send, as a sentence for its members; empty when it may."""
        return {
            State.FREE: _("Sending needs a plan. Choose one on the page Plan and billing."),
            State.INCOMPLETE: _("Your first payment is not finished. Finish it to send."),
            State.SUSPENDED: _(
                "Your last payment failed, so sending is off. You can still answer people who "
                "wrote to you. Pay to send again."
            ),
            State.ENDED: _("Your subscription has ended. Subscribe again to send."),
        }.get(self.state, "")


def entitlements(business: Business, now: datetime | None = None) -> Entitlements:
    """What `business` may do at `now`, from our mirror of Stripe alone. Two queries, no writes."""
    now = now or timezone.now()
    return rights(current_subscription(business), _override(business, now), now)


def current_subscription(business: Business) -> Subscription | None:
    """The subscription that counts: the live one, else the newest."""
    newest = Subscription.objects.filter(business=business, surplus_since=None).order_by(
        "-started_at", "-id"
    )
    rows = list(newest[:10])
    return next((row for row in rows if row.status in Subscription.LIVE), rows[0] if rows else None)


def rights(
    subscription: Subscription | None, override: PlanOverride | None, now: datetime
) -> Entitlements:
    """The rights that follow from the rows; no query."""
    state, until = standing(subscription, now)
    paid = subscription is not None and state in ACCESS and ACCESS[state] is not Access.NONE
    # A price we don't know is somebody's bargain made at Stripe: they pay, so they get the least.
    plan = PLANS.get(subscription.plan, STARTER) if subscription and paid else FREE
    return Entitlements(
        plan=plan.key,
        access=ACCESS[state],
        state=state,
        until=until,
        **_limits(plan, subscription.quantity if subscription and paid else 0, override),
    )


ACCESS = {
    State.FREE: Access.NONE,
    State.INCOMPLETE: Access.NONE,
    State.TRIAL: Access.FULL,
    State.ACTIVE: Access.FULL,
    State.ENDING: Access.FULL,
    State.GRACE: Access.FULL,
    State.SUSPENDED: Access.REPLIES,
    State.ENDED: Access.NONE,
}


def standing(subscription: Subscription | None, now: datetime) -> tuple[State, datetime | None]:
    """The state of a subscription at `now`, and until when it lasts where it has an end."""
    if subscription is None:
        return State.FREE, None
    if subscription.status == Status.INCOMPLETE:
        return State.INCOMPLETE, None
    if subscription.status not in Subscription.LIVE:
        return State.ENDED, subscription.ended_at
    if subscription.cancel_at and subscription.cancel_at <= now:
        return State.ENDED, subscription.cancel_at

    until = paid_through(subscription)
    if until is None or until <= now:
        return State.SUSPENDED, None
    if subscription.status == Status.PAST_DUE:
        return State.GRACE, until
    if subscription.cancel_at:
        return State.ENDING, subscription.cancel_at
    if subscription.status == Status.TRIALING and not subscription.credited_until:
        return State.TRIAL, subscription.trial_end
    return State.ACTIVE, subscription.period_end


def paid_through(subscription: Subscription | None) -> datetime | None:
    """Until when the badge is paid for, with grace; None where it is not paid for at all."""
    if subscription is None or subscription.paused_at:
        return None
    if subscription.status in (Status.TRIALING, Status.ACTIVE):
        return subscription.cancel_at or subscription.period_end + GRACE
    if subscription.status == Status.PAST_DUE:
        return (subscription.past_due_since or subscription.period_start) + GRACE
    return None


def _override(business: Business, now: datetime) -> PlanOverride | None:
    return PlanOverride.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=now), business=business
    ).first()


def _limits(plan: Plan, quantity: int, override: PlanOverride | None) -> dict[str, int]:
    limits = {
        "recipients_a_month": plan.recipients_a_month,
        "profiles": plan.profiles,
        "seats": max(plan.seats, quantity),
        "api_rate": plan.api_rate,
        "webhooks": plan.webhooks,
        "history_days": plan.history_days,
    }
    if override:
        agreed = {name: getattr(override, name) for name in limits}
        limits |= {name: value for name, value in agreed.items() if value is not None}
    return limits
