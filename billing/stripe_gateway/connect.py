"""Stripe Connect: businesses' own accounts, and payments into them (direct charges)."""

from datetime import datetime

import stripe
from stripe.params import AccountCreateParams, AccountLinkCreateParams
from stripe.params.checkout import SessionCreateParams

from billing.snapshots import AccountSnapshot, DisputeSnapshot, GivenBack, PaymentSnapshot
from billing.stripe_gateway.access import asking
from billing.stripe_gateway.invoices import dispute_snapshot
from billing.stripe_gateway.values import id_of, moment


def create_account(params: AccountCreateParams, *, key: str) -> AccountSnapshot:
    """Make an account for a business. `key` makes repeating it harmless."""
    with asking() as ask:
        return _account(ask.v1.accounts.create(params, {"idempotency_key": key}))


def account(account_id: str) -> AccountSnapshot:
    with asking() as ask:
        return _account(ask.v1.accounts.retrieve(account_id))


def account_link(params: AccountLinkCreateParams) -> str:
    """A link to Stripe's questions about the account; it works once, for minutes."""
    with asking() as ask:
        return ask.v1.account_links.create(params).url


def create_payment(params: SessionCreateParams, *, account_id: str, key: str) -> PaymentSnapshot:
    """Open a Checkout on the account. The same `key` gives the same session."""
    with asking() as ask:
        return _payment(
            ask.v1.checkout.sessions.create(
                params, {"idempotency_key": key, "stripe_account": account_id}
            )
        )


def payment(session_id: str, *, account_id: str) -> PaymentSnapshot:
    """A Checkout on the account and its payment, as they are now."""
    with asking() as ask:
        return _payment(
            ask.v1.checkout.sessions.retrieve(
                session_id, {"expand": ["payment_intent"]}, {"stripe_account": account_id}
            )
        )


def payments_since(since: datetime, *, account_id: str) -> list[PaymentSnapshot]:
    """Every Checkout on the account that was completed since, newest first."""
    with asking() as ask:
        listed = ask.v1.checkout.sessions.list(
            {"created": {"gte": int(since.timestamp())}, "status": "complete", "limit": 100},
            {"stripe_account": account_id},
        )
        return [_payment(each) for each in listed.auto_paging_iter()]


def expire_payment(session_id: str, *, account_id: str) -> PaymentSnapshot:
    """Close an open Checkout on the account, so that it can't be paid any more."""
    with asking() as ask:
        return _payment(
            ask.v1.checkout.sessions.expire(session_id, None, {"stripe_account": account_id})
        )


def refunds_of(payment_intent: str, *, account_id: str) -> list[GivenBack]:
    """What went back of a payment, oldest first; failed refunds are left out."""
    with asking() as ask:
        listed = ask.v1.refunds.list(
            {"payment_intent": payment_intent, "limit": 100}, {"stripe_account": account_id}
        ).data
    return [
        GivenBack(each.id, each.amount, moment(each.created), _ours(each))
        for each in reversed(listed)
        if each.status not in ("failed", "canceled")
    ]


def payment_dispute(dispute_id: str, *, account_id: str) -> DisputeSnapshot:
    with asking() as ask:
        return dispute_snapshot(
            ask.v1.disputes.retrieve(dispute_id, None, {"stripe_account": account_id})
        )


def intent_of_charge(charge_id: str, *, account_id: str) -> str:
    """The payment that a charge on the account belongs to."""
    with asking() as ask:
        found = ask.v1.charges.retrieve(charge_id, None, {"stripe_account": account_id})
    return id_of(found.payment_intent)


def attempt_behind(payment_intent: str, *, account_id: str) -> str:
    """The uuid of our PaymentAttempt that a payment was made in; empty: not made through us."""
    with asking() as ask:
        found = ask.v1.payment_intents.retrieve(
            payment_intent, None, {"stripe_account": account_id}
        )
    return str((found.metadata.to_dict() if found.metadata else {}).get("attempt", ""))


def _ours(refund: stripe.Refund) -> str:
    return str((refund.metadata.to_dict() if refund.metadata else {}).get("refund", ""))


def _account(found: stripe.Account) -> AccountSnapshot:
    due = found.requirements.currently_due if found.requirements else None
    return AccountSnapshot(
        stripe_id=found.id,
        charges_enabled=bool(found.charges_enabled),
        payouts_enabled=bool(found.payouts_enabled),
        details_submitted=bool(found.details_submitted),
        currently_due=tuple(due or ()),
    )


def _payment(found: stripe.checkout.Session) -> PaymentSnapshot:
    intent = found.payment_intent
    return PaymentSnapshot(
        session_id=found.id,
        status=found.status or "open",
        payment_status=found.payment_status,
        url=found.url or "",
        reference=found.client_reference_id or "",
        payment_intent=id_of(intent),
        intent_status=intent.status if isinstance(intent, stripe.PaymentIntent) else "",
        amount=found.amount_total or 0,
        currency=found.currency or "",
    )
