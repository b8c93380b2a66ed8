"""Prices and hosted Checkout."""

import stripe
from stripe.params.checkout import SessionCreateParams

from billing.snapshots import SessionSnapshot
from billing.stripe_gateway.access import StripeSaysNo, asking
from billing.stripe_gateway.values import id_of


def price_id(lookup_key: str) -> str:
    """Stripe's id of the active price with our key. Raises StripeSaysNo when there is none."""
    with asking() as ask:
        found = ask.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
    if not found:
        raise StripeSaysNo(f"No price {lookup_key}: run manage.py billing_sync_catalog.")
    return found[0].id


def create_checkout(params: SessionCreateParams, *, key: str) -> SessionSnapshot:
    """Open a hosted Checkout. The same `key` gives the same session."""
    with asking() as ask:
        return session_snapshot(ask.v1.checkout.sessions.create(params, {"idempotency_key": key}))


def checkout(session_id: str) -> SessionSnapshot:
    with asking() as ask:
        return session_snapshot(ask.v1.checkout.sessions.retrieve(session_id))


def expire_checkout(session_id: str) -> SessionSnapshot:
    """Close an open Checkout, so that it can't be paid any more."""
    with asking() as ask:
        return session_snapshot(ask.v1.checkout.sessions.expire(session_id))


def session_snapshot(found: stripe.checkout.Session) -> SessionSnapshot:
    return SessionSnapshot(
        session_id=found.id,
        status=found.status or "open",
        url=found.url or "",
        reference=found.client_reference_id or "",
        customer_id=id_of(found.customer),
        subscription_id=id_of(found.subscription),
        attempt=(found.metadata.to_dict() if found.metadata else {}).get("attempt", ""),
    )
