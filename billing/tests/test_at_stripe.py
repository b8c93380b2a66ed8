"""The opt-in lane: the same purchase on Stripe's real test mode.

    STRIPE_TEST_KEY=sk_test_… .venv/bin/pytest billing/tests/test_at_stripe.py

It makes a customer, a subscription on a test clock, and lets a month pass: the renewal, its invoice
and the answers of the gateway come from Stripe itself. Clock, customer and account are deleted at
the end; products, prices and a webhook endpoint stay, as after any `billing_sync_catalog`. Without
the key it is skipped, visibly; with a live key it fails.
"""

import os
import time

import pytest
from django.test import override_settings

from billing import stripe_gateway
from billing.plans import PLANS
from billing.services.catalogue import price_params, sync_catalogue
from billing.stripe_gateway import access

KEY = os.getenv("STRIPE_TEST_KEY", "")
MONTH = 31 * 86_400
pytestmark = pytest.mark.skipif(not KEY, reason="STRIPE_TEST_KEY is not set")


@pytest.fixture
def at_stripe(monkeypatch):
    """Requests go to Stripe itself, still through the contract check."""
    assert KEY.startswith("sk_test_"), "Never with a live key."
    with override_settings(STRIPE_SECRET_KEY=KEY, STRIPE_API_BASE="", SITE_URL="https://x.example"):
        yield access.client()


@pytest.fixture
def clock(at_stripe):
    made = at_stripe.v1.test_helpers.test_clocks.create({"frozen_time": int(time.time())})
    yield made
    at_stripe.v1.test_helpers.test_clocks.delete(made.id)


def test_the_catalogue_is_accepted(at_stripe, db):
    sync_catalogue()

    key = PLANS["business"].lookup_key("usd", "month")
    assert stripe_gateway.price_id(key).startswith("price_")
    assert price_params(PLANS["business"], "usd", "month")["lookup_key"] == key


def test_a_month_is_renewed(at_stripe, clock, db):
    sync_catalogue()
    customer = at_stripe.v1.customers.create(
        {
            "test_clock": clock.id,
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
    )
    price = stripe_gateway.price_id(PLANS["business"].lookup_key("usd", "month"))
    made = at_stripe.v1.subscriptions.create({"customer": customer.id, "items": [{"price": price}]})
    assert stripe_gateway.subscription(made.id).status == "active"

    at_stripe.v1.test_helpers.test_clocks.advance(
        clock.id, {"frozen_time": int(time.time()) + MONTH}
    )
    until = time.monotonic() + 120
    while at_stripe.v1.test_helpers.test_clocks.retrieve(clock.id).status != "ready":
        assert time.monotonic() < until, "The clock did not advance."

    invoices = at_stripe.v1.invoices.list({"subscription": made.id}).data
    assert len(invoices) == 2
    newest = stripe_gateway.invoice(invoices[0].id)
    assert (newest.reason, newest.subscription_id) == ("subscription_cycle", made.id)


def test_an_account_of_a_business_is_made(at_stripe):
    made = stripe_gateway.create_account(
        {
            "country": "US",
            "controller": {
                "fees": {"payer": "account"},
                "losses": {"payments": "stripe"},
                "stripe_dashboard": {"type": "full"},
                "requirement_collection": "stripe",
            },
        },
        key=f"account:test:{time.time_ns()}",
    )
    try:
        assert not made.charges_enabled
        link = stripe_gateway.account_link(
            {
                "account": made.stripe_id,
                "type": "account_onboarding",
                "return_url": "https://x.example/",
                "refresh_url": "https://x.example/",
            }
        )
        assert link.startswith("https://connect.stripe.com/")
    finally:
        at_stripe.v1.accounts.delete(made.stripe_id)
