"""The books of a business's payments in chats: what came, went back and was kept, by month; and
whether they say what Stripe says.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import PaymentAccount, PaymentAttempt, PaymentRequest
from profiles.models import Business

LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True)
class Month:
    """One month of one currency, by the day of payment; amounts in the smallest unit."""

    month: datetime
    currency: str
    payments: int
    received: int
    refunded: int
    lost: int
    fees: int  # the operator's, less what of them went back with refunds

    @property
    def kept(self) -> int:
        return self.received - self.refunded - self.lost - self.fees


@dataclass(frozen=True)
class Difference:
    """One payment on which our books and Stripe's do not agree."""

    reference: str
    what: str
    ours: str
    theirs: str


def months(business: Business) -> list[Month]:
    """The business's months with payments, the newest first. Stripe's own fees are not in it."""
    rows = (
        PaymentRequest.objects.received()
        .filter(business=business)
        .annotate(month=TruncMonth("paid_at", tzinfo=UTC))
        .values("month", "currency")
        .annotate(
            payments=Count("pk"),
            received=Sum("amount"),
            refunded=Sum("amount_refunded"),
            lost=Sum(F("amount") - F("amount_refunded"), filter=Q(status="lost"), default=0),
            fees=Sum(
                F("fee") * (F("amount") - F("amount_refunded")) / F("amount"),
                default=0,
            ),
        )
        .order_by("-month", "currency")
    )
    return [Month(**row) for row in rows]


def differences(business: Business, *, now: datetime) -> list[Difference]:
    """Where the payments of the last LOOK_BACK differ from what Stripe lists. Asks Stripe."""
    account = PaymentAccount.objects.filter(business=business, disconnected_at=None).first()
    if account is None:
        return []
    since = now - LOOK_BACK
    theirs = {
        each.session_id: each
        for each in stripe_gateway.payments_since(since, account_id=account.stripe_id)
        if each.payment_status == "paid"
    }
    paid = (PaymentAttempt.State.PAID, PaymentAttempt.State.SURPLUS)
    ours = {
        attempt.session_id or "": attempt
        for attempt in PaymentAttempt.objects.filter(
            request__business=business,
            request__account=account,
            created_at__gte=since,
            state__in=paid,
        ).select_related("request")
    }
    found = [
        Difference(each.reference, _("Paid at Stripe, not in our books"), "", str(each.amount))
        for session_id, each in theirs.items()
        if session_id not in ours
    ]
    for session_id, attempt in ours.items():
        there = theirs.get(session_id)
        reference = attempt.request.reference_id
        if there is None:
            amount = str(attempt.request.amount)
            found.append(Difference(reference, _("In our books, not at Stripe"), amount, ""))
        elif attempt.state == PaymentAttempt.State.PAID and there.amount != attempt.request.amount:
            found.append(
                Difference(
                    reference, _("Another amount"), str(attempt.request.amount), str(there.amount)
                )
            )
    return found
