"""Our plans, brought to Stripe. Safe to run at every start."""

from django.conf import settings
from django.urls import reverse
from stripe.params import PriceCreateParams
from stripe.params.billing_portal import ConfigurationCreateParams

from billing import stripe_gateway
from billing.plans import CURRENCIES, INTERVALS, PAID, Plan

WEBHOOK_TYPES = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "invoice.finalized",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.updated",
    "invoice.voided",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.closed",
)
# What happens on businesses' own accounts comes to an address of its own.
CONNECT_TYPES = (
    "account.updated",
    "account.application.deauthorized",
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)


def sync_catalogue() -> list[str]:
    """Make what is missing at Stripe: products, prices, portal, webhook. Returns what was done."""
    done = []
    for plan in PAID:
        stripe_gateway.ensure_product(
            f"signet_{plan.key}",
            name=f"{settings.OPERATOR_NAME} {plan.name}",
            description=str(plan.pitch),
        )
        done += [f"price {key}" for key in _sync_prices(plan)]
    stripe_gateway.ensure_portal_configuration(portal_configuration())
    for name, types in (
        ("stripe_webhook", WEBHOOK_TYPES),
        ("stripe_connect_webhook", CONNECT_TYPES),
    ):
        secret = stripe_gateway.ensure_webhook(
            settings.SITE_URL + reverse(name), types, connect=types is CONNECT_TYPES
        )
        if secret:
            done.append(f"{name}; add its secret to STRIPE_WEBHOOK_SECRETS: {secret}")
    return done


def _sync_prices(plan: Plan) -> list[str]:
    wanted = {
        plan.lookup_key(currency, interval): (currency, interval)
        for currency in CURRENCIES
        for interval in INTERVALS
    }
    missing = sorted(set(wanted) - stripe_gateway.active_prices(list(wanted)))
    for key in missing:
        stripe_gateway.create_price(price_params(plan, *wanted[key]))
    return missing


def price_params(plan: Plan, currency: str, interval: str) -> PriceCreateParams:
    """A price: the plan with its seats for a flat amount, each further seat on top."""
    return {
        "product": f"signet_{plan.key}",
        "currency": currency,
        "recurring": {"interval": interval},
        "lookup_key": plan.lookup_key(currency, interval),
        "metadata": {"plan": plan.key},
        "billing_scheme": "tiered",
        "tiers_mode": "graduated",
        "tiers": [
            {
                "up_to": plan.seats,
                "flat_amount": plan.price(currency, interval),
                "unit_amount": 0,
            },
            {"up_to": "inf", "unit_amount": plan.seat_price(currency, interval)},
        ],
    }


def portal_configuration() -> ConfigurationCreateParams:
    """What the portal offers. Plans change on our own page, where we show what it costs first."""
    return {
        "business_profile": {"headline": settings.OPERATOR_NAME},
        "default_return_url": settings.SITE_URL,
        "features": {
            "customer_update": {
                "enabled": True,
                "allowed_updates": ["email", "name", "address", "phone", "tax_id"],
            },
            "invoice_history": {"enabled": True},
            "payment_method_update": {"enabled": True},
            "subscription_cancel": {"enabled": True, "mode": "at_period_end"},
            "subscription_update": {"enabled": False},
        },
    }
