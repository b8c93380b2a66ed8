"""Buying and managing a plan by hand, in a real browser, on the local peer's hosted pages."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.entitlements import entitlements
from billing.models import Invoice
from billing.tests import peer as cards
from billing.tests.peer import until
from billing.tests.subscriptions import subscribe
from profiles.tests.people import make_business, person


@pytest.fixture
def acme(transactional_db):
    return make_business("Acme", owner=person("alice"), country="US")


def choose(visit, acme, label: str):
    """The hosted Checkout, reached from the billing page."""
    page = visit(f"/w/{acme.slug}/billing/", as_user=person("alice"), name="billing-free")
    page.get_by_role("button", name=label).click()
    page.wait_for_url("**/c/pay/**")
    visit.check(page, "checkout")
    return page


def pay(page, number: str) -> None:
    page.locator(f"input[value='{number}']").check()
    page.get_by_role("button", name="Pay now").click()


def test_a_purchase_with_a_declined_card_first(visit, peer, acme):
    page = choose(visit, acme, "Subscribe to Business")
    pay(page, cards.DECLINED)
    page.get_by_role("alert").wait_for()
    visit.check(page, "checkout-declined")

    pay(page, cards.GOOD)

    page.wait_for_url(f"**/w/{acme.slug}/billing/")
    page.get_by_text("Welcome to Business.").wait_for()
    visit.check(page, "billing-active")
    assert entitlements(acme).may_send


def test_a_card_that_asks_for_3d_secure(visit, peer, acme):
    page = choose(visit, acme, "Subscribe to Starter")
    pay(page, cards.ASKS)
    page.get_by_role("heading", name="Your bank asks: is it you?").wait_for()
    visit.check(page, "checkout-3ds")

    page.get_by_role("button", name="Yes, confirm the payment").click()

    page.get_by_text("Welcome to Starter.").wait_for()


def test_cancel_and_resume_in_the_portal(visit, peer, acme):
    page = choose(visit, acme, "Try 14 days free with Business")
    page.get_by_role("button", name="Start trial").click()
    page.get_by_text("Your trial has 14 days left").wait_for()
    visit.check(page, "billing-trial")

    page.get_by_role("button", name="Cards and invoices").click()
    page.wait_for_url("**/p/session/**")
    page.get_by_role("button", name="Cancel at period end").click()
    page.get_by_role("button", name="Keep the subscription").wait_for()
    visit.check(page, "portal")
    until(lambda: handled(acme).state == "ending", "the cancellation has arrived")

    page.get_by_role("button", name="Keep the subscription").click()
    page.get_by_role("button", name="Cancel at period end").wait_for()
    until(lambda: handled(acme).state == "trial", "the change of mind has arrived")
    page.get_by_role("link", name="Return to the shop").click()
    page.wait_for_url(f"**/w/{acme.slug}/billing/")


def test_an_overdue_payment_is_one_click_from_its_cure(visit, peer, acme):
    now = timezone.now()
    subscribe(acme, now=now, status="past_due", past_due_since=now - timedelta(days=3))

    page = visit(f"/w/{acme.slug}/billing/", as_user=person("alice"), name="billing-overdue")

    assert page.get_by_role("button", name="Update your card").is_visible()


def handled(business):
    from billing.services.stripe_events import handle_events

    handle_events()
    return entitlements(business)


def test_an_upgrade_is_shown_with_its_price_and_then_made(visit, peer, acme):
    page = choose(visit, acme, "Subscribe to Starter")
    pay(page, cards.GOOD)
    page.get_by_text("Welcome to Starter.").wait_for()
    until(lambda: handled(acme) and Invoice.objects.exists(), "the invoice has arrived")
    page.reload()
    page.get_by_text("Visa ···· 4242").wait_for()
    visit.check(page, "billing-invoices")

    page.get_by_role("button", name="Change to Business").click()
    page.get_by_role("heading", name="Change to Business").wait_for()
    visit.check(page, "billing-offer")
    page.get_by_role("button", name="Change and pay $70.00").click()

    page.get_by_text("You are on Business.").wait_for()
    assert entitlements(acme).plan == "business"

    page.get_by_role("button", name="Cancel the plan…").click()
    visit.check(page, "billing-cancel")
    page.get_by_role("button", name="Cancel at period end").click()
    page.get_by_role("button", name="Keep the plan").click()
    page.get_by_role("button", name="Cancel the plan…").wait_for()
    assert entitlements(acme).state == "active"
