"""A campaign in Chromium, to the members of the example messenger: composed, tried on oneself,
launched, watched without a reload; one finishes, and one is stopped by its first batch.

N=200000 pytest -s tests/test_campaign_live.py      as many people; small by default
"""

import os
import re
import sqlite3
import time
import urllib.request
from contextlib import closing
from types import SimpleNamespace

import pytest
from django.db.models import Sum
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from audience.models import Person, SavedAudience
from audience.services.snapshots import take_snapshot
from messaging.models import Campaign, CounterDelta, GatewayMessage, Member, Message
from messaging.services.gateway.messengers import (
    add_messenger,
    create_key,
    forget_gateways,
    set_gateway,
)
from messaging.services.messages import receive_message
from messaging.tests.cast import make_template
from messaging.tests.crowd import BRAZIL, allow_campaigns
from portal.base.report import at_least, at_most, report
from portal.tests.processes import free_port
from profiles.tests.people import make_business, person, verified_profile
from tests.browser import Visitor

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not os.getenv("N"), reason="Minutes long: set N= (200000 in full)."),
]

N = int(os.getenv("N") or 3_000)  # people who get it, about
MEMBERS = round(N / 0.48)  # who live in Brazil and allow adverts
LARGE = N >= 20_000
# Of a first batch of five hundred people, one in twenty is now and then too few to be sure.
ANNOYED = "0.05" if N >= 150_000 else "0.09"
HERE = {"WEBHOOK_ALLOW_LOOPBACK": "1", "FIRST_BATCH_HOLD_MINUTES": "30"}
PATIENCE = 3_600 if LARGE else 240  # seconds, for what other processes do
CLICKS = 6  # from a saved audience and template to a campaign on its way


@pytest.fixture
def world(processes, chromium, settings, tmp_path):
    """The site and a messenger; a bank with a saved audience, two templates, and Alice, who wrote
    to it from her own phone.
    """
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    url = processes.start_web(**HERE)
    processes.start_worker(**HERE)
    processes.start_beat(**HERE)  # whoever is not there at once is tried again by its sweepers
    there = f"http://localhost:{free_port()}"
    messenger = add_messenger("Papo", by=None)
    environment = {
        "SIGNET_URL": url,
        "SIGNET_KEY": create_key(messenger, name="example", by=None)[1],
        "SIGNET_GATEWAY_SECRET": set_gateway(messenger, url=f"{there}/take", by=None),
        "MESSENGER_PORT": there.rpartition(":")[2],
        "MESSENGER_DATA": str(tmp_path / "messenger.sqlite3"),
        "MESSENGER_MEMBERS": str(MEMBERS),
        "MESSENGER_PACE": "0.02",
        "MESSENGER_REPORT": "1",
    }

    def start_messenger(name: str, *, read: str, complain: str) -> None:
        more = environment | {"MESSENGER_READ": read, "MESSENGER_COMPLAIN": complain}
        processes.start(name, "python", "examples/messenger/messenger.py", **more)
        until(lambda: is_up(f"{there}/numbers"))

    def wait_until_told() -> None:
        """The messenger has taken all that there was for it, and Signet knows all it has to say.

        One at a time: what it takes becomes something to say before it leaves Signet's queue.
        """
        until(lambda: not GatewayMessage.objects.exists() and not left_to_tell(book))

    book = environment["MESSENGER_DATA"]
    start_messenger("calm", read="0.3", complain="0")
    until(lambda: Member.objects.count() == MEMBERS)

    now = timezone.now()
    alice = person("alice")
    bank = make_business("Banco Ipê", owner=alice, country="BR")
    profile = verified_profile("banco_ipe", business=bank)
    allow_campaigns(profile, now=now)
    for name, words in (("winter", "Save a little each month."), ("loan", "Money in a minute!")):
        make_template(bank, name, components=[{"type": "BODY", "text": words}])
    SavedAudience.objects.create(
        business=bank, name="All of Brazil", definition=BRAZIL, created_by=alice
    )
    take_snapshot(now=now, only=["BR"])
    herself = Person.objects.filter(country="BR", marketing=True).order_by("person_id").first()
    receive_message(herself.pk, profile, body="It is me", name="Alice on her phone", now=now)
    site = Visitor(chromium, url, stream=True)
    yield SimpleNamespace(
        site=site,
        alice=alice,
        herself=herself,
        processes=processes,
        start=start_messenger,
        wait_until_told=wait_until_told,
    )
    forget_gateways()
    site.close()


def test_one_finishes_and_another_is_stopped_by_its_first_batch(world):
    page = world.site.open("/w/banco-ipe/campaigns/", as_user=world.alice)

    clicks = compose(page, "winter")
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("It is in the inbox of whom you chose.")).to_be_visible()
    trial = Message.objects.get(person_id=world.herself.pk, direction="out")
    assert trial.body == "Save a little each month."
    good, more = launch(page)
    assert clicks + more <= CLICKS

    half = first_batch(page)
    world.wait_until_told()
    assert counted(good, "delivered") == len(people_of(good))
    let_half_an_hour_pass(good)
    seen = watch(page, "Finished")
    assert page.url.endswith(f"/{good.uuid}/")  # the same page, without a reload
    got = people_of(good)
    assert len(set(got)) == len(got) == sent(good)
    assert 0 < half < 100 == seen[-1].percent

    # Nobody whom the calm one has still to tell may meet the annoyed one instead.
    world.wait_until_told()
    world.processes.kill("calm")
    world.start("annoyed", read="1", complain=ANNOYED)
    page.get_by_role("link", name="Campaigns", exact=True).first.click()
    compose(page, "loan")
    bad, _more = launch(page)
    first_batch(page)
    people = people_of(bad)
    # The verdict is asked for once everybody has said what they have to say: none of it is late.
    world.wait_until_told()
    assert counted(bad, "read") == len(people)
    let_half_an_hour_pass(bad)
    expect(page.get_by_text("Stopped by itself:")).to_be_visible(timeout=1000 * PATIENCE)
    expect(page.get_by_text("Too many people said no.").first).to_be_visible()
    assert people_of(bad) == people
    assert len(people) < len(got)
    if LARGE:
        tell(good, seen, bad, people)


