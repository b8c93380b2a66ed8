"""Linking and contacts in real Chromium: no faults at either width, in either scheme."""

from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.services.conversations.labels import add_label
from messaging.services.linking.accounts import agree_to_link
from messaging.services.linking.links import create_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.messages import receive_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, RAVI
from portal.base.pairwise import pairwise_number
from profiles.tests.people import make_business, person, verified_profile


@pytest.fixture
def world(transactional_db):
    """Ana wrote to Banco Ipê and linked her account; Ravi is asked to link his."""
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    make_person(ANA, name="Ana Souza")
    make_person(RAVI, name="Ravi Nair")
    receive_message(ANA, profile, body="Good morning!")
    receive_message(RAVI, profile, body="Did my transfer go through?")
    ask = {"account_name": "Account ending 4711", "purpose": "Alerts about your account."}
    token = ask_to_link(profile, by=alice, reference="C-4711", **ask)[1]
    agree_to_link(token, ANA, alerts=True, adverts=False)
    for name in ("gold card", "São Paulo branch"):
        add_label(bank, ANA, name, by=alice)
    request, token = ask_to_link(profile, by=alice, asks_adverts=True, **ask)
    return SimpleNamespace(
        alice=alice,
        ana={COOKIE: open_session(ANA)},
        ravi={COOKIE: open_session(RAVI)},
        token=token,
        request=request.uuid,
        code=create_link(profile, prefilled_message="Hello from your door!", by=alice).code,
        number=pairwise_number(bank.pk, ANA),
    )


@pytest.mark.parametrize("path", ["/m/link/{token}/", "/m/settings/linked/"])
def test_a_page_of_the_people(visit, world, path):
    visit(path.format(token=world.token), cookies=world.ana)


@pytest.mark.parametrize(
    "path",
    ["", "?q=nobody", "{number}/", "links/", "links/chat/{code}/", "links/account/{request}/"],
)
def test_a_page_of_the_business(visit, world, path):
    visit("/w/banco-ipe/contacts/" + path.format(**vars(world)), as_user=world.alice)


def test_a_code_is_made_scanned_and_agreed_to(visit, world):
    page = visit.open("/w/banco-ipe/contacts/links/", as_user=world.alice)
    page.get_by_label("What the customer reads").fill("Account ending 11")
    page.get_by_role("button", name="Make a one-time code").click()
    visit.check(page, "one-time code")
    address = page.locator(".copy code").first.inner_text()
    phone = visit.open(
        urlsplit(address).path,
        cookies=world.ravi,
        width=390,
        javascript=False,
    )
    phone.get_by_role("button", name="Link", exact=True).click()
    assert phone.get_by_role("heading", name="Banco Ipê").is_visible()
    page.reload()
    assert page.get_by_text("Linked.", exact=True).is_visible()
