"""What Stripe answers, in our words: plain values, so that nothing beyond the gateway knows the
SDK's objects.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SubscriptionSnapshot:
    """A subscription as Stripe described it in one answer. Times are aware, amounts in the smallest
    unit.
    """

    stripe_id: str
    customer_id: str
    status: str
    plan: str  # empty: not in our catalogue
    price_id: str
    interval: str
    currency: str
    quantity: int
    item_id: str
    started_at: datetime
    period_start: datetime
    period_end: datetime
    trial_end: datetime | None = None
    cancel_at: datetime | None = None
    ended_at: datetime | None = None
    past_due_since: datetime | None = None  # when the oldest unpaid invoice was made
    paused: bool = False
    livemode: bool = False


@dataclass(frozen=True)
class SessionSnapshot:
    """A Checkout session."""

    session_id: str
    status: str  # open, complete or expired
    url: str
    reference: str  # our client_reference_id: the id of the business
    customer_id: str
    subscription_id: str
    attempt: str  # uuid of our CheckoutAttempt


@dataclass(frozen=True)
class EventSnapshot:
    """That something happened to an object; what it is now is asked separately."""

    stripe_id: str
    type: str
    happened_at: datetime
    livemode: bool
    object_id: str
    subscription_id: str
    customer_id: str
    account_id: str  # of a connected account; empty for our own
