"""A whole case, by hand of a browser: people report, the campaign is stopped, the badge is taken,
the business reads why and appeals, somebody else reverses it, and the badge and the paid time are
back. The web server, the worker, beat, PostgreSQL, the broker and the local Stripe are real.
"""

import time
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Page, expect

from billing.models import Subscription
from messaging.inbox.sessions import COOKIE
from messaging.models import Campaign, Message
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.messages import mark_read
from messaging.services.people.reports import report_profile
from messaging.services.people.sessions import open_session
from messaging.tests.crowd import count_people, draft, make_crowd
from profiles.models import Business, Profile
from profiles.tests.people import person, staff, verified_profile
from tests.browser import Visitor
from tests.test_one_messages_life import base, subscribe
from trust.models import Decision

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

PEOPLE = 4_000
READERS, REPORTERS = 150, 50  # a third: no honest sender gets there
SHOWN_WITHIN = 60  # seconds from a report to the standing on the page (trust.md)
LOST = timedelta(days=4)
SLOW = 30_000  # milliseconds


@pytest.fixture
def site(start_site) -> Visitor:
    return start_site(FIRST_BATCH_HOLD_MINUTES="30")


@pytest.fixture
def acme(transactional_db) -> Profile:
    profile = verified_profile("acme")
    Business.objects.filter(pk=profile.business_id).update(paid_through=None)
    Profile.objects.filter(pk=profile.pk).update(daily_cap=None)
    # Made on many days and phones: people who have nothing to do with each other.
    make_crowd(PEOPLE, device="'phone ' || i % 40", joined="date '2025-01-01' + i % 200")
    count_people(now=timezone.now())
    return profile


def test_a_whole_case(site, acme):
    owner = site.open("/w/acme/", as_user=person("alice"))
    subscribe(owner, "acme")
    campaign, people = first_batch(acme)

    owner.goto(base(owner) + "/w/acme/quality/")
    waited = people_say_no(site, acme, campaign, people)
    expect(owner.get_by_text("Suspended").first).to_be_visible(timeout=SLOW)
    print(f"\nFrom the last report to the standing on the page: {waited:.1f} s")
    assert waited <= SHOWN_WITHIN
    everything_has_stopped(site, campaign, people)

    paid_until = Subscription.objects.get().period_end
    decision = appeal(site, owner)
    reverse(site, decision)
    badge_and_time_are_back(site, owner, acme, paid_until)


def first_batch(acme: Profile) -> tuple[Campaign, list[int]]:
    """A campaign whose first batch a real worker has sent, and who got it."""
    acme.business.refresh_from_db()
    alice = person("alice")
    campaign = draft(acme, alice, now=timezone.now())
    campaign = launch_campaign(campaign, by=alice)
    sent = Message.objects.filter(campaign_id=campaign.pk, id=campaign.message_id)
    until(lambda: Campaign.objects.get(pk=campaign.pk).hold_until, "The first batch was not sent.")
    people = list(sent.values_list("person_id", flat=True))
    assert READERS < len(people) < PEOPLE
    return campaign, people


def people_say_no(site: Visitor, acme: Profile, campaign: Campaign, people: list[int]) -> float:
    """Many read it, many of those report it, the last one in a browser.

    Returns the seconds from that report to the lost standing.
    """
    for reader in people[:READERS]:
        mark_read(reader, acme)
    for reporter in people[1:REPORTERS]:
        report_profile(reporter, acme, reason="spam")
    page = site.open("/m/c/acme/", cookies={COOKIE: open_session(people[0])}, width=390)
    page.get_by_role("link", name="Report").click()
    page.locator("button[value=spam]").click()
    expect(page.get_by_text("Thank you.").first).to_be_visible()
    began = time.monotonic()
    until(lambda: Profile.objects.get(pk=acme.pk).standing == "suspended", "Nothing was decided.")
    return time.monotonic() - began


def everything_has_stopped(site: Visitor, campaign: Campaign, people: list[int]) -> None:
    """Nobody else gets it; who asks about the sender sees no badge."""
    until(lambda: Campaign.objects.get(pk=campaign.pk).state == "stopped", "It goes on.")
    sent = Message.objects.filter(campaign_id=campaign.pk, id=campaign.message_id)
    assert set(sent.values_list("person_id", flat=True)) == set(people)
    expect(site.open("/b/acme/").get_by_role("img", name="Verified")).to_have_count(0)


def appeal(site: Visitor, owner: Page) -> Decision:
    """The business reads the statement of reasons, and answers it on the same page."""
    owner.goto(base(owner) + "/w/acme/quality/")
    owner.get_by_role("link", name="Read why, and appeal").click()
    expect(owner.get_by_text("decided automatically by a published rule")).to_be_visible()
    expect(owner.get_by_text("What would have changed it")).to_be_visible()
    site.check(owner, "statement of reasons", widths=[390], schemes=("light",))
    owner.get_by_label("Why is the decision wrong?").fill("A list was mixed up; it is deleted.")
    owner.get_by_role("button", name="Send the appeal").click()
    expect(owner.get_by_text("Your appeal has arrived").first).to_be_visible()
    return Decision.objects.get(to_standing="suspended")


def reverse(site: Visitor, decision: Decision) -> None:
    """Another person than the rules: a moderator, from the queue of appeals.

    Four days later by the clocks of what was lost, so that there is something to give back.
    """
    decision.profile.decisions.update(made_at=F("made_at") - LOST)
    Profile.objects.update(standing_changed_at=F("standing_changed_at") - LOST)
    page = site.open("/admin/trust/appeal/", as_user=staff("moderator", name="mo"))
    page.locator("#result_list a", has_text="Acme").first.click()
    expect(page.get_by_text("A list was mixed up")).to_be_visible()
    page.locator("a[href$='/answer/']").first.click()
    dialog = page.locator("#dialog")
    dialog.locator("[name=outcome]").select_option("reversed")
    dialog.locator("[name=words]").fill("The list was an accident and is gone.")
    with page.expect_navigation():
        dialog.locator("button[type=submit], input[type=submit]").last.click()
    expect(page.get_by_text("Reversed").first).to_be_visible()


def badge_and_time_are_back(site: Visitor, owner: Page, acme: Profile, paid_until) -> None:
    owner.goto(base(owner) + "/w/acme/quality/")
    expect(owner.get_by_role("img", name="Verified").first).to_be_visible()
    expect(site.open("/b/acme/").get_by_role("img", name="Verified").first).to_be_visible()
    wanted = paid_until + LOST
    until(
        lambda: abs(Subscription.objects.get().period_end - wanted) < timedelta(minutes=5),
        "The paid time was not extended.",
    )


def until(what, otherwise: str, *, seconds: float = 60) -> None:
    """Wait until `what()` is true, on the clock."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(otherwise)
        time.sleep(0.05)
