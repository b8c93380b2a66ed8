"""kill -9 of real workers while a campaign is sent: in the end the ledger is the eligible set.

N_PEOPLE=200000 N_KILLS=50 pytest tests/chaos/test_kill_workers.py -s
"""

import os
import random
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.utils import timezone

from audience.locks import BUCKET_LOCK
from messaging.models import Campaign
from messaging.services.campaigns import launch_campaign
from messaging.tests.cast import make_business, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft
from profiles.models import User
from tests.chaos.people import compare, expected, ledger, populate
from tests.chaos.reports import report

PEOPLE = int(os.getenv("N_PEOPLE", "125000"))
KILLS = int(os.getenv("N_KILLS", "5"))
SEED = int(os.getenv("SEED", "2026"))
REGION = "BR-SP"
PATIENCE = 240  # seconds

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def campaign(transactional_db) -> Campaign:
    """Launched to the people of São Paulo, with who must get it in `wanted`."""
    now = timezone.now()
    acme, profile = make_business("acme")
    _elsewhere, other = make_business("elsewhere")
    alice = User.objects.create_user("alice@acme.example", name="Alice")
    populate(PEOPLE, profile, other, now=now)
    count_people(now=now)
    allow_campaigns(profile, now=now)
    make_template(acme)
    wanted = expected(profile, regions=(REGION,), now=now)
    campaign = draft(profile, alice, audience={"country": "BR", "regions": [REGION]}, now=now)
    launch_campaign(campaign, by=alice, now=now)
    campaign.refresh_from_db()
    campaign.wanted = wanted
    return campaign


def start_worker(processes, name: str, *, app: str = "portal", **environment: str) -> None:
    """A worker of two processes, with little in each transaction, so that many can be hit."""
    environment = {"CHUNK_PEOPLE": "500"} | environment
    processes.start(
        name,
        *("celery", "--app", app, "worker", "--queues", "campaign,critical,default"),
        *("--concurrency", "2", "--hostname", f"{name}@{processes.port}"),
        *("--loglevel", "warning", "--without-mingle", "--without-gossip"),
        C_FORCE_ROOT="1",
        FIRST_BATCH_HOLD_MINUTES="0",
        **environment,
    )


def done_chunks(campaign: Campaign) -> int:
    return campaign.chunks.filter(state="done").count()


def until(what: Callable[[], bool], processes, name: str = "") -> None:
    """Wait for it, on the clock and not on luck: fail with the worker's words."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(processes.log(name)[-3000:] if name else "It took too long.")
        time.sleep(0.005)


def is_finished(campaign: Campaign) -> bool:
    campaign.refresh_from_db(fields=["state"])
    return campaign.state == "finished"


def test_the_ledger_equals_the_eligible_set_whoever_dies(processes, campaign):
    chance = random.Random(SEED)
    moments = sorted(chance.sample(range(20, 900), KILLS))  # of 1,024 chunks
    processes.start_beat()
    for number, moment in enumerate(moments):
        name = f"worker{number}"
        start_worker(processes, name)
        until(
            lambda at=moment: done_chunks(campaign) >= at or is_finished(campaign), processes, name
        )
        until(lambda: chunks_in_hand() or is_finished(campaign), processes, name)
        processes.kill(name)
    assert not is_finished(campaign), "The campaign was over before the last kill."
    start_worker(processes, "last")
    until(lambda: is_finished(campaign), processes, "last")

    figures = compare(ledger(campaign), campaign.wanted)
    report(
        "kill_workers",
        eligible=len(campaign.wanted),
        delivered=len(ledger(campaign)),
        kills=KILLS,
        seed=SEED,
        **figures,
    )
    assert len(campaign.wanted) >= 0.4 * PEOPLE
    assert figures == {"missing": 0, "twice": 0, "extra": 0}
    sent = campaign.chunks.values_list("sent", flat=True)
    assert sum(sent) == len(campaign.wanted)


def chunks_in_hand() -> int:
    """How many transactions of chunks are open at this moment, by their lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(distinct pid) from pg_locks where locktype = 'advisory' and classid = %s",
            [BUCKET_LOCK],
        )
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("mutant", "without_key", "fault"),
    [
        ("marks_first", False, "missing"),
        ("marks_late", True, "twice"),
        ("marks_late", False, None),
    ],
    ids=["marked done before it is sent", "no unique key", "the unique key alone"],
)
def test_what_the_crash_test_must_see(processes, campaign, mutant, without_key, fault):
    """Take away the one transaction, or the unique key as well: the ledger shows it."""
    if without_key:
        with connection.cursor() as cursor:
            cursor.execute("alter table messaging_message drop constraint messaging_message_pkey")
    try:
        # Each process of the worker dies at every fourth chunk, and another takes its place.
        start_worker(
            processes,
            "mutant",
            app="tests.chaos.mutants",
            MUTANT=mutant,
            CRASH_AT="between:4",
            CHUNK_PEOPLE="2000",
        )
        until(lambda: is_finished(campaign), processes, "mutant")
        figures = compare(ledger(campaign), campaign.wanted)
    finally:
        if without_key:
            with connection.cursor() as cursor:
                cursor.execute("truncate messaging_message")
                cursor.execute("alter table messaging_message add primary key (person_id, id)")
    report(f"kill_workers_{mutant}{'_without_key' if without_key else ''}", **figures)
    wrong = {name for name, n in figures.items() if n}
    assert wrong == ({fault} if fault else set())
