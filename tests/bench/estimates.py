"""How long an estimate takes in the database, however many people there are; count(*) beside it.
And how soon the builder shows it after the last change, in Chromium.
"""

import random
import statistics
import time
from collections.abc import Sequence

from django.db import connection
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from audience.ages import LOWEST
from audience.definition import AudienceDefinition
from audience.eligibility import eligible
from audience.models import Person
from audience.places import regions_of
from audience.services.estimates import estimate
from audience.services.snapshots import take_snapshot
from messaging.tests.crowd import make_crowd
from portal.base.report import at_most
from portal.run.chromium import find
from profiles.tests.people import make_business, person
from tests.bench import Found
from tests.browser import FLAGS, Visitor

SEED = 6
QUESTIONS = 200
TIMES = 5  # each question; the quickest of them is compared between sizes
GROWS, EMPTY = "BR", "MX"  # estimates of the second tell what the machine's mood is
COUNTED = 5
AT_ONCE = 1_000_000  # people written by one statement


def measure(n: int) -> Found:
    """Sizes: 1,000, n / 5 and 4 n people: 1 M and 20 M at full size."""
    sizes = sorted({1_000, max(2_000, n // 5), 4 * n})
    asked, of_nobody = (questions(random.Random(SEED), country) for country in (GROWS, EMPTY))
    figures: dict[str, object] = {}
    ratios, bars, people = [], {}, 0
    for size in sizes:
        grow(people, size)
        people = size
        begun = time.monotonic()
        take_snapshot(now=timezone.now(), only=[GROWS, EMPTY])
        figures[f"{size:,} people: snapshot of the country, seconds"] = round(
            time.monotonic() - begun, 1
        )
        spent, for_nobody = in_turn(asked, of_nobody)
        p95 = 1e3 * statistics.quantiles(sum(spent, []), n=20)[-1]
        median, beside = (statistics.median(map(min, each)) for each in (spent, for_nobody))
        ratios.append(median / beside)
        counted = 1e3 * statistics.median(counting(definition) for definition in asked[:COUNTED])
        figures |= {
            f"{size:,} people: estimate, median ms": round(1e3 * median, 2),
            f"{size:,} people: of an empty country, median ms": round(1e3 * beside, 2),
            f"{size:,} people: count(*), median ms": round(counted, 2),
        }
        bars[f"{size:,} people: estimate, p95 ms"] = at_most(round(p95, 2), 10)
    in_browser = seen_in_browser()
    figures["in the browser: median ms"] = round(statistics.median(in_browser))
    bars["in the browser: p95 ms after the last change"] = at_most(
        round(statistics.quantiles(in_browser, n=20)[-1]), 300
    )
    bars["slowest size, of the quickest"] = at_most(round(max(ratios) / min(ratios), 2), 1.2)
    return Found(figures, bars)


def seen_in_browser() -> list[float]:
    """Milliseconds from a change of the builder to the new number, for each of Brazil's states."""
    alice = person("alice")
    make_business("Acme", owner=alice, country="BR")
    server = LiveServer("localhost")
    try:
        with override_settings(ALLOWED_HOSTS=["localhost"]), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
            visitor = Visitor(browser, server.url)
            page = visitor.open("/w/acme/audiences/new/?country=BR", as_user=alice)
            return answers(page, list(regions_of("BR").values()))
    finally:
        server.stop()


def answers(page: Page, regions: Sequence[str]) -> list[float]:
    """Check one region after the other; milliseconds until another number is there, sorted.

    The pause in which the page waits for a further change is part of it.
    """
    page.wait_for_load_state("networkidle")
    return sorted(page.evaluate(CHECK_AND_WAIT, region) for region in regions)


# In the page, so that the way to the test is not measured.
CHECK_AND_WAIT = """region => new Promise(done => {
  const shown = () => document.querySelector("#estimate").innerText;
  const label = document.querySelector(`#builder label[title="${region}"]`);
  const began = performance.now(), before = shown();
  const watch = new MutationObserver(() => {
    if (shown() === before) return;
    watch.disconnect();
    done(performance.now() - began);
  });
  watch.observe(document.body, {childList: true, subtree: true, characterData: true});
  label.click();
})"""


def in_turn(*asked: Sequence[AudienceDefinition]) -> list[list[list[float]]]:
    """Seconds of each question, TIMES over; one of each list in turn, for equal conditions."""
    took: list[list[list[float]]] = [[] for _ in asked]
    for definitions in zip(*asked, strict=True):
        rounds = [[seconds_of(each) for each in definitions] for _ in range(TIMES)]
        for of_one, seconds in zip(took, zip(*rounds, strict=True), strict=True):
            of_one.append(list(seconds))
    return took


def questions(random_: random.Random, country: str) -> list[AudienceDefinition]:
    """Audiences as people build them, all of one country."""
    regions = list(regions_of(country))
    return [
        AudienceDefinition(
            country=country,
            regions=tuple(random_.sample(regions, random_.randint(0, 6))),
            age_from=random_.choice(LOWEST),
            tiers=tuple(random_.sample(Person.Tier.values, random_.randint(0, 2))),
        )
        for _ in range(QUESTIONS)
    ]


def grow(people: int, to: int) -> None:
    """Add people of all regions, ages and phones, and let the statistics know."""
    regions = list(regions_of("BR"))
    places = "array['" + "','".join(regions) + "']"
    for first in range(people, to, AT_ONCE):
        make_crowd(
            min(AT_ONCE, to - first),
            first=1_000_000 + first,
            region=f"({places})[1 + (i * 7) % {len(regions)}]",
            birth_year="case when i % 19 = 0 then null else 1940 + (i / 7) % 75 end",
            tier="(array['entry', 'middle', 'premium', null])[1 + (i / 3) % 4]",
            marketing="i % 3 <> 0",
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) audience_person, audience_noisedcell")


class Stopwatch:
    """Adds up the seconds that statements take."""

    seconds = 0.0

    def __call__(self, execute, sql, params, many, context):
        begun = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - begun


def seconds_of(definition: AudienceDefinition) -> float:
    watch = Stopwatch()
    with connection.execute_wrapper(watch):
        estimate(definition)
    return watch.seconds


def counting(definition: AudienceDefinition) -> float:
    """What a plain count of those who match would take."""
    condition = eligible(
        definition,
        profile_id=0,
        business_id=0,
        message_class="marketing",
        topics=[],
        now=timezone.now(),
    ).as_string(None)
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audience_person p WHERE " + condition)
        cursor.fetchone()
    return time.perf_counter() - begun
