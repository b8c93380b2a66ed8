"""Money in a chat, from the request to the refund, in real Chromium on the local Stripe peer."""

from types import SimpleNamespace

import pytest

from audience.tests.people import make_person
from billing.models import PaymentRequest
from billing.services.paying import open_payment
from billing.services.payment_accounts import refresh_account, set_up_payments
from billing.services.payment_complaints import complain
from billing.services.payment_requests import Item
from billing.services.stripe_events import handle_events
from billing.tests import peer as cards
from billing.tests.conftest import peer  # noqa: F401  (a fixture)
from billing.tests.peer import until
from messaging.inbox.sessions import COOKIE
from messaging.models import Message
from messaging.services.messages import receive_message
from messaging.services.payments import request_payment
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA
from portal.base.pairwise import pairwise_number
from portal.base.services.outbox import perform_due
from profiles.tests.people import make_business, person, verified_profile


@pytest.fixture
def world(transactional_db, peer):  # noqa: F811
    """Ana wrote to Banco Ipê, which Stripe lets be paid."""
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    make_person(ANA, name="Ana Souza")
    receive_message(ANA, profile, body="I would like the blue card holder, please.")
    page = set_up_payments(profile.business, by=alice)
    peer.submit(page, answer="enough")
    refresh_account(profile.business.payment_account.stripe_id)
    return SimpleNamespace(
        alice=alice,
        bank=profile.business,
        profile=profile,
        number=pairwise_number(bank.pk, ANA),
        cookies={COOKIE: open_session(ANA, browser="")},
    )


def test_a_bill_is_asked_for_paid_and_given_back(visit, world):
    chat = f"/w/{world.bank.slug}/inbox/banco_ipe/{world.number}/"
    desk = visit(chat, as_user=world.alice, name="payment-inbox")
    desk.get_by_role("button", name="Ask for money").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Item").first.fill("Card holder, blue")
    dialog.get_by_label("Quantity").first.fill("2")
    dialog.get_by_label("Price of one").first.fill("45.50")
    visit.check(desk, "payment-composer")
    dialog.get_by_role("button", name="Ask", exact=True).click()
    desk.get_by_text("Asked. The chat shows when it is paid.").wait_for()
    visit.check(desk, "payment-asked")
    request = PaymentRequest.objects.get()
    assert (request.amount, request.currency, request.payee) == (9100, "brl", "Banco Ipê Ltd")

    phone = visit("/m/c/banco_ipe/", cookies=world.cookies, name="payment-bubble")
    assert phone.get_by_text("Banco Ipê Ltd").is_visible()
    phone.get_by_role("link", name="Pay R$").click()
    phone.get_by_role("heading", name="Pay").wait_for()
    visit.check(phone, "payment-pay")
    phone.get_by_role("button", name="Pay R$").click()
    phone.wait_for_url("**/c/pay/**")
    visit.check(phone, "payment-checkout")
    phone.locator(f"input[value='{cards.DECLINED}']").check()
    phone.get_by_role("button", name="Pay now").click()
    phone.get_by_role("alert").wait_for()
    phone.locator(f"input[value='{cards.GOOD}']").check()
    phone.get_by_role("button", name="Pay now").click()
    phone.get_by_role("heading", name="Receipt").wait_for()
    visit.check(phone, "payment-receipt")
    phone.get_by_role("link", name="Back to the chat").last.click()
    phone.get_by_text("Paid: R$").wait_for()
    visit.check(phone, "payment-paid-chat")

    desk.goto(desk.url)
    desk.get_by_role("link", name="Open", exact=True).click()
    desk.get_by_role("button", name="Refund…").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Amount in BRL").fill("45.50")
    dialog.get_by_label("Why").fill("One was scratched")
    visit.check(desk, "payment-refund")
    dialog.get_by_role("button", name="Refund", exact=True).click()
    desk.get_by_text("The money is on its way back.").wait_for()
    until(lambda: perform_due() + handle_events() and back() == 4550, "half has gone back")
    desk.goto(desk.url)
    visit.check(desk, "payment-detail")
    phone.goto(phone.url)
    phone.get_by_text("gave back R$").wait_for()
    visit.check(phone, "payment-refunded-chat")
    visit(f"/w/{world.bank.slug}/payments/", as_user=world.alice, name="payments")
    books = visit(f"/w/{world.bank.slug}/payments/books/", as_user=world.alice, name="books")
    books.get_by_role("button", name="Compare").click()
    books.get_by_text("Yes: every payment").wait_for()


def back() -> int:
    return PaymentRequest.objects.get().amount_refunded


def test_an_empty_page_says_how_to_begin(visit, transactional_db):
    make_business("Empty", owner=person("alice"), country="BR")
    visit("/w/empty/payments/", as_user=person("alice"), name="payments-empty")


def test_the_person_sees_each_turn_as_a_line(world, peer):  # noqa: F811

    message = request_payment(
        world.profile,
        ANA,
        by=world.alice,
        items=[Item("Fee", 2000)],
        currency="brl",
        reference_id="A-1",
    )
    request = PaymentRequest.objects.get()
    assert request.message_id == message.id
    peer.submit(open_payment(request), card=cards.GOOD)
    until(lambda: handle_events() >= 0 and lines(), "the receipt is in the chat")
    complain(request, words="It never came.")

    assert lines() == [
        "Paid: R$20.00 to Banco Ipê Ltd for A-1. The receipt is kept here.",
        "You said that something is wrong with A-1.",
    ]


def lines() -> list[str]:
    rows = Message.objects.filter(person_id=ANA, kind="system").order_by("id")
    return [row.body for row in rows]
