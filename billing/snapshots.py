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


@dataclass(frozen=True)
class InvoiceSnapshot:
    """An invoice and what was given back of it. Amounts are in the currency's smallest unit."""

    stripe_id: str
    customer_id: str
    subscription_id: str
    number: str
    status: str  # draft, open, paid, void or uncollectible
    currency: str
    total: int
    amount_due: int
    amount_paid: int
    amount_refunded: int
    payment_intent: str
    reason: str  # Stripe's billing_reason
    created_at: datetime
    paid_at: datetime | None
    next_attempt_at: datetime | None
    livemode: bool


@dataclass(frozen=True)
class PreviewLine:
    text: str
    amount: int


@dataclass(frozen=True)
class PreviewSnapshot:
    """An invoice that does not exist yet. A negative total becomes a credit on later ones."""

    currency: str
    total: int
    amount_due: int
    lines: tuple[PreviewLine, ...]


@dataclass(frozen=True)
class RefundSnapshot:
    stripe_id: str
    amount: int
    status: str


@dataclass(frozen=True)
class DisputeSnapshot:
    """A buyer asked the bank for the money back."""

    stripe_id: str
    status: str
    reason: str
    amount: int
    currency: str
    payment_intent: str
    opened_at: datetime
    evidence_due_at: datetime | None


@dataclass(frozen=True)
class PayerSnapshot:
    """Who pays for a business, and with which card."""

    name: str
    email: str
    brand: str
    last4: str
    expires: tuple[int, int] | None  # year, month


@dataclass(frozen=True)
class AccountSnapshot:
    """A business's own account at Stripe."""

    stripe_id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    currently_due: tuple[str, ...]


@dataclass(frozen=True)
class PaymentSnapshot:
    """A Checkout session for one payment on a business's account, and what came of it."""

    session_id: str
    status: str  # open, complete or expired
    payment_status: str  # paid, unpaid or no_payment_required
    url: str
    reference: str  # our client_reference_id: the uuid of the payment request
    payment_intent: str
    intent_status: str  # Stripe's, empty before the person has begun to pay
    amount: int
    currency: str


@dataclass(frozen=True)
class GivenBack:
    """A refund as Stripe lists it."""

    stripe_id: str
    amount: int
    made_at: datetime
    ours: str  # uuid of our PaymentRefund; empty: made by hand at Stripe
