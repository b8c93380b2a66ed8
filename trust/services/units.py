"""Units of judgement: their names, and counting in what has happened since the last look."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import connection

from profiles.models import Profile
from trust.models import Unit


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


def count_in(profile: Profile, *, now: datetime) -> datetime | None:
    """Add marks and deliveries up to `now` to their units. The profile's row must be locked.

    Returns when the earliest changed unit began, None when there was nothing to add.
    """
    changes = _take_marks(profile, now)
    _take_deliveries(profile, now, changes)
    if not changes:
        return None

    units = {unit.key: unit for unit in Unit.objects.filter(profile=profile, key__in=changes)}
    for key, change in changes.items():
        unit = units.setdefault(
            key,
            Unit(
                profile=profile,
                key=key,
                campaign_id=change.campaign_id,
                started_at=_start(key, change.at),
            ),
        )
        unit.delivered += change.delivered
        unit.n += change.n
        unit.x = max(0.0, unit.x + change.x)
        unit.reporters += change.reporters
        unit.blocks += change.blocks
        unit.reports += change.reports
        unit.updated_at = now
    rows = list(units.values())
    Unit.objects.bulk_create([unit for unit in rows if unit.pk is None])
    Unit.objects.bulk_update(
        [unit for unit in rows if unit.pk],
        ["delivered", "n", "x", "reporters", "blocks", "reports", "updated_at"],
        batch_size=500,
    )
    return min(unit.started_at for unit in rows)


def _start(key: str, at: datetime) -> datetime:
    kind, _, name = key.partition(":")
    return datetime.combine(date.fromisoformat(name), time(), UTC) if kind == "day" else at


def _take_marks(profile: Profile, now: datetime) -> dict[str, Change]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with counted as (
                update trust_mark set counted_at = %(now)s
                where profile_id = %(profile)s and counted_at is null and at <= %(now)s
                returning unit_key, campaign_id, at, x, people, kind
            )
            select unit_key, max(campaign_id), min(at), sum(x), sum(people),
                   coalesce(sum(sign(x)) filter (where kind = 'block'), 0),
                   coalesce(sum(sign(x)) filter (where kind = 'report'), 0)
            from counted group by unit_key
            """,
            {"now": now, "profile": profile.pk},
        )
        return {
            key: Change(campaign, at, x=x, reporters=people, blocks=int(b), reports=int(r))
            for key, campaign, at, x, people, b, r in cursor.fetchall()
        }


def _take_deliveries(profile: Profile, now: datetime, changes: dict[str, Change]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with taken as (
                delete from trust_deliverydelta
                where profile_id = %(profile)s and at <= %(now)s
                returning unit_key, campaign_id, at, delivered, n
            )
            select unit_key, max(campaign_id), min(at), sum(delivered), sum(n)
            from taken group by unit_key
            """,
            {"now": now, "profile": profile.pk},
        )
        for key, campaign, at, delivered, n in cursor.fetchall():
            change = changes.setdefault(key, Change(campaign, at))
            change.at = min(change.at, at)
            change.delivered += int(delivered)
            change.n += n
