"""Both inboxes in real Chromium: no faults at either width, in either scheme."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Campaign, Message
from messaging.services.messages import receive_message, send_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, RAVI
from portal.base.ids import new_id
from portal.base.pairwise import pairwise_number
from profiles.tests.people import make_business, member, person, verified_profile


@pytest.fixture
def world(transactional_db):
    """Ana chats with Banco Ipê, which Bob answers, and got an advert."""
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    bob = member(bank)
    make_person(ANA, name="Ana Souza", device="SM-A145M")
    make_person(RAVI, name="Ravi")
    now = timezone.now()
    for n, (who, words) in enumerate(
        [
            (ANA, "Good morning! Did my transfer go through?"),
            (None, "Good morning, Ana. Yes, R$ 120.00 arrived at 9:02."),
            (ANA, "Thank you, that was quick."),
            (None, "You are welcome. The receipt is at https://banco-ipe.example/r/8841"),
        ]
    ):
        at = now - timedelta(minutes=40 - n)
        if who:
            receive_message(who, profile, body=words, now=at)
        else:
            send_message(profile, ANA, by=bob, body=words, now=at)
    receive_message(RAVI, profile, body="Which papers do I need for a new account?")
    campaign = Campaign.objects.create(
        business=bank,
        profile=profile,
        name="Savings",
        state="running",
        audience={"country": "BR", "regions": ["BR-SP"], "age_from": 25, "tiers": ["middle"]},
        created_by=alice,
        message_id=new_id(),
        salt=1,
        first_chunks=1,
        launched_at=now,
        body="Save a little each month, and watch it grow.",
    )
    Message.objects.create(
        person_id=ANA,
        id=campaign.message_id,
        profile_id=profile.pk,
        campaign_id=campaign.pk,
        direction="out",
        kind="template",
        message_class="marketing",
        status="sent",
        created_at=now,
    )
    return SimpleNamespace(
        bob=bob,
        ana={COOKIE: open_session(ANA)},
        number=pairwise_number(bank.pk, ANA),
        advert=campaign.message_id,
    )


@pytest.mark.parametrize(
    "path",
    [
        "/m/",
        "/m/?show=adverts",
        "/m/find/?q=banco",
        "/m/c/banco_ipe/",
        "/m/c/banco_ipe/why/{advert}/",
        "/m/c/banco_ipe/stop/",
        "/m/c/banco_ipe/name/",
        "/m/c/banco_ipe/report/",
        "/m/settings/",
        "/m/settings/adverts/",
        "/m/settings/adverts/topics/",
        "/m/settings/blocked/",
        "/m/settings/data/",
        "/m/settings/data/delete/",
    ],
)
def test_a_page_of_the_people(visit, world, path):
    visit(path.format(advert=world.advert), cookies=world.ana)


def test_the_door(visit, transactional_db):
    visit("/m/welcome/")


@pytest.mark.parametrize("path", ["/w/banco-ipe/inbox/", "/w/banco-ipe/inbox/banco_ipe/{number}/"])
def test_a_page_of_the_business(visit, world, path):
    visit(path.format(number=world.number), as_user=world.bob)


def test_a_person_writes_without_scripts(visit, world):
    page = visit.open("/m/c/banco_ipe/", cookies=world.ana, javascript=False)
    page.get_by_label("Message", exact=True).fill("No scripts here")
    page.get_by_role("button", name="Send").click()
    assert page.get_by_text("No scripts here").is_visible()


def test_the_composer_is_empty_after_sending(visit, world):
    page = visit.open("/m/c/banco_ipe/", cookies=world.ana)
    page.get_by_label("Message", exact=True).fill("One more thing")
    page.get_by_label("Message", exact=True).press("Enter")
    page.get_by_role("log").get_by_text("One more thing").wait_for()
    assert page.get_by_label("Message", exact=True).input_value() == ""
