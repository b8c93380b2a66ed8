"""Customers and the Customer Portal."""

from stripe.params.billing_portal import SessionCreateParams

from billing.snapshots import PayerSnapshot
from billing.stripe_gateway.access import asking
from billing.stripe_gateway.values import id_of


def create_customer(*, business_id: int, key: str) -> str:
    """Make a customer and return its id. `key` makes repeating it harmless."""
    with asking() as ask:
        made = ask.v1.customers.create(
            {"metadata": {"business": str(business_id)}}, {"idempotency_key": key}
        )
    return made.id


def update_customer(customer_id: str, *, name: str, email: str) -> None:
    with asking() as ask:
        ask.v1.customers.update(customer_id, {"name": name, "email": email})


def portal_url(params: SessionCreateParams) -> str:
    """A short-lived link to Stripe's Customer Portal."""
    with asking() as ask:
        return ask.v1.billing_portal.sessions.create(params).url


def payer(customer_id: str, subscription_id: str) -> PayerSnapshot:
    """Who pays, and with which card: the subscription's own, else the customer's."""
    with asking() as ask:
        customer = ask.v1.customers.retrieve(customer_id)
        subscription = ask.v1.subscriptions.retrieve(subscription_id)
        general = (
            customer.invoice_settings.default_payment_method
            if (customer.invoice_settings)
            else None
        )
        method = id_of(subscription.default_payment_method or general)
        card = ask.v1.payment_methods.retrieve(method).card if method else None
    return PayerSnapshot(
        name=customer.name or "",
        email=customer.email or "",
        brand=card.brand if card else "",
        last4=(card.last4 or "") if card else "",
        expires=(card.exp_year, card.exp_month) if card else None,
    )
