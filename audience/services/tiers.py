"""Tiers: a phone's value today, cut into thirds within each country's people.

Value today = launch price x 0.75 for each year since. A tier says what somebody else paid for a
thing, nothing about a person for sure: hence thirds, and each person's own right to correct it.
"""

from collections.abc import Iterator
from datetime import datetime

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audience.models import DeviceModel, DeviceTier, TierCut
from audience.services.devices import load_catalogue

KEPT_A_YEAR = "0.75"  # of its value, what a phone is worth a year later
BATCH = 10_000  # people in one UPDATE, at most about

# How many people have which device: the whole table once, so only when cuts are made anew.
_COUNT = """
CREATE TEMP TABLE in_use ON COMMIT DROP AS
SELECT p.country, p.device AS code, count(*) AS people
FROM audience_person p WHERE p.device <> '' GROUP BY 1, 2"""

# A model's third is where the cheaper ones end: equal values are never torn apart.
_CUTS = f"""
CREATE TEMP TABLE cuts ON COMMIT DROP AS
WITH valued AS (
  SELECT u.country, u.people,
    round(d.launch_usd * power({KEPT_A_YEAR}, greatest(0, %(year)s - d.released)), 2) AS usd
  FROM in_use u JOIN audience_devicemodel d ON d.code = u.code WHERE d.launch_usd IS NOT NULL
), ranked AS (
  SELECT country, usd, people, sum(people) OVER (PARTITION BY country ORDER BY usd) AS up_to,
    sum(people) OVER (PARTITION BY country) AS everyone
  FROM valued
)
SELECT country, min(usd) FILTER (WHERE 3 * up_to >= everyone) AS entry_until,
  min(usd) FILTER (WHERE 3 * up_to >= 2 * everyone) AS middle_until, max(everyone) AS with_price
FROM ranked GROUP BY country"""

_KEEP_CUTS = """
INSERT INTO audience_tiercut (country, entry_until, middle_until, people, with_price, at)
SELECT c.country, c.entry_until, c.middle_until,
  (SELECT sum(people) FROM in_use u WHERE u.country = c.country), c.with_price, %(now)s
FROM cuts c ORDER BY c.country"""

_SET_TIERS = f"""
INSERT INTO audience_devicetier (country, code, tier)
SELECT c.country, d.code, CASE WHEN d.usd <= c.entry_until THEN 'entry'
  WHEN d.usd <= c.middle_until THEN 'middle' ELSE 'premium' END
FROM cuts c CROSS JOIN (
  SELECT code, round(launch_usd * power({KEPT_A_YEAR}, greatest(0, %(year)s - released)), 2) AS usd
  FROM audience_devicemodel WHERE launch_usd IS NOT NULL) AS d"""

_GIVE = """
WITH moved AS (
  UPDATE audience_person p SET tier = s.tier
  FROM (
    SELECT q.person_id, t.tier FROM audience_person q
    LEFT JOIN audience_devicetier t ON t.country = q.country AND t.code = q.device
    WHERE q.country = %(country)s AND q.bucket >= %(first)s AND q.bucket < %(end)s
      AND q.tier_source = 'device' AND q.tier IS DISTINCT FROM t.tier
    ORDER BY q.person_id
  ) AS s
  WHERE p.person_id = s.person_id AND p.tier_source = 'device'
  RETURNING 1
) SELECT count(*) FROM moved"""


def refresh_tiers(*, now: datetime | None = None) -> int:
    """Cut every country into thirds anew and move people to their tier. Run again after a crash.

    Who corrected their tier or switched it off is left alone; who has an unknown device has none.
    Returns how many people moved.
    """
    now = now or timezone.now()
    if not DeviceModel.objects.exists():
        load_catalogue()
    people = _cut(now)
    return sum(
        _give(country, first, end)
        for country, n in people.items()
        for first, end in _bucket_ranges(n)
    )


@shared_task
def refresh_all_tiers() -> int:
    """The nightly run. Returns how many people moved."""
    return refresh_tiers()


@transaction.atomic
def _cut(now: datetime) -> dict[str, int]:
    """New cuts and new tiers of models. Returns country -> people with a device in it."""
    moment: dict[str, datetime | int] = {"now": now, "year": now.year}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS in_use, cuts")
        cursor.execute(_COUNT)
        cursor.execute(_CUTS, moment)
        cursor.execute(_KEEP_CUTS, moment)
        DeviceTier.objects.all().delete()
        cursor.execute(_SET_TIERS, moment)
        cursor.execute("SELECT country, sum(people)::bigint FROM in_use GROUP BY country")
        return dict(cursor.fetchall())


def _bucket_ranges(people: int) -> Iterator[tuple[int, int]]:
    step = max(1, min(settings.BUCKETS, BATCH * settings.BUCKETS // max(1, people)))
    for first in range(0, settings.BUCKETS, step):
        yield first, min(first + step, settings.BUCKETS)


@transaction.atomic
def _give(country: str, first: int, end: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_GIVE, {"country": country, "first": first, "end": end})
        return cursor.fetchone()[0]


def latest_cuts() -> dict[str, TierCut]:
    """Country -> its cuts that hold now."""
    return {cut.country: cut for cut in TierCut.objects.order_by("country", "at")}
