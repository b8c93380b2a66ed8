"""What a business sees of its own evidence: every number of the published rules, filled in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile
from trust.evidence import calm_days, decayed, reports_until
from trust.models import Evidence, Mark, Policy, Reading, Unit
from trust.rules import Rules
from trust.services.evidence import complaints_since

DAYS = 28
NAMES = {
    "warned": _("Warning"),
    "limited": _("Limit"),
    "suspended": _("Suspension"),
    "revoked": _("Revocation"),
}


@dataclass(frozen=True)
class Rung:
    """One rung of the ladder as the page draws it."""

    name: str
    standing: str
    at: float
    reporters: int
    is_reached: bool


@dataclass(frozen=True)
class Picture:
    """The quality page's content."""

    evidence: float
    score: float
    people: float
    reporters: int
    rungs: list[Rung]
    next_rung: Rung | None
    reports_to_next: int | None
    calm_to_clear: float | None
    days: list[str]
    evidence_by_day: list[float]
    score_by_day: list[float]
    reasons: list[dict]
    units: list[Unit]
    without_worst: float | None
    worst: Unit | None
    rules: Rules
    policy: Policy
    is_empty: bool


def picture_of(profile: Profile, *, now: datetime) -> Picture:
    """All that the page shows about a profile, as it stands at `now`. Reads only."""
    policy = Policy.objects.active()
    rules = policy.rules
    row = Evidence.objects.filter(profile=profile).first() or Evidence(profile=profile, at=now)
    value = decayed(row.value, (now - row.at) / timedelta(days=1), rules)
    since = now - timedelta(days=DAYS)
    if row.base_at:
        since = max(since, row.base_at)
    units = list(
        Unit.objects.filter(profile=profile, started_at__gte=since, started_at__lte=now).order_by(
            "-started_at"
        )
    )
    rungs = _rungs(value, rules)
    following = next((rung for rung in rungs if not rung.is_reached), None)
    days, evidence_by_day, score_by_day = _trend(profile, rules, now)
    worst = max(units, key=lambda unit: unit.likelihood, default=None)
    return Picture(
        evidence=value,
        score=row.score or 0.0,
        people=row.people,
        reporters=complaints_since(profile, since)["reporters"],
        rungs=rungs,
        next_rung=following,
        reports_to_next=_reports_to(following, value, units, rules, now),
        calm_to_clear=calm_days(value, rules.warn_back, rules)
        if value >= rules.warn_back
        else None,
        days=days,
        evidence_by_day=evidence_by_day,
        score_by_day=score_by_day,
        reasons=_reasons(profile, since),
        units=units[:20],
        worst=worst if worst and worst.likelihood > 0 else None,
        without_worst=_rate_without(worst, units),
        rules=rules,
        policy=policy,
        is_empty=not units and row.value == 0,
    )


def _rungs(value: float, rules: Rules) -> list[Rung]:
    lines = [
        ("warned", rules.warn_at, rules.warn_reporters),
        ("limited", rules.limit_at, rules.limit_reporters),
        ("suspended", rules.suspend_at, rules.suspend_reporters),
        ("revoked", rules.revoke_at, rules.revoke_reporters),
    ]
    return [
        Rung(str(NAMES[standing]), standing, at, int(reporters), value >= at)
        for standing, at, reporters in lines
    ]


def _reports_to(
    rung: Rung | None, value: float, units: list[Unit], rules: Rules, now: datetime
) -> int | None:
    """How many more reports, on the latest unit, bring E to the next rung."""
    if rung is None or not units:
        return None
    latest = units[0]
    age = (now - latest.started_at) / timedelta(days=1)
    before = 0.0
    if len(units) > 1:
        gap = (latest.started_at - units[1].started_at) / timedelta(days=1)
        before = decayed(units[1].evidence, gap, rules)
    target = rung.at / decayed(1.0, age, rules)
    return reports_until(target, before, latest.x, latest.n, rules)


def _trend(
    profile: Profile, rules: Rules, now: datetime
) -> tuple[list[str], list[float], list[float]]:
    today = now.astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    readings = {
        reading.day: reading
        for reading in Reading.objects.filter(profile=profile, day__range=(first, today))
    }
    earlier = Reading.objects.filter(profile=profile, day__lt=first).order_by("-day").first()
    days, values, scores = [], [], []
    value = decayed(earlier.evidence, (first - earlier.day).days - 1, rules) if earlier else 0.0
    rate = earlier.score if earlier else 0.0
    for number in range(DAYS):
        day = first + timedelta(days=number)
        if reading := readings.get(day):
            value, rate = reading.evidence, reading.score
        else:
            value = decayed(value, 1, rules)  # nothing was read on a day of silence: it faded
        days.append(date_format(day, "j M"))
        values.append(round(value, 2))
        scores.append(round(100 * rate, 3))
    return days, values, scores


def _reasons(profile: Profile, since: datetime) -> list[dict]:
    found = (
        Mark.objects.filter(profile=profile, at__gt=since, counted_at__isnull=False)
        .values("reason")
        .annotate(
            blocks=Sum("people", filter=Q(kind="block"), default=0),
            reports=Count("pk", filter=Q(kind="report", x__gt=0)),
            weight=Sum("x"),
        )
        .order_by("-weight")
    )
    return [{**row, "name": Mark.Reason(row["reason"]).label} for row in found]


def _rate_without(worst: Unit | None, units: list[Unit]) -> float | None:
    if worst is None or len(units) < 2:
        return None
    others = [unit for unit in units if unit.pk != worst.pk]
    n = sum(max(unit.n, unit.x) for unit in others)
    return sum(unit.x for unit in others) / n if n else None
