"""What the operator earns: read from our mirrors, per currency; currencies are never added up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from billing.models import Invoice, PaymentRequest, Subscription
from billing.plans import PLANS, YEAR

Status = Subscription.Status
PAYING = (Status.ACTIVE, Status.PAST_DUE)
CHURN_DAYS = 30


@dataclass
class Takings:
    """One currency, amounts in its smallest unit."""

    currency: str
    monthly: int = 0  # recurring revenue a month, of who pays or is in grace
    subscriptions: int = 0
    by_plan: dict[str, int] = field(default_factory=dict)
    by_country: dict[str, int] = field(default_factory=dict)
    invoiced: int = 0  # all that was ever paid
    refunded: int = 0
    overdue: int = 0  # open invoices
    volume: int = 0  # what people paid businesses in chats
    fees: int = 0  # our part of it, less what of it went back

    @property
    def kept(self) -> int:
        return self.invoiced - self.refunded


@dataclass(frozen=True)
class Movement:
    """How subscriptions came and went in the last CHURN_DAYS days."""

    trialing: int
    trials_ended: int
    trials_paid: int
    past_due: int
    ended: int
    at_start: int

    @property
    def churn(self) -> float | None:
        """The share of those paying at the start that has ended since."""
        return self.ended / self.at_start if self.at_start else None

    @property
    def conversion(self) -> float | None:
        """The share of ended trials that pay now."""
        return self.trials_paid / self.trials_ended if self.trials_ended else None


def takings() -> list[Takings]:
    """Per currency, the largest recurring revenue first."""
    found: dict[str, Takings] = {}
    for row in _recurring():
        one = found.setdefault(row["currency"], Takings(row["currency"]))
        amount = monthly_amount(row["plan"], row["currency"], row["interval"], row["quantity"])
        one.monthly += amount * row["n"]
        one.subscriptions += row["n"]
        _add(one.by_plan, row["plan"], amount * row["n"])
        _add(one.by_country, row["business__country"], amount * row["n"])
    for row in _invoiced():
        one = found.setdefault(row["currency"], Takings(row["currency"]))
        one.invoiced, one.refunded = row["paid"] or 0, row["refunded"] or 0
        one.overdue = row["overdue"] or 0
    for row in _paid_in_chats():
        one = found.setdefault(row["currency"], Takings(row["currency"]))
        one.volume, one.fees = row["volume"], row["fees"]
    return sorted(found.values(), key=lambda one: (-one.monthly, one.currency))


def _add(amounts: dict[str, int], key: str, amount: int) -> None:
    amounts[key] = amounts.get(key, 0) + amount


def monthly_amount(plan: str, currency: str, interval: str, seats: int) -> int:
    """What a subscription brings a month; a year counts a twelfth. Agreed prices count nothing, as
    only Stripe knows them.
    """
    known = PLANS.get(plan)
    if known is None or not known.monthly:
        return 0
    amount = known.amount(currency, interval, seats)
    return amount // 12 if interval == YEAR else amount


def movement(now: datetime | None = None) -> Movement:
    now = now or timezone.now()
    since = now - timedelta(days=CHURN_DAYS)
    real = Subscription.objects.filter(surplus_since=None)
    trials = real.filter(trial_end__range=(since, now))
    counted = real.aggregate(
        trialing=Count("pk", filter=Q(status=Status.TRIALING)),
        past_due=Count("pk", filter=Q(status=Status.PAST_DUE)),
        ended=Count("pk", filter=Q(ended_at__range=(since, now)) & PAID_ONCE),
        at_start=Count(
            "pk",
            filter=Q(started_at__lt=since) & PAID_ONCE & (Q(ended_at=None) | Q(ended_at__gt=since)),
        ),
    )
    return Movement(
        trials_ended=trials.count(), trials_paid=trials.filter(status__in=PAYING).count(), **counted
    )


# A subscription that ended within its trial was never a customer to lose.
PAID_ONCE = Q(trial_end=None) | Q(ended_at=None) | Q(ended_at__gt=F("trial_end"))


def _recurring() -> Iterable[Mapping[str, Any]]:
    return (
        Subscription.objects.filter(status__in=PAYING, surplus_since=None, paused_at=None)
        .values("currency", "plan", "interval", "quantity", "business__country")
        .annotate(n=Count("pk"))
    )


def _invoiced() -> Iterable[Mapping[str, Any]]:
    return Invoice.objects.values("currency").annotate(
        paid=Sum("amount_paid"),
        refunded=Sum("amount_refunded"),
        overdue=Sum("total", filter=Q(status=Invoice.Status.OPEN)),
    )


def _paid_in_chats() -> Iterable[Mapping[str, Any]]:
    kept = F("amount") - F("amount_refunded")
    return (
        PaymentRequest.objects.received()
        .values("currency")
        .annotate(volume=Sum("amount"), fees=Sum(F("fee") * kept / F("amount")))
        .order_by("currency")
    )
