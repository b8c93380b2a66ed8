"""Every profile judged anew: how long, and whether a hundred thousand take ten times ten thousand.

Each profile has a fortnight of units behind it. Twice all are judged: under rules that are new to
them, which computes every sum again; and a quarter of an hour later, when one in ten has been seen
by more people and one in a hundred has a complaint. Few and many are compared by processor time,
ours and the database's, since neighbours on the machine take of the clock's.
"""

import os

from django.db import connection

from portal.base.report import at_most
from tests.bench import DEFAULT, Found
from tests.bench.costs import Costs
from trust.models import Evidence, Mark, Policy, Reading
from trust.services.evaluation import evaluate_all

FULL = 100_000  # profiles
INTERVAL = 15 * 60  # seconds from one sweep of all to the next: portal/timetable.py
BASE = 7_000_000_000  # the first profile's number


def measure(n: int) -> Found:
    many = max(2_000, min(FULL, FULL * n // DEFAULT))
    Policy.objects.active()
    figures: dict[str, object] = {"profiles": many}
    took = {}
    for size in (many // 10, many):
        fill(size)
        took["new rules", size] = timed(size)
        news(size)
        took["sweep", size] = timed(size)
        assert not Mark.objects.filter(counted_at=None).exists()
        assert Reading.objects.count() == size
    bars = {}
    for what in ("new rules", "sweep"):
        few, all_ = took[what, many // 10], took[what, many]
        figures[f"{what}: seconds for all"] = round(all_.seconds, 1)
        figures[f"{what}: ms a profile"] = round(1_000 * all_.seconds / many, 3)
        figures[f"{what}: ms a profile among a tenth"] = round(10_000 * few.seconds / many, 3)
        figures[f"{what}: processor ms a profile"] = round(1_000 * all_.cpu / many, 3)
        bars[f"{what}: a profile among ten times as many, times as long"] = at_most(
            round(all_.cpu / few.cpu / 10, 2), 1.5
        )
    bars["sweep: seconds for 100,000"] = at_most(
        round(took["sweep", many].seconds * FULL / many, 1), INTERVAL
    )
    return Found(figures, bars)


def timed(size: int) -> Costs:
    """What judging all of them takes."""
    with Costs(os.getpid()) as costs:
        assert evaluate_all() == size
    return costs


def fill(size: int) -> None:
    """So many businesses with a profile each, its units of 14 days, and what is known of it."""
    _execute(
        "truncate trust_reading, trust_unit, trust_deliverydelta, trust_mark, trust_evidence,"
        " trust_case, trust_decision, profiles_profile, profiles_business cascade"
    )
    numbers = f"generate_series(0, {size - 1}) i"
    _execute(
        "insert into profiles_business (id, name, slug, country, time_zone, created_at)"
        f" select {BASE} + i, 'B' || i, 'b' || i, 'BR', 'UTC', now() from {numbers}"
    )
    _execute(
        "insert into profiles_profile (id, business_id, handle, name, about, description, vertical,"
        " email, website, address, logo, logo_hash, standing, quality, daily_cap, is_test,"
        " created_at)"
        f" select {BASE} + i, {BASE} + i, 'biz' || i, 'B' || i, '', '', 'OTHER', '', '', '',"
        f" '', '', 'clear', 'unknown', 2000, false, now() - interval '60 days' from {numbers}"
    )
    _execute(
        "insert into trust_unit (profile_id, key, name, started_at, delivered, n, x, reporters,"
        " blocks, reports, likelihood, evidence, updated_at)"
        f" select {BASE} + i, 'day:' || day::date, '', day, 300, 290, c, c, c, 0, 0, 0, now()"
        f" from {numbers}, generate_series(date_trunc('day', now()) - interval '13 days', now(),"
        " interval '1 day') day, lateral (select (mod(i * 7919 + extract(doy from day)::int * 31,"
        " 3) / 2)::int as c) found"
    )
    _execute(
        "insert into trust_evidence (profile_id, value, at, base, people, policy_version)"
        f" select {BASE} + i, 0, now() - interval '1 hour', 0, 0, 0 from {numbers}"
    )
    _execute("vacuum analyze profiles_business, profiles_profile, trust_unit, trust_evidence")


def news(size: int) -> None:
    """What has happened since: a tenth was seen by more people, a hundredth has a complaint."""
    _execute(
        "insert into trust_deliverydelta (profile_id, unit_key, delivered, n, at)"
        f" select {BASE} + i, 'day:' || current_date, 40, 38, now()"
        f" from generate_series(0, {size - 1}, 10) i"
    )
    _execute(
        "insert into trust_mark (profile_id, unit_key, kind, reason, x, people, cluster, at)"
        f" select {BASE} + i, 'day:' || current_date, 'block', 'none', 0.6, 1, 'g', now()"
        f" from generate_series(0, {size - 1}, 100) i"
    )
    assert Evidence.objects.count() == size


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
