"""`fields=analytics.start(…).end(…).granularity(DAY)`: how many messages went out and arrived.

Only single messages are counted here. What campaigns brought is shown with noise on their own
pages; exact counts beside them would undo it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from django.db.models import Sum
from django.utils.translation import gettext as _

from messaging.api.errors import GraphError
from messaging.models import CounterDelta
from messaging.services.webhooks.bodies import display_number
from profiles.models import Business, Profile

CALL = re.compile(r"\.([a-z_]+)\(([^()]*)\)")
ANALYTICS = re.compile(
    r"\b(analytics|conversation_analytics|pricing_analytics|template_analytics)"
    r"((?:\.[a-z_]+\([^()]*\))+)"
)
STEPS = {
    "HALF_HOUR": timedelta(minutes=30),
    "DAY": timedelta(days=1),
    "DAILY": timedelta(days=1),
    "MONTH": timedelta(days=30),
    "MONTHLY": timedelta(days=30),
}
LOOKBACK = timedelta(days=366)


def analytics_asked(fields: str) -> dict[str, dict[str, str]]:
    """The analytics in a `fields` parameter, each with its arguments."""
    return {
        found[1]: {name: value.strip() for name, value in CALL.findall(found[2])}
        for found in ANALYTICS.finditer(fields)
    }


def analytics(business: Business, name: str, arguments: dict[str, str], now: datetime) -> dict:
    """One of them as the Cloud API shapes it. Raises GraphError."""
    start, end = _moment(arguments, "start"), _moment(arguments, "end")
    if start >= end:
        raise GraphError(100, _("start: must be before end."))
    if now - start > LOOKBACK:
        raise GraphError(100, _("start: at most one year back."))
    granularity = arguments.get("granularity", "DAY").strip("\"'").upper()
    if granularity not in STEPS:
        raise GraphError(100, _("granularity: one of HALF_HOUR, DAY, MONTH is expected."))
    profiles = _profiles(business, arguments.get("phone_numbers", ""))
    points = list(_points(business, profiles, start, end, granularity))
    if name != "analytics":
        return {"data": [{"data_points": []}]}  # nothing is priced by message or conversation
    return {
        "phone_numbers": [display_number(profile.pk) for profile in profiles],
        "granularity": granularity,
        "data_points": points,
    }


def _points(
    business: Business, profiles: list[Profile], start: datetime, end: datetime, granularity: str
) -> Iterator[dict]:
    counts = _counts(business, profiles, start.date(), end.date())
    if granularity == "HALF_HOUR":  # counts are kept by day
        granularity = "DAY"
    days: dict[date, dict[str, int]] = {}
    for (day, metric), n in counts.items():
        first = day.replace(day=1) if granularity.startswith("MONTH") else day
        days.setdefault(first, {}).setdefault(metric, 0)
        days[first][metric] += n
    for day in sorted(days):
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        yield {
            "start": int(begins.timestamp()),
            "end": int((begins + STEPS[granularity]).timestamp()),
            "sent": days[day].get("sent", 0),
            "delivered": days[day].get("delivered", 0),
        }


def _counts(
    business: Business, profiles: list[Profile], first: date, last: date
) -> dict[tuple[date, str], int]:
    rows = (
        CounterDelta.objects.filter(
            business_id=business.pk,
            profile_id__in=[profile.pk for profile in profiles],
            campaign_id__isnull=True,
            metric__in=["sent", "delivered"],
            day__range=(first, last),
        )
        .values_list("day", "metric")
        .annotate(total=Sum("n"))
    )
    return {(day, metric): total for day, metric, total in rows}


def _profiles(business: Business, written: str) -> list[Profile]:
    wanted = re.findall(r"\d+", written)
    profiles = list(business.profiles.filter(closed_at=None))
    if not wanted:
        return profiles
    return [p for p in profiles if str(p.pk) in wanted or display_number(p.pk) in wanted]


def _moment(arguments: dict[str, str], name: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(arguments[name]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        raise GraphError(100, _("%s: seconds since 1970 are expected.") % name) from None
