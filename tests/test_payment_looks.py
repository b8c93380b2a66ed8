"""Payments as staff and a business see them when something is wrong, in real Chromium."""

import pytest
from django.urls import reverse

from billing.models import PaymentHalt
from billing.services.payment_complaints import complain
from billing.tests.payments import ask, paid, ready_account, ready_profile
from profiles.tests.people import make_business, person, staff


@pytest.fixture
def payment(transactional_db):
    """Ana paid Acme, and says that it never came."""
    profile = ready_profile(make_business("Acme", owner=person("alice"), country="US"))
    ready_account(profile.business)
    request = paid(profile, reference_id="A-1001")
    complain(request, words="The parcel never came, and nobody answers the phone.")
    return request


def test_a_complaint_is_seen_with_its_clocks(visit, payment):
    url = f"/w/{payment.business.slug}/payments/{payment.uuid}/"
    page = visit(url, as_user=person("alice"), name="payment-complaint")
    page.get_by_label("Your answer").fill("It is at your neighbour's.")
    page.get_by_role("button", name="Answer").click()
    page.get_by_text("Your answer is in the chat.").wait_for()

    visit(f"/pay/{payment.token}/", name="payment-wrong")


def test_a_waiting_bill_has_its_link_and_code(visit, payment):
    waiting = ask(payment.profile, message_id=2)
    url = f"/w/{payment.business.slug}/payments/{waiting.uuid}/"
    page = visit(url, as_user=person("alice"), name="payment-waiting")
    page.get_by_role("img", name="The pay page as a QR code").scroll_into_view_if_needed()
    assert page.locator("img.code").evaluate("(each) => each.naturalWidth") > 100


def test_staff_see_a_payment_and_throw_the_switch(visit, payment):
    lena = staff("finance", name="fin")
    visit(f"/admin/billing/paymentrequest/{payment.pk}/change/", as_user=lena, name="staff-payment")
    page = visit("/admin/billing/paymenthalt/", as_user=lena, name="staff-halt")
    page.get_by_text("Stop all payments").first.click()
    page.get_by_label("Reason").fill("Stripe is broken into")
    page.get_by_role("button", name="Stop all payments").click()
    page.get_by_text("All payments are stopped.").wait_for()

    assert PaymentHalt.objects.get().reason == "Stripe is broken into"
    visit(reverse("admin:billing_money"), as_user=lena, name="staff-money")
