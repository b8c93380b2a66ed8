"""Public figures on how the rules are applied, in the order of the EU's transparency template
(Implementing Regulation 2024/2835): notices, measures, complaints, automated means.
"""

from datetime import UTC, date, datetime, time, timedelta
from statistics import median

from celery import shared_task
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from profiles.models import Profile
from trust.models import Appeal, Decision, SecondLook, SpamReport, TransparencyReport

PENALTIES = (
    Profile.Standing.WARNED,
    Profile.Standing.LIMITED,
    Profile.Standing.SUSPENDED,
    Profile.Standing.REVOKED,
)

SAMPLE = 10_000  # newest rows of which a median is taken


def half_year_of(day: date) -> tuple[date, date]:
    """The first and the last day of the half-year of `day`."""
    if day.month <= 6:
        return date(day.year, 1, 1), date(day.year, 6, 30)
    return date(day.year, 7, 1), date(day.year, 12, 31)


def count_half_year(day: date, *, now: datetime | None = None) -> TransparencyReport:
    """Count the half-year of `day` anew and keep it."""
    begins, ends = half_year_of(day)
    first = datetime.combine(begins, time(), UTC)
    last = datetime.combine(ends + timedelta(days=1), time(), UTC)
    return TransparencyReport.objects.update_or_create(
        begins=begins,
        defaults={
            "ends": ends,
            "values": {
                "notices": _notices(first, last),
                "measures": _measures(first, last),
                "complaints": _complaints(first, last),
                "automated": _automated(first, last),
                "second_looks": _second_looks(first, last),
            },
            "counted_at": now or timezone.now(),
        },
    )[0]


@shared_task
def count_running_half_year(now: datetime | None = None) -> int:
    """Count the running half-year, and on its first days the one before a last time."""
    now = now or timezone.now()
    today = now.astimezone(UTC).date()
    days = {today, today - timedelta(days=3)}
    halves = {half_year_of(day): day for day in days}
    for day in halves.values():
        count_half_year(day, now=now)
    return len(halves)


def _notices(first: datetime, last: datetime) -> dict:
    reports = SpamReport.objects.filter(created_at__gte=first, created_at__lt=last)
    states = reports.aggregate(
        received=Count("pk"),
        impostor=Count("pk", filter=Q(kind=SpamReport.Kind.IMPOSTOR)),
        upheld=Count("pk", filter=Q(state=SpamReport.State.UPHELD)),
        dismissed=Count("pk", filter=Q(state=SpamReport.State.DISMISSED)),
        waiting=Count("pk", filter=Q(state=SpamReport.State.OPEN)),
    )
    reasons = reports.order_by().values("reason").annotate(n=Count("pk"))
    return {
        **states,
        "median_hours": _median_hours(
            reports.filter(decided_at__isnull=False), "created_at", "decided_at"
        ),
        "by_reason": {row["reason"]: row["n"] for row in reasons},
    }


def _measures(first: datetime, last: datetime) -> list[dict]:
    rows = (
        Decision.objects.filter(made_at__gte=first, made_at__lt=last, to_standing__in=PENALTIES)
        .exclude(rule__in=[Decision.Rule.CALM, Decision.Rule.STAY, Decision.Rule.UNDO])
        .order_by()
        .values("to_standing")
        .annotate(
            by_rules=Count("pk", filter=Q(by=None)), by_people=Count("pk", filter=~Q(by=None))
        )
    )
    found = {row["to_standing"]: (row["by_rules"], row["by_people"]) for row in rows}
    return [
        {"standing": str(standing), "by_rules": alone, "by_people": people}
        for standing in PENALTIES
        for alone, people in [found.get(str(standing), (0, 0))]
    ]


def _complaints(first: datetime, last: datetime) -> dict:
    appeals = Appeal.objects.filter(filed_at__gte=first, filed_at__lt=last)
    counts = appeals.aggregate(
        filed=Count("pk"),
        waiting=Count("pk", filter=Q(state=Appeal.State.OPEN)),
        upheld=Count("pk", filter=Q(state=Appeal.State.UPHELD)),
        changed=Count("pk", filter=Q(state=Appeal.State.CHANGED)),
        reversed=Count("pk", filter=Q(state=Appeal.State.REVERSED)),
        late=Count("pk", filter=Q(stayed_at__isnull=False)),
    )
    decided = appeals.filter(decided_at__isnull=False)
    return {**counts, "median_hours": _median_hours(decided, "filed_at", "decided_at")}


def _automated(first: datetime, last: datetime) -> dict:
    """How often the rules alone decided, and how often an appeal found them wrong."""
    alone = Decision.objects.filter(
        made_at__gte=first, made_at__lt=last, by=None, to_standing__in=PENALTIES
    ).exclude(rule__in=[Decision.Rule.CALM, Decision.Rule.STAY, Decision.Rule.UNDO])
    counts = alone.aggregate(
        decided=Count("pk"),
        appealed=Count("appeal"),
        wrong=Count(
            "pk", filter=Q(appeal__state__in=[Appeal.State.CHANGED, Appeal.State.REVERSED])
        ),
    )
    counts["error_rate"] = counts["wrong"] / counts["decided"] if counts["decided"] else None
    return counts


def _second_looks(first: datetime, last: datetime) -> dict:
    looks = SecondLook.objects.filter(answered_at__gte=first, answered_at__lt=last)
    counts = looks.aggregate(
        answered=Count("pk"), agreed=Count("pk", filter=Q(standing=F("decision__to_standing")))
    )
    counts["agreement"] = counts["agreed"] / counts["answered"] if counts["answered"] else None
    return counts


def _median_hours(rows: QuerySet, begun: str, ended: str) -> float | None:
    times = rows.order_by("-pk").values_list(begun, ended)[:SAMPLE]
    hours = [(end - begin).total_seconds() / 3600 for begin, end in times]
    return round(median(hours), 1) if hours else None


def as_rows(report: TransparencyReport) -> list[tuple[str, str, object]]:
    """The report as lines of section, indicator and value, for a spreadsheet."""
    rows: list[tuple[str, str, object]] = []
    values = report.values
    for name, value in values["notices"].items():
        if isinstance(value, dict):
            rows += [("notices", f"reason {reason}", n) for reason, n in sorted(value.items())]
        else:
            rows.append(("notices", name, value))
    for row in values["measures"]:
        rows.append(("measures", f"{row['standing']}, by rules alone", row["by_rules"]))
        rows.append(("measures", f"{row['standing']}, by people", row["by_people"]))
    for section in ("complaints", "automated", "second_looks"):
        rows += [(section, name, value) for name, value in values[section].items()]
    return [(section, name, "" if value is None else value) for section, name, value in rows]
