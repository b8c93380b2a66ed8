"""Units of judgement: their names, and counting in what has happened since the last look.

All for many profiles by one statement, since a hundred thousand are judged anew at a time.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import connection

from trust.models import Unit

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)  # before any unit
Changes = dict[tuple[int, str], "Change"]  # by profile and key


@dataclass(frozen=True)
class Named:
    """A unit by its key, before there is a row of it."""

    key: str
    campaign_id: int | None


def named(unit: int | date) -> Named:
    """The unit of a campaign (its id) or of a day of single messages (the date)."""
    if isinstance(unit, datetime):
        unit = unit.astimezone(UTC).date()
    if isinstance(unit, date):
        return Named(f"day:{unit.isoformat()}", None)
    return Named(f"campaign:{unit}", unit)


@dataclass
class Change:
    """What is to be added to one unit."""

    campaign_id: int | None
    at: datetime
    delivered: int = 0
    n: float = 0.0
    x: float = 0.0
    reporters: int = 0
    blocks: int = 0
    reports: int = 0


def count_in(profiles: Collection[int], *, now: datetime) -> dict[int, datetime]:
    """Add marks and deliveries up to `now` to their units. The profiles' rows must be locked.

    Returns when the earliest changed unit began, of each profile that had something to add.
    """
    changes = _take_marks(profiles, now)
    _take_deliveries(profiles, now, changes)
    if not changes:
        return {}

    earliest: dict[int, datetime] = {}
    for profile_id, started_at in _add(changes, now):
        earliest[profile_id] = min(started_at, earliest.get(profile_id, started_at))
    return earliest


def _add(changes: Changes, now: datetime) -> Iterable[tuple[int, datetime]]:
    """Write them to their units, new or old. Returns profile and beginning of each."""
    rows = [
        (
            profile_id,
            key,
            change.campaign_id,
            _start(key, change.at),
            change.delivered,
            change.n,
            change.x,
            change.reporters,
            change.blocks,
            change.reports,
        )
        for (profile_id, key), change in sorted(changes.items())
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into trust_unit as u
              (profile_id, key, campaign_id, started_at, delivered, n, x, reporters, blocks,
               reports, name, likelihood, evidence, updated_at)
            select c.*, '', 0, 0, %s
              from unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::bigint[],
                          %s::float8[], %s::float8[], %s::int[], %s::int[], %s::int[]) c
            on conflict (profile_id, key) do update set
              delivered = u.delivered + excluded.delivered,
              n = u.n + excluded.n,
              x = greatest(0, u.x + excluded.x),
              reporters = u.reporters + excluded.reporters,
              blocks = u.blocks + excluded.blocks,
              reports = u.reports + excluded.reports,
              updated_at = excluded.updated_at
            returning profile_id, started_at
            """,
            [now, *map(list, zip(*rows, strict=True))],
        )
        return cursor.fetchall()


def units_of(since: Mapping[int, datetime | None], *, now: datetime) -> dict[int, list[Unit]]:
    """The units of each profile that began from a moment on (None: all), and the one before them.

    In the order of time; only with what judging needs.
    """
    with_names = [f"u.{name}" for name in JUDGED_BY]
    found: dict[int, list[Unit]] = {profile_id: [] for profile_id in since}
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select {", ".join(with_names)}
              from unnest(%(profiles)s::bigint[], %(since)s::timestamptz[]) p(id, since)
              cross join lateral (
                select * from trust_unit
                 where profile_id = p.id and started_at >= p.since and started_at <= %(now)s
                union all
                (select * from trust_unit
                  where profile_id = p.id and started_at < p.since and started_at <= %(now)s
                  order by started_at desc, id desc limit 1)) u
             order by u.profile_id, u.started_at, u.id
            """,
            {
                "profiles": list(since),
                "since": [moment or BEGINNING for moment in since.values()],
                "now": now,
            },
        )
        for row in cursor.fetchall():
            unit = Unit.from_db(connection.alias, JUDGED_BY, row)
            found[unit.profile_id].append(unit)
    return found


JUDGED_BY = (
    "id",
    "profile_id",
    "started_at",
    "delivered",
    "n",
    "x",
    "reporters",
    "likelihood",
    "evidence",
)


def save_judged(units: Collection[Unit]) -> None:
    """Write the likelihood of each, and E after it."""
    if not units:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update trust_unit u set likelihood = j.likelihood, evidence = j.evidence
              from unnest(%s::bigint[], %s::float8[], %s::float8[]) j(id, likelihood, evidence)
             where u.id = j.id
            """,
            [
                [unit.pk for unit in units],
                [unit.likelihood for unit in units],
                [unit.evidence for unit in units],
            ],
        )


def _start(key: str, at: datetime) -> datetime:
    kind, _, name = key.partition(":")
    return datetime.combine(date.fromisoformat(name), time(), UTC) if kind == "day" else at


def _take_marks(profiles: Collection[int], now: datetime) -> Changes:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with counted as (
                update trust_mark set counted_at = %(now)s
                where profile_id = any(%(profiles)s) and counted_at is null and at <= %(now)s
                returning profile_id, unit_key, campaign_id, at, x, people, kind
            )
            select profile_id, unit_key, max(campaign_id), min(at), sum(x), sum(people),
                   coalesce(sum(sign(x)) filter (where kind = 'block'), 0),
                   coalesce(sum(sign(x)) filter (where kind = 'report'), 0)
            from counted group by profile_id, unit_key
            """,
            {"now": now, "profiles": list(profiles)},
        )
        return {
            (profile_id, key): Change(
                campaign, at, x=x, reporters=people, blocks=int(b), reports=int(r)
            )
            for profile_id, key, campaign, at, x, people, b, r in cursor.fetchall()
        }


def _take_deliveries(profiles: Collection[int], now: datetime, changes: Changes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with taken as (
                delete from trust_deliverydelta
                where profile_id = any(%(profiles)s) and at <= %(now)s
                returning profile_id, unit_key, campaign_id, at, delivered, n
            )
            select profile_id, unit_key, max(campaign_id), min(at), sum(delivered), sum(n)
            from taken group by profile_id, unit_key
            """,
            {"now": now, "profiles": list(profiles)},
        )
        for profile_id, key, campaign, at, delivered, n in cursor.fetchall():
            change = changes.setdefault((profile_id, key), Change(campaign, at))
            change.at = min(change.at, at)
            change.delivered += int(delivered)
            change.n += n
