"""What Stripe tells us about businesses' own accounts: each kind makes us ask how things stand."""

from collections.abc import Callable

from billing import stripe_gateway
from billing.models import PaymentAttempt, StripeEvent
from billing.services.paying import attempt_of, refresh_attempt
from billing.services.payment_accounts import disconnect_account, refresh_account
from billing.services.payment_disputes import refresh_payment_dispute
from billing.services.payment_refunds import refresh_refunds


def _account(event: StripeEvent) -> str:
    return "synced" if refresh_account(event.account_id) else "not ours"


def _gone(event: StripeEvent) -> str:
    return "synced" if disconnect_account(event.account_id) else "not ours"


def _checkout(event: StripeEvent) -> str:
    attempt = (
        PaymentAttempt.objects.select_related("request__account")
        .filter(session_id=event.object_id, request__account__stripe_id=event.account_id)
        .first()
    )
    return refresh_attempt(attempt).state if attempt else "not ours"


def _refunded(event: StripeEvent) -> str:
    intent = stripe_gateway.intent_of_charge(event.object_id, account_id=event.account_id)
    attempt = attempt_of(intent, account_id=event.account_id)
    if attempt is None:
        return "not ours"
    refresh_refunds(attempt)
    return "synced"


def _disputed(event: StripeEvent) -> str:
    found = refresh_payment_dispute(event.object_id, account_id=event.account_id)
    return "synced" if found else "not ours"


# By the longest beginning of the event's type.
PAYMENT_HANDLERS: dict[str, Callable[[StripeEvent], str]] = {
    "": lambda event: "of no interest",
    "account.": _account,
    "account.application.deauthorized": _gone,
    "checkout.session.": _checkout,
    "charge.refunded": _refunded,
    "charge.dispute.": _disputed,
}
