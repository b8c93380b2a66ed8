"""A campaign into the built-in inbox: its rate against plain SQL, its growth, its memory.

Every size is a country of its own, sent to by two real worker processes; plain SQL (`plain`) sends
to countries as large as the middle one, once before and once after.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from messaging.models import Campaign
from messaging.services.campaigns import delivery
from portal.base.ids import new_id
from portal.base.report import at_least, at_most
from portal.tests.processes import Processes, database_url
from profiles.models import Profile
from tests.bench import Found
from tests.bench.costs import Costs
from tests.bench.crowds import launch, make_country, make_sender

WORKERS = 2
COUNTRIES = ("UY", "AR", "BR")  # small, middle, large
PROFILED = "EC"
PATIENCE = 3_600  # seconds
NO_HOLD = override_settings(FIRST_BATCH_HOLD=timedelta(0))


def measure(n: int) -> Found:
    now = timezone.now()
    sizes = (max(2_000, n // 50), max(4_000, n // 5), n)
    figures: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            before = run_plain("CL", sizes[1], now=now, first=4 * 10**9)
            costs = [
                run(processes, country, size, now=now, first=first * 10**9)
                for first, (country, size) in enumerate(zip(COUNTRIES, sizes, strict=True), 1)
            ]
            after = run_plain("PE", sizes[1], now=now, first=5 * 10**9)
            plain_large = run_plain("CO", sizes[2], now=now, first=10**10)
        finally:
            processes.stop()
    copied = copy_rate(sizes[1], now=now)
    for size, (people, cost) in zip(sizes, costs, strict=True):
        figures |= {
            f"{size:,}: recipients": people,
            f"{size:,}: recipients a second": round(people / cost.seconds),
            f"{size:,}: recipients a second and core": round(people / cost.cpu),
            f"{size:,}: microseconds a recipient": round(1e6 * cost.seconds / people, 1),
            f"{size:,}: processor microseconds a recipient": round(1e6 * cost.cpu / people, 1),
            f"{size:,}: largest worker, MB": round(cost.memory),
        }
    small, middle, large = costs
    rate = middle[0] / middle[1].seconds
    plain_people = before[0] + after[0]
    plain_rate = plain_people / (before[1].seconds + after[1].seconds)
    plain_cpu = (before[1].cpu + after[1].cpu) / plain_people
    plain_seconds = plain_large[1].seconds / plain_large[0]
    cost_of = [cost.cpu / people for people, cost in costs]
    figures |= {
        "plain SQL: recipients a second": round(plain_rate),
        "plain SQL: recipients a second and core": round(1 / plain_cpu),
        f"plain SQL, {sizes[2]:,}: microseconds a recipient": round(1e6 * plain_seconds, 1),
        "COPY of the bare message rows, a second": round(copied),
        "share of COPY of the bare rows": round(rate / copied, 2),
        "share of plain SQL's rate by processor time": round(plain_cpu / cost_of[1], 2),
        "where a chunk's time goes": profile_of_a_chunk(sizes[0], now=now),
    }
    bars = {
        "share of plain SQL's rate": at_least(round(rate / plain_rate, 2), 0.7),
        f"share of plain SQL's rate at {sizes[2]:,}": at_least(
            round(plain_seconds * large[0] / large[1].seconds, 2), 0.7
        ),
        "largest worker through the middle campaign, MB": at_most(round(middle[1].memory), 200),
        "largest worker through the largest campaign, MB": at_most(round(large[1].memory), 200),
        f"cost of a recipient, {sizes[2]:,} to {sizes[0]:,}": at_most(
            round((large[1].seconds / large[0]) / (small[1].seconds / small[0]), 2), 1.5
        ),
        f"processor time of a recipient, {sizes[2]:,} to {sizes[0]:,}": at_most(
            round(cost_of[2] / cost_of[0], 2), 1.5
        ),
    }
    return Found(figures, bars)


def run(
    processes: Processes, country: str, n: int, *, now: datetime, first: int
) -> tuple[int, Costs]:
    """Send to a country of `n` by workers that wait for it. Returns (recipients, costs)."""
    make_country(country, n, first=first)
    profile = make_sender(f"acme_{country.lower()}", people=range(first, first + n), now=now)
    worker = processes.start_worker(
        country, ("campaign",), concurrency=WORKERS, FIRST_BATCH_HOLD_MINUTES="0"
    )
    with Costs(worker.pid) as costs:
        campaign = launch(profile, country, now=timezone.now())
        wait_until_finished(campaign)
    processes.kill(country)
    return sum(campaign.chunks.values_list("sent", flat=True)), costs


def wait_until_finished(campaign: Campaign) -> None:
    deadline = time.monotonic() + PATIENCE
    while campaign.state != Campaign.State.FINISHED:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Campaign {campaign.pk} is {campaign.state}")
        time.sleep(0.1)  # (more often would cost the database what is measured)
        campaign.refresh_from_db(fields=["state"])


def run_plain(country: str, n: int, *, now: datetime, first: int) -> tuple[int, Costs]:
    """The same by two processes of plain SQL, to a country of their own."""
    make_country(country, n, first=first)
    profile = make_sender(f"plain_{country.lower()}", people=range(first, first + n), now=now)
    step = max(1, round(settings.CHUNK_PEOPLE / (n / settings.BUCKETS)))
    steps = [*range(0, settings.BUCKETS, step), settings.BUCKETS]
    chunks = [f"{low}-{high}" for low, high in pairwise(steps)]
    halves = [_start_plain(country, profile, chunks[at::WORKERS]) for at in range(WORKERS)]
    for half in halves:
        assert half.stdout and half.stdout.readline() == "ready\n"
    with Costs(*(half.pid for half in halves)) as costs:
        for half in halves:
            assert half.stdin
            half.stdin.write("go\n")
            half.stdin.flush()
        sent = sum(int(half.communicate()[0]) for half in halves)
    return sent, costs


def _start_plain(country: str, profile: Profile, chunks: list[str]) -> subprocess.Popen:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.bench.plain", country),
            *(str(profile.pk), str(profile.business_id), "4611686018427387904", ",".join(chunks)),
        ],
        env=os.environ | {"DATABASE_URL": database_url()},
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def copy_rate(n: int, *, now: datetime) -> float:
    """Bare message rows a second, by COPY into the same table with its indexes."""
    profile = make_sender("copied", people=range(0), now=now)
    message_id, first = new_id(now), 10**9 * 6
    tail = f"\t{message_id}\t{profile.pk}\tout\ttemplate\tmarketing\tsent\t{now.isoformat()}\n"
    blocks = [
        "".join(f"{first + i}{tail}" for i in range(at, min(n, at + 5_000)))
        for at in range(0, n, 5_000)
    ]
    begun = time.monotonic()
    with connection.cursor() as cursor:
        for block in blocks:
            with cursor.copy(
                "copy messaging_message (person_id, id, profile_id, direction, kind,"
                " message_class, status, created_at) from stdin"
            ) as copy:
                copy.write(block)
    return n / (time.monotonic() - begun)


def profile_of_a_chunk(n: int, *, now: datetime) -> dict[str, str]:
    """Share of the time of one process between the named steps of a chunk."""
    make_country(PROFILED, n, first=10**9 * 7)
    profile = make_sender("profiled", people=range(10**9 * 7, 10**9 * 7 + n), now=now)
    campaign = launch(profile, PROFILED, now=now)
    spent: Counter[str] = Counter()
    last = time.monotonic()

    def step(place: str) -> None:
        nonlocal last
        spent[place], last = spent[place] + time.monotonic() - last, time.monotonic()

    with mock.patch.object(delivery, "may_crash", step), NO_HOLD:
        delivery.run_campaign(campaign, now=now)
    total = sum(spent.values())
    return {place: f"{100 * seconds / total:.0f} %" for place, seconds in spent.items()}
