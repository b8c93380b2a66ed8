"""What a person must be able to do without scripts, on a phone, and in how many taps."""

import pytest

from audience.models import Block, Consent
from messaging.models import Message
from messaging.services.messages import receive_message, send_message
from messaging.tests.cast import ANA
from tests.test_chat_kinds_look import PATH, advert, bank  # noqa: F401  (Ana and her bank)
from trust.models import SpamReport


@pytest.fixture
def phone(visit, bank):  # noqa: F811
    """Ana's chats with her bank on a phone without scripts; `tap` counts."""
    receive_message(ANA, bank.profile, body="Hello?")
    send_message(bank.profile, ANA, by=bank.bob, body="We open at nine.")
    page = visit.open("/m/", cookies=bank.cookies, javascript=False, width=390)
    page.taps = 0

    def tap(role: str, name: str) -> None:
        page.get_by_role(role, name=name, exact=True).click()
        page.taps += 1

    page.tap_on = tap
    return page


def test_reading_and_replying(phone):
    phone.get_by_role("link", name="We open at nine.").click()
    assert phone.get_by_role("log").get_by_text("We open at nine.").is_visible()
    assert Message.objects.get(person_id=ANA, direction="out").status == "read"
    phone.get_by_label("Message", exact=True).fill("Thank you")
    phone.get_by_role("button", name="Send", exact=True).click()
    assert phone.get_by_role("log").get_by_text("Thank you").is_visible()


def test_blocking_takes_two_taps_and_one_takes_it_back(visit, phone):
    visit.goto(phone, PATH)
    phone.tap_on("link", "Stop adverts or block")
    phone.tap_on("button", "Block Nothing more comes from this sender")
    assert Block.objects.filter(person_id=ANA).exists()
    assert phone.taps <= 2
    phone.tap_on("button", "Unblock")
    assert not Block.objects.filter(person_id=ANA).exists()


def test_stopping_adverts_takes_two_taps(visit, phone):
    visit.goto(phone, PATH)
    phone.tap_on("link", "Stop adverts or block")
    phone.tap_on("button", "Only stop adverts Messages about your orders and accounts still come")
    assert Consent.objects.get(person_id=ANA, kind="business_marketing").granted is False
    assert phone.taps <= 2


def test_reporting_takes_two_taps(visit, phone):
    visit.goto(phone, PATH)
    phone.tap_on("link", "Report")
    phone.get_by_role("button", name="scam").click()
    phone.taps += 1
    assert SpamReport.objects.get().reason == "scam"
    assert Block.objects.filter(person_id=ANA).exists()
    assert phone.taps <= 2


def test_an_advert_is_stopped_from_why(visit, bank, phone):  # noqa: F811
    advert(bank, regions=["BR-SP"])
    visit.goto(phone, PATH)
    phone.tap_on("link", "Why did I get this?")
    phone.get_by_role("button", name="Stop adverts from Banco Ipê").click()
    assert Consent.objects.get(person_id=ANA, kind="business_marketing").granted is False
