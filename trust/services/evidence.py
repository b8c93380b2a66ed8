"""Deliveries come in as values; the sums of a profile are computed anew from its units."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Max, Sum
from django.utils import timezone

from profiles.models import Profile
from trust.evidence import colour, decayed, likelihood, score, step
from trust.models import DeliveryDelta, Evidence, Mark, Policy, Unit
from trust.rules import Rules
from trust.services.links import starting_evidence
from trust.services.units import named

DAY = timedelta(days=1)
MONTH = timedelta(days=28)  # in which complaints count for the ladder


@transaction.atomic
def record_deliveries(
    profile: Profile,
    *,
    unit: int | date,
    delivered: int,
    weight: float | None = None,
    now: datetime | None = None,
) -> None:
    """Take in that `delivered` more people have seen messages of a unit. One insert, no lock.

    Counted in at the next complaint, look or sweep, since deliveries alone never harm.

    Arguments:
        unit: a campaign's id, or the day of single messages.
        weight: the sum of those people's weights; where left out each counts 1.
    """
    if delivered <= 0:
        return
    where = named(unit)
    DeliveryDelta.objects.create(
        profile=profile,
        unit_key=where.key,
        campaign_id=where.campaign_id,
        delivered=delivered,
        n=float(delivered) if weight is None else min(max(weight, 0.0), float(delivered)),
        at=now or timezone.now(),
    )


def evidence_of(profile: Profile, *, now: datetime) -> Evidence:
    """The profile's row of evidence, begun when first asked for.

    A profile linked to a revoked one (same business, owner or registered entity) does not start
    at 0. The profile's row must be locked.
    """
    row = Evidence.objects.filter(profile=profile).first()
    if row is None:
        base, because = starting_evidence(profile, now=now)
        row = Evidence(profile=profile, at=now, base=base, value=base, linked_to=because)
        row.base_at = now if because else None
        row.save(force_insert=True)
    return row


def begin_anew(evidence: Evidence, *, base: float, now: datetime) -> None:
    """Start the sum again at `base`: what came before no longer counts against the profile."""
    evidence.base, evidence.base_at, evidence.value, evidence.at = base, now, base, now
    evidence.high_at = None
    evidence.save(update_fields=["base", "base_at", "value", "at", "high_at", "linked_to"])


def recompute(
    evidence: Evidence,
    units: Sequence[Unit],
    policy: Policy,
    *,
    since: datetime | None,
    now: datetime,
) -> list[Unit]:
    """Bring `evidence` up to date: E from the unit that began at `since` on, and the score.

    Rule 2 over units in time order. What came before `since` is taken from the unit before it;
    a new version of the policy computes all anew. Nothing is saved.

    Arguments:
        units: those that `begin_of` asks for, in the order of time.

    Returns the units computed anew.
    """
    rules = policy.rules
    if evidence.base_at:
        units = [unit for unit in units if unit.started_at >= evidence.base_at]
    if evidence.policy_version != policy.version:
        evidence.policy_version, kept = policy.version, 0
    else:
        kept = sum(since is None or unit.started_at < since for unit in units)
    value, at = _after(units[:kept], evidence)
    anew = list(units[kept:])
    _climb(anew, value, at, rules)

    value, at = _after(units, evidence)
    evidence.value = decayed(value, _days(at, now), rules)
    evidence.at = now
    recent = [unit for unit in units if unit.started_at > now - rules.score_days * DAY]
    evidence.score, evidence.people = score(
        [(unit.x, unit.n, _days(unit.started_at, now)) for unit in recent], rules
    )
    if evidence.value >= rules.limit_back:
        evidence.high_at = now
    return anew


def begin_of(
    evidence: Evidence, policy: Policy, *, since: datetime | None, now: datetime
) -> datetime | None:
    """From when on judging needs the units of a profile; None: from the first."""
    if evidence.policy_version != policy.version:
        return None
    window = now - max(policy.rules.score_days * DAY, MONTH)
    return min(since, window) if since else window


def _after(units: Sequence[Unit], evidence: Evidence) -> tuple[float, datetime | None]:
    """E after the last of them, and when that began; with none, what the sum begins at."""
    if not units:
        return evidence.base, evidence.base_at
    return units[-1].evidence, units[-1].started_at


def _climb(units: Iterable[Unit], value: float, at: datetime | None, rules: Rules) -> None:
    for unit in units:
        unit.likelihood = likelihood(unit.x, unit.n, rules)
        value = step(decayed(value, _days(at, unit.started_at), rules), unit.likelihood)
        unit.evidence, at = value, unit.started_at


def save_evidence(rows: Collection[Evidence]) -> None:
    """Write what `recompute` found, by one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update trust_evidence e
               set value = n.value, at = n.at, score = n.score, people = n.people,
                   high_at = n.high_at, policy_version = n.policy_version
              from unnest(%s::bigint[], %s::float8[], %s::timestamptz[], %s::float8[], %s::float8[],
                          %s::timestamptz[], %s::int[])
                   n(profile_id, value, at, score, people, high_at, policy_version)
             where e.profile_id = n.profile_id
            """,
            _columns(
                (row.pk, row.value, row.at, row.score, row.people, row.high_at, row.policy_version)
                for row in rows
            ),
        )


def _columns(rows: Iterable[tuple]) -> list[list]:
    return [list(column) for column in zip(*rows, strict=True)]


def _days(then: datetime | None, now: datetime) -> float:
    return (now - then) / DAY if then else 0.0


def complaints_since(profile: Profile, since: datetime) -> dict[str, int]:
    """Reporters and the groups they come from, counted without weights."""
    marks = Mark.objects.filter(profile=profile, at__gt=since, counted_at__isnull=False)
    groups = marks.values("cluster").annotate(people=Sum("people")).filter(people__gt=0)
    total = groups.aggregate(reporters=Sum("people"), clusters=Count("cluster"))
    return {"reporters": total["reporters"] or 0, "clusters": total["clusters"]}


def stops_since(profile: Profile, since: datetime) -> tuple[int, datetime | None]:
    """How many campaigns rule 1 stopped, and when the last was."""
    found = Unit.objects.filter(profile=profile, stopped_at__gt=since).aggregate(
        stops=Count("pk"), last=Max("stopped_at")
    )
    return found["stops"], found["last"]


def highest_rate(profile: Profile, since: datetime, reporters: float) -> float:
    """The highest rate of a recent unit with at least so many reporters."""
    units = Unit.objects.filter(profile=profile, started_at__gt=since, reporters__gte=reporters)
    return max((unit.rate for unit in units), default=0.0)


def reached_in_a_month(profile: Profile, *, now: datetime) -> int:
    """How many people saw something of the profile in the last 30 days, each time counted."""
    seen = Unit.objects.filter(profile=profile, started_at__gt=now - 30 * DAY).aggregate(
        people=Sum("delivered")
    )
    return seen["people"] or 0


def explain(profile: Profile, evidence: Evidence) -> dict:
    """What E rests on: the units back to the last one after which it was 0 (at most 200), and
    where their sum began.
    """
    units = Unit.objects.filter(profile=profile, started_at__lte=evidence.at)
    start, start_at = evidence.base, evidence.base_at
    if evidence.base_at:
        units = units.filter(started_at__gte=evidence.base_at)
    chain: list[Unit] = []
    for unit in units.order_by("-started_at", "-pk")[:201]:
        if unit.evidence == 0 or len(chain) == 200:
            start, start_at = unit.evidence, unit.started_at
            break
        chain.append(unit)
    return {
        "start": start,
        "start_at": start_at.isoformat() if start_at else None,
        "at": evidence.at.isoformat(),
        "units": [
            {
                "unit": unit.key,
                "title": unit.title,
                "started_at": unit.started_at.isoformat(),
                "x": unit.x,
                "n": unit.n,
                "reporters": unit.reporters,
                "likelihood": unit.likelihood,
                "evidence": unit.evidence,
            }
            for unit in reversed(chain)
        ],
    }


@dataclass(frozen=True)
class Stand:
    """A profile with its evidence and its recent units, as just judged."""

    profile: Profile
    evidence: Evidence
    units: Sequence[Unit]

    def highest_rate(self, reporters: float) -> float:
        """The highest rate of a unit of the last month with at least so many reporters."""
        since = self.evidence.at - MONTH
        rates = [
            unit.rate
            for unit in self.units
            if unit.reporters >= reporters and unit.started_at > since
        ]
        return max(rates, default=0.0)


def keep_readings(stands: Collection[Stand], *, now: datetime) -> None:
    """Write down how the profiles stand today, over what stood there."""
    if not stands:
        return
    today = now.astimezone(UTC).date()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into trust_reading
              (profile_id, day, evidence, score, quality, standing, delivered, cap)
            select n.profile_id, %s, n.evidence, n.score, n.quality, n.standing, n.delivered, n.cap
              from unnest(%s::bigint[], %s::float8[], %s::float8[], %s::text[], %s::text[],
                          %s::bigint[], %s::int[])
                   n(profile_id, evidence, score, quality, standing, delivered, cap)
            on conflict (profile_id, day) do update set
              evidence = excluded.evidence, score = excluded.score, quality = excluded.quality,
              standing = excluded.standing, delivered = excluded.delivered, cap = excluded.cap
            """,
            [
                today,
                *_columns(
                    (
                        stand.profile.pk,
                        stand.evidence.value,
                        stand.evidence.score or 0.0,
                        str(stand.profile.quality),
                        str(stand.profile.standing),
                        sum(
                            unit.delivered
                            for unit in stand.units
                            if unit.started_at.astimezone(UTC).date() == today
                        ),
                        stand.profile.daily_cap,
                    )
                    for stand in stands
                ),
            ],
        )


def quality_of(evidence: Evidence, rules: Rules) -> str:
    """The colour that the score stands for."""
    return colour(evidence.score or 0.0, evidence.people, rules)
