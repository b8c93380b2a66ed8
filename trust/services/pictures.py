"""What a business sees of its own evidence: the published rules with its published numbers."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile
from trust.evidence import calm_days, decayed, reports_until
from trust.models import Evidence, Mark, Policy, Reading, Unit
from trust.rules import Rules
from trust.services.evidence import complaints_since, stops_since
from trust.services.published import (
    STEP,
    PublishedUnit,
    in_words,
    published_evidence,
    published_people,
    published_rate,
    published_units,
)

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
    """The quality page's content: nothing in it tells of a single person.

    Attributes:
        evidence: E rounded down to half a rung.
        score: the rate, rounded down as `published_rate` does.
        reporters: in words, "fewer than 50" where they are few.
        reports_to_next: rounded down to fives; 0 is fewer than five.
        stops: campaigns that rule 1 stopped, as many as count for the ladder.
    """

    evidence: float
    score: float
    reporters: str
    rungs: list[Rung]
    next_rung: Rung | None
    reports_to_next: int | None
    calm_to_clear: float | None
    days: list[str]
    evidence_by_day: list[float]
    score_by_day: list[float]
    reasons: list[dict]
    units: list[PublishedUnit]
    worst: PublishedUnit | None
    rules: Rules
    policy: Policy
    is_empty: bool
    stops: int


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
    days, evidence_by_day, score_by_day = _trend(profile, rules, row.people, now)
    shown = published_units(units)
    worst = max(shown, key=lambda unit: unit.evidence, default=None)
    return Picture(
        evidence=published_evidence(value, rules),
        score=published_rate(row.score or 0.0, row.people),
        reporters=in_words(published_people(complaints_since(profile, since)["reporters"])),
        rungs=rungs,
        next_rung=following,
        reports_to_next=_reports_to(following, value, units, rules, now),
        calm_to_clear=_calm_to_clear(value, rules),
        days=days,
        evidence_by_day=evidence_by_day,
        score_by_day=score_by_day,
        reasons=_reasons(profile, since),
        units=shown[:20],
        worst=worst if worst and worst.evidence else None,
        rules=rules,
        policy=policy,
        is_empty=not units and row.value == 0,
        stops=stops_since(profile, max(since, now - timedelta(days=rules.stops_days)))[0],
    )


def _calm_to_clear(value: float, rules: Rules) -> float | None:
    """Days without complaints until a warning ends, reckoned from the next step above E."""
    if value < rules.warn_back:
        return None
    return calm_days(published_evidence(value, rules) + rules.warn_back, rules.warn_back, rules)


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
    reports = reports_until(target, before, latest.x, latest.n, rules)
    return None if reports is None else reports - reports % STEP


def _trend(
    profile: Profile, rules: Rules, people: float, now: datetime
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
        values.append(round(published_evidence(value, rules), 2))
        scores.append(round(100 * published_rate(rate, people), 3))
    return days, values, scores


def _reasons(profile: Profile, since: datetime) -> list[dict]:
    """Why people complained, the weightiest first; reasons of fewer than five people are none."""
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
    return [
        {
            "name": Mark.Reason(row["reason"]).label,
            "blocks": in_words(published_people(row["blocks"])),
            "reports": in_words(published_people(row["reports"])),
        }
        for row in found
        if row["blocks"] + row["reports"] >= STEP
    ]
