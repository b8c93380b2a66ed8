"""Two agents at one inbox, in real Chromium: nobody reloads, and no mouse is needed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from audience.tests.people import make_person
from messaging.models import CannedReply, Conversation, Message
from messaging.services.conversations.handling import conversation_of
from messaging.services.conversations.labels import add_label
from messaging.services.conversations.notes import add_note
from messaging.services.conversations.writing import note_writing
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, RAVI, make_template
from messaging.tests.desk import others_write
from portal.base.ids import new_id
from portal.base.pairwise import pairwise_number
from profiles.tests.people import make_business, member, person, verified_profile
from tests.browser import Visitor


@pytest.fixture
def world(transactional_db):
    """Ana and Ravi wrote to Banco Ipê, where Alice and Bob answer."""
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    make_person(ANA, name="Ana Souza")
    make_person(RAVI, name="Ravi Nair")
    ago = timezone.now() - timedelta(minutes=12)
    receive_message(RAVI, profile, body="Which papers do I need?", now=ago)
    receive_message(ANA, profile, body="Did my transfer go through?")
    CannedReply.objects.create(business=bank, name="hours", body="We are open from nine to six.")
    return SimpleNamespace(
        alice=alice,
        bob=member(bank),
        profile=profile,
        bank=bank,
        page=f"/w/banco-ipe/inbox/banco_ipe/{pairwise_number(bank.pk, ANA)}/",
    )


@pytest.mark.live
def test_two_agents_see_each_other_and_use_keys_alone(world, processes, chromium):
    visitor = Visitor(chromium, processes.start_web(), stream=True)
    alice = visitor.open(world.page, as_user=world.alice)
    bob = visitor.open(world.page, as_user=world.bob)

    # Alice begins to write: Bob sees it. She stops: he sees that, too.
    alice.keyboard.press("r")
    alice.keyboard.type("Let me look")
    bob.get_by_text("Alice is writing").wait_for()

    # Bob does not; he leaves a note, and she reads it.
    bob.keyboard.press("n")
    bob.keyboard.type("She asked yesterday, too")
    bob.keyboard.press("Enter")
    alice.get_by_role("log").get_by_text("She asked yesterday, too").wait_for()

    # Her answer arrives at his side, and it is hers now.
    alice.keyboard.type(" into it.")
    alice.keyboard.press("Enter")
    bob.get_by_role("log").get_by_text("Let me look into it.").wait_for()
    bob.get_by_text("With Alice").wait_for()
    bob.get_by_text("Alice is writing").wait_for(state="detached")

    # Ana writes again: both see it.
    receive_message(ANA, world.profile, body="And when are you open?")
    for page in (alice, bob):
        page.get_by_role("log").get_by_text("And when are you open?").wait_for()

    # Ready words by name, sent; then on to the next one, snoozed, resolved: keys alone.
    alice.keyboard.type("/hours")
    alice.keyboard.press("Tab")
    alice.keyboard.press("Enter")
    bob.get_by_role("log").get_by_text("We are open from nine to six.").wait_for()
    alice.keyboard.press("Escape")
    alice.keyboard.press("e")
    alice.get_by_role("button", name="Reopen").wait_for()
    bob.get_by_role("button", name="Reopen").wait_for()
    assert Conversation.objects.get(person_id=ANA).state == "resolved"

    alice.keyboard.press("j")
    alice.get_by_role("log").get_by_text("Which papers do I need?").wait_for()
    alice.keyboard.press("s")
    alice.keyboard.press("Enter")
    alice.get_by_text("snoozed until").wait_for()
    assert Conversation.objects.get(person_id=RAVI).state == "snoozed"
    visitor.check(alice, "inbox after keys", widths=(1440,), schemes=("light",))
    visitor.close()


def test_the_inbox_is_sound_with_all_its_parts(visit, world):
    talk = conversation_of(world.profile, pairwise_number(world.bank.pk, ANA))
    add_note(talk, "Regular of ours. Her branch is in Pinheiros.", by=world.bob)
    for name in ("gold card", "São Paulo"):
        add_label(world.bank, ANA, name, by=world.bob)
    note_writing(talk, by=world.bob)
    page = visit(world.page, as_user=world.alice, name="shared inbox")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    visit.check(page, "inbox keys", widths=(1440,), schemes=("light",))
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator("dialog#snooze")).to_be_visible()
    visit.check(page, "inbox snooze", widths=(390,), schemes=("light",))


def test_five_hundred_conversations_are_scrolled_and_walked_through(visit, world):
    crowd(world, 500)
    page = visit("/w/banco-ipe/inbox/", as_user=world.alice, name="busy inbox")
    page = visit.open("/w/banco-ipe/inbox/", as_user=world.alice)
    lines = page.locator(".conv")
    expect(lines).to_have_count(30)
    lines.last.scroll_into_view_if_needed()
    lines.last.hover()
    page.mouse.wheel(0, 2_000)  # the end of the list, and what is there by then
    expect(lines).to_have_count(60)
    # Open the last one that is shown: the key leads to the one after it, and the list goes on.
    lines.nth(59).click()
    expect(page.locator(".conv[aria-current]")).to_be_in_viewport()
    page.keyboard.press("j")
    expect(page.locator(".conv[aria-current]")).to_contain_text("Person 58")
    expect(page.locator(".conv[aria-current]")).to_be_in_viewport()
    # Her long talk comes in as one scrolls up, and what was read stays in sight.
    page = visit.open(world.page, as_user=world.alice)
    bubbles = page.locator("#thread [data-message]")
    expect(bubbles).to_have_count(30)
    first = page.get_by_text("Line 51", exact=True)
    first.scroll_into_view_if_needed()
    expect(bubbles).to_have_count(60)
    expect(first).to_be_in_viewport()
    expect(page.locator("#thread .day")).to_have_count(1)


def crowd(world, n: int) -> None:
    """`n` more conversations, and eighty more lines from Ana."""
    now = timezone.now()
    others_write(
        world.profile,
        n,
        now=now - timedelta(minutes=20),
        apart=timedelta(minutes=20),
        business_last_body=lambda i: "Could you tell me which papers I need for the account?",
        business_unread=lambda i: 0 if i % 5 else 3,
    )
    Message.objects.bulk_create(
        Message(
            person_id=ANA,
            id=new_id(now + timedelta(milliseconds=i)),
            profile_id=world.profile.pk,
            direction="in",
            status="read",
            body=f"Line {i}",
            created_at=now,
        )
        for i in range(80)
    )


def test_after_a_day_a_template_is_sent_from_a_sound_dialog(visit, world):
    body = {"type": "BODY", "text": "Your card {{1}} is at your branch. Bring a document, please."}
    make_template(world.bank, "card_ready", category="UTILITY", components=[body])
    Conversation.objects.update(written_at=timezone.now() - timedelta(days=2))
    page = visit.open(world.page, as_user=world.alice)
    page.keyboard.press("r")
    page.get_by_role("dialog", name="Send a template").wait_for()
    visit.check(page, "inbox template", schemes=("light",))
    page.get_by_label("{{1}}").fill("4711")
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_role("log").get_by_text("Your card 4711 is at your branch.")).to_be_visible()


def test_the_page_of_replies_is_sound(visit, world):
    page = visit("/w/banco-ipe/inbox/replies/", as_user=world.alice, name="replies")
    expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()
