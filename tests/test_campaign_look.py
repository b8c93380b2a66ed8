"""Campaigns in real Chromium: every page sound, and the way to a launch within six clicks."""

import re
import time
from types import SimpleNamespace

import pytest
from django.utils import timezone

from audience.models import SavedAudience
from messaging.models import Campaign
from messaging.services.campaigns.delivery import run_campaign, send_next
from messaging.services.campaigns.first_batch import judge_first_batch
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.transitions import pause_campaign, stop_campaign
from messaging.tests.cast import make_template
from messaging.tests.crowd import BRAZIL, allow_campaigns, count_people, draft, make_crowd
from profiles.tests.people import make_business, member, person, staff, verified_profile
from tests.browser import HELLO


@pytest.fixture
def world(transactional_db):
    """A bank with an audience, a template and campaigns in every state."""
    now = timezone.now()
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    make_crowd(3_000)
    count_people(now=now)
    allow_campaigns(profile, now=now)
    make_template(
        bank,
        "winter",
        components=[
            {"type": "HEADER", "format": "TEXT", "text": "Winter at Ipê"},
            {"type": "BODY", "text": "Save a little each month, and watch it grow until spring."},
            {"type": "FOOTER", "text": "Mute adverts in settings"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Tell me more"}]},
        ],
    )
    SavedAudience.objects.create(
        business=bank, name="All of Brazil", definition=BRAZIL, created_by=alice
    )
    return SimpleNamespace(alice=alice, bank=bank, profile=profile, now=now)


def launched(world, name: str) -> Campaign:
    campaign = draft(world.profile, world.alice, name=name, now=world.now)
    return launch_campaign(campaign, by=world.alice, confirmed_repeat=True, now=world.now)


def test_the_list_is_sound_empty_and_full(visit, world):
    visit("/w/banco-ipe/campaigns/", as_user=world.alice, name="campaigns-empty")
    send_next(launched(world, "Winter savings").pk)
    stop_campaign(launched(world, "Loans"), by=None, reason="Too many people said no.")
    pause_campaign(launched(world, "Cards"), by=world.alice)
    draft(world.profile, world.alice, name="Spring", now=world.now)
    visit("/w/banco-ipe/campaigns/", as_user=world.alice, name="campaigns")
    analyst = member(world.bank, "analyst")
    visit("/w/banco-ipe/campaigns/?state=live", as_user=analyst, name="campaigns-live")


def test_composing_reviewing_and_sending_takes_six_clicks(visit, world):
    page = visit("/w/banco-ipe/campaigns/", as_user=world.alice, name="campaigns-none")
    page.get_by_role("link", name="New campaign").first.click()
    visit.check(page, "campaign-compose")
    page.get_by_text("All of Brazil").click()
    page.get_by_text("winter").click()
    page.get_by_text("Save a little each month").wait_for()
    visit.check(page, "campaign-chosen")
    page.get_by_role("button", name="Review").click()
    page.get_by_role("heading", name="What this means").wait_for()
    visit.check(page, "campaign-review")
    page.get_by_role("button", name="Send to").click()
    visit.check(page, "campaign-confirm")
    page.get_by_role("dialog").get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("It is on its way.").wait_for()
    visit.check(page, "campaign-live")
    assert Campaign.objects.get().state == "running"


def test_a_campaign_in_each_state_is_sound(visit, world):
    held = launched(world, "Winter savings")
    run_campaign(held)
    finished = launched(world, "Cards")
    run_campaign(finished)
    finished.refresh_from_db()
    judge_first_batch(finished, now=finished.hold_until)
    Campaign.objects.filter(pk=finished.pk).update(released_at=world.now)
    run_campaign(finished)
    stopped = launched(world, "Loans")
    stop_campaign(stopped, by=None, reason="Too many people said no.")
    for name, campaign in (("held", held), ("finished", finished), ("stopped", stopped)):
        visit(
            f"/w/banco-ipe/campaigns/{campaign.uuid}/",
            as_user=world.alice,
            name=f"campaign-{name}",
        )
    visit("/w/banco-ipe/analytics/", as_user=world.alice, name="analytics")
    visit("/w/banco-ipe/campaigns/?q=a", as_user=world.alice, name="campaigns-filtered")
    mo = staff("moderator", name="mo")
    page = visit.open("/admin/", as_user=mo)
    visit.glance(page, "/admin/messaging/campaign/")
    visit.glance(page, f"/admin/messaging/campaign/{held.pk}/change/")


def test_what_happens_while_the_page_is_fetched_is_fetched_too(visit, world):
    campaign = launched(world, "Winter savings")
    path = f"/w/banco-ipe/campaigns/{campaign.uuid}/"
    page = visit.open(path, as_user=world.alice)
    fetched = []
    page.on("request", lambda one: fetched.append(one) if "hx-request" in one.headers else None)
    events = HELLO + "event: progress\ndata: \n\n" * 3
    page.route(
        re.compile(r"/events/\?"),
        lambda route: route.fulfill(content_type="text/event-stream", body=events),
    )
    visit.goto(page, path, fetches=False)
    deadline = time.monotonic() + 30
    while len(fetched) < 2:  # hello's, and one for all that came meanwhile
        assert time.monotonic() < deadline, "What came last was lost."
        page.wait_for_timeout(50)