def compose(page: Page, template: str) -> int:
    """New, whom, what, review. Returns how many clicks that was."""
    clicks = [
        page.get_by_role("link", name="New campaign").first,
        page.get_by_text("All of Brazil"),
        page.get_by_text(template, exact=True),
        page.get_by_role("button", name="Review"),
    ]
    click_all(clicks)
    expect(page.get_by_role("heading", name="What this means")).to_be_visible()
    return len(clicks)


def launch(page: Page) -> tuple[Campaign, int]:
    """Send, and yes. Returns the campaign and how many clicks that was."""
    clicks = [
        page.get_by_role("button", name="Send to"),
        page.get_by_role("dialog").get_by_role("button", name="Send", exact=True),
    ]
    click_all(clicks)
    expect(page.get_by_text("It is on its way.")).to_be_visible()
    return Campaign.objects.latest("launched_at"), len(clicks)


def click_all(clicks: list[Locator]) -> None:
    for click in clicks:
        click.click()


def first_batch(page: Page) -> int:
    """The page says by itself that the first batch is out. Returns per cent."""
    watched = page.get_by_text("The first batch is being watched")
    expect(watched).to_be_visible(timeout=1000 * PATIENCE)
    return state_of(page).percent


def let_half_an_hour_pass(campaign: Campaign) -> None:
    """The end of the hold has come, and beat has had it looked at."""
    Campaign.objects.filter(pk=campaign.pk, released_at=None).update(hold_until=timezone.now())
    rows = Campaign.objects.filter(pk=campaign.pk)
    until(lambda: rows.exclude(released_at=None, ended_at=None).exists())


def watch(page: Page, end: str) -> list[SimpleNamespace]:
    """All that the page shows until it says `end`, each state once."""
    seen, deadline = [state_of(page)], time.monotonic() + PATIENCE
    while not page.get_by_text(end, exact=True).first.is_visible():
        assert time.monotonic() < deadline, seen[-1]
        page.wait_for_timeout(100)  # (lets the page live)
        if (now := state_of(page)).words != seen[-1].words:
            seen.append(now)
    return [*seen, state_of(page)]


def state_of(page: Page) -> SimpleNamespace:
    words = page.locator("#going .going").inner_text()
    percent = re.search(r"(\d+) %", words)
    rate = re.search(r"([\d,]+) people a minute", words)
    left = re.search(r"about (\S+ \w+) left", words)
    return SimpleNamespace(
        at=time.monotonic(),
        words=words,
        percent=int(percent[1]) if percent else 0,
        rate=int(rate[1].replace(",", "")) if rate else None,
        left=left[1] if left else None,
    )


def tell(good: Campaign, seen: list[SimpleNamespace], bad: Campaign, people: list[int]) -> None:
    """The figures of a large run, into var/reports/campaign-live.json."""
    good.refresh_from_db()
    took = (good.ended_at - good.released_at).total_seconds()
    rates = [one.rate for one in seen if one.rate]
    gaps = [after.at - before.at for before, after in zip(seen, seen[1:], strict=False)]
    held = report(
        "campaign-live",
        {
            "people": sent(good),
            "seconds from the release to the end": round(took, 1),
            "people a second": round((sent(good) - good.first_batch) / took),
            "shown: per cent": [one.percent for one in seen],
            "shown: people a minute": rates,
            "shown: left": [one.left for one in seen if one.left],
            "first batch of the stopped one": len(people),
            "of them reported": counted(bad, "reported"),
        },
        {
            "states shown without a reload": at_least(len({one.words for one in seen}), 3),
            "longest without news, seconds": at_most(round(max(gaps), 1), 20),
        },
    )
    assert held


def people_of(campaign: Campaign) -> list[int]:
    rows = Message.objects.filter(campaign_id=campaign.pk).order_by("person_id")
    return list(rows.values_list("person_id", flat=True))


def sent(campaign: Campaign) -> int:
    return campaign.chunks.aggregate(n=Sum("sent"))["n"] or 0


def counted(campaign: Campaign, metric: str) -> int:
    rows = CounterDelta.objects.filter(campaign_id=campaign.pk, metric=metric)
    return rows.aggregate(n=Sum("n"))["n"] or 0


def is_up(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5)
    except OSError:
        return False
    return True


def left_to_tell(book: str) -> int:
    """How many events the messenger still has to tell; they go when Signet has answered."""
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True, timeout=60)) as db:
        return db.execute("select count(*) from event").fetchone()[0]


def until(what) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)
