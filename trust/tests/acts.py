"""What happens to a profile in the tests, through the real services."""

from datetime import UTC, datetime, timedelta
from itertools import count

from profiles.models import Profile
from trust.models import Evidence
from trust.services.complaints import record_complaint
from trust.services.evaluation import evaluate
from trust.services.evidence import record_deliveries

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)
EVIDENCE = {"body": "Buy now", "message": "wamid.1"}
_people = count(1)


def deliver(profile: Profile, people: int, *, unit=7, now=NOW, weight=None) -> None:
    record_deliveries(profile, unit=unit, delivered=people, weight=weight, now=now)


def complain(
    profile: Profile,
    people: int = 1,
    *,
    unit=7,
    now=NOW,
    kind="report",
    reason="spam",
    weight=1.0,
    clusters=10,
    person_id: int | None = None,
):
    """So many different people complain, from so many groups."""
    last = None
    for number in range(people):
        last = record_complaint(
            profile,
            person_id=person_id or next(_people),
            kind=kind,
            reason=reason,
            weight=weight,
            cluster=f"group {number % clusters}",
            unit=unit,
            evidence=EVIDENCE if kind == "report" else None,
            now=now,
        )
    return last


def campaign(
    profile: Profile, *, unit: int, seen: int, complaints: int, now: datetime = NOW
) -> Evidence:
    """A campaign that so many saw and so many complained about, judged at once."""
    deliver(profile, seen, unit=unit, now=now)
    complain(profile, complaints, unit=unit, now=now)
    return evaluate(profile, now=now)
