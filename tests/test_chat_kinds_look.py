"""A chat with every kind of message, in real Chromium: how it looks, and what a tap sends."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Campaign, Message
from messaging.services.messages import receive_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA
from messaging.tests.talks import talk_of_all_kinds
from portal.base.ids import new_id
from profiles.tests.people import make_business, member, person, verified_profile

PATH = "/m/c/banco_ipe/"


@pytest.fixture
def bank(transactional_db):
    """Ana, who chats with Banco Ipê, in a browser that knows her."""
    alice = person("alice")
    business = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=business)
    ana = make_person(ANA, name="Ana Souza", region="BR-SP", tier="premium", birth_year=1991)
    return SimpleNamespace(
        profile=profile,
        alice=alice,
        bob=member(business),
        ana=ana,
        cookies={COOKIE: open_session(ANA)},
    )


def advert(bank, **audience) -> Message:
    """A campaign's message to Ana, now."""
    campaign = Campaign.objects.create(
        business=bank.profile.business,
        profile=bank.profile,
        name="Savings",
        state="running",
        audience={"country": "BR"} | audience,
        created_by=bank.alice,
        message_id=new_id(),
        salt=1,
        first_chunks=1,
        launched_at=timezone.now(),
        body="Save a little each month. See https://banco-ipe.example/save",
        content={
            "header": {"type": "text", "text": "Savings"},
            "buttons": [
                {"type": "quick_reply", "text": "Tell me more", "payload": "save"},
                {"type": "url", "text": "Open", "url": "https://banco-ipe.example/save"},
            ],
        },
    )
    return Message.objects.create(
        person_id=ANA,
        id=campaign.message_id,
        profile_id=bank.profile.pk,
        campaign_id=campaign.pk,
        direction="out",
        kind="template",
        message_class="marketing",
        status="sent",
        created_at=timezone.now(),
    )


def newest() -> Message:
    return Message.objects.filter(person_id=ANA).order_by("-id").first()


def test_every_kind_of_message_is_drawn(visit, bank):
    sent = talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    page = visit(PATH, cookies=bank.cookies, name="chat-kinds")
    log = page.get_by_role("log")
    for words in (
        "Was this you?",
        "We never ask for codes or passwords.",
        "Branch Paulista",
        "priya@banco-ipe.example",
        "receipt-8841.txt",
        "Boarding pass",
        "CEU212",
        "Your flight",
        "Automatic reply",
        "Bob, ",
    ):
        assert log.get_by_text(words).first.is_visible(), words
    page.locator("summary", has_text="Choose").click()
    assert log.get_by_role("button", name="A transfer").is_visible()
    assert "{'type'" not in log.inner_text()
    assert page.get_by_alt_text("The till, as it was yesterday").evaluate("e => e.naturalWidth") > 0
    assert page.locator(f"#m-{sent['asked'].id} + .reactions").inner_text() == "👍"


def test_a_button_answers_as_integrators_expect(visit, bank):
    sent = talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    page = visit.open(PATH, cookies=bank.cookies)
    page.get_by_role("button", name="No, block my card").click()
    page.locator(".bubble.out", has_text="No, block my card").wait_for()
    answer = newest()
    assert (answer.kind, answer.reply_to) == ("interactive", sent["buttons"].id)
    assert answer.content == {
        "type": "button_reply",
        "button_reply": {"id": "no", "title": "No, block my card"},
    }
    assert page.get_by_role("button", name="Yes, it was me").is_disabled()


def test_a_list_is_chosen_from_without_scripts(visit, bank):
    talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    page = visit.open(PATH, cookies=bank.cookies, javascript=False, width=390)
    page.locator("summary", has_text="Choose").click()
    page.get_by_role("button", name="Lost card").click()
    assert newest().content["list_reply"]["id"] == "lost"
    page.get_by_role("button", name="Other flights").click()
    assert (newest().kind, newest().content["payload"]) == ("button", "other")


def test_a_reaction_stands_on_its_message(visit, bank):
    sent = talk_of_all_kinds(bank.profile, ANA, by=bank.bob)
    page = visit.open(PATH, cookies=bank.cookies)
    place = page.locator(f"#m-{sent['answer'].id} + .stamp")
    place.locator("summary").click()
    place.get_by_role("button", name="🙏").click()
    page.locator(f"#m-{sent['answer'].id} + .reactions", has_text="🙏").wait_for()
    assert (newest().kind, newest().reply_to) == ("reaction", sent["answer"].id)


def test_a_message_that_does_not_go_through_can_be_sent_again(visit, bank):
    receive_message(ANA, bank.profile, body="Hello", now=timezone.now() - timedelta(hours=1))
    page = visit.open(PATH, cookies=bank.cookies)
    page.route(re.compile(re.escape(PATH)), lambda route: route.abort("internetdisconnected"))
    page.get_by_label("Message", exact=True).fill("Into the tunnel")
    page.get_by_role("button", name="Send", exact=True).click()
    again = page.get_by_role("button", name="Not sent. Tap to try again.")
    again.wait_for()
    page.unroute(re.compile(re.escape(PATH)))
    again.click()
    page.locator(".bubble.out[data-message]", has_text="Into the tunnel").wait_for()
    assert newest().body == "Into the tunnel"
    visit.faults[page].clear()  # the lost request itself


def test_a_file_is_sent(visit, bank):
    page = visit.open(PATH, cookies=bank.cookies)
    page.locator("input[type=file]").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Dear bank"}
    )
    page.get_by_text("note.txt").wait_for()
    assert newest().kind == "document"


def test_words_from_a_link_wait_in_the_composer(visit, bank):
    page = visit.open(f"{PATH}?text=Hello%20bank", cookies=bank.cookies)
    assert page.get_by_label("Message", exact=True).input_value() == "Hello bank"


@pytest.mark.parametrize("javascript", [True, False])
def test_before_a_first_tap_one_reads_what_it_says(visit, bank, javascript):
    message = advert(bank, regions=["BR-SP"], tiers=["premium"])
    page = visit.open(PATH, cookies=bank.cookies, javascript=javascript)
    if javascript:
        visit.check(page, "chat-advert")
    assert "can infer: São Paulo, Premium phone" in page.locator(".aware").inner_text()
    page.get_by_role("button", name="Tell me more").click()
    page.get_by_role("heading", name="can infer").wait_for()
    assert newest().id == message.id, "Nothing is sent before the person knows."
    if javascript:
        visit.check(page, "chat-notice")
    page.get_by_role("button", name="Answer", exact=True).click()
    page.locator(".bubble.out", has_text="Tell me more").wait_for()
    answer = newest()
    assert (answer.kind, answer.content["payload"], answer.reply_to) == ("button", "save", None)
    assert page.locator(".aware").count() == 0


def test_before_a_link_of_a_filtered_advert_is_followed_too(visit, bank):
    advert(bank, tiers=["premium"])
    page = visit.open(PATH, cookies=bank.cookies)
    page.get_by_role("link", name="Open banco-ipe.example").click()
    page.get_by_role("heading", name="If you open it").wait_for()
    visit.check(page, "chat-out")
    assert (
        page.get_by_role("link", name="Open banco-ipe.example").get_attribute("href")
        == "https://banco-ipe.example/save"
    )


def test_an_advert_to_everyone_asks_nothing(visit, bank):
    advert(bank)
    page = visit.open(PATH, cookies=bank.cookies)
    page.get_by_role("button", name="Tell me more").click()
    page.locator(".bubble.out", has_text="Tell me more").wait_for()
