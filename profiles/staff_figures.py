"""What verification adds to the admin's home page."""

from collections import Counter
from datetime import datetime, timedelta
from statistics import median

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from profiles.desk import Curve, Figure, Queue, curve, figure, last_days, queue, queue_of
from profiles.models import Business, VerificationCase

TARGET = timedelta(hours=24)
SEES = "profiles.view_verificationcase"
State = VerificationCase.State
WAITING = (State.SUBMITTED, State.IN_REVIEW)


def cases_url(query: str = "") -> str:
    return reverse("admin:profiles_verificationcase_changelist") + query


@queue(order=10, permission=SEES)
def waiting_cases(now: datetime) -> Queue:
    waiting = VerificationCase.objects.filter(state__in=WAITING)
    return queue_of(waiting, _("Verification"), since="submitted_at", target=TARGET)


@figure(order=10, permission=SEES)
def decided_today(now: datetime) -> Figure:
    today = VerificationCase.objects.filter(decided_at__gte=last_days(now, 1)[0])
    refused = today.filter(state=State.REJECTED).count()
    return Figure(
        label=_("Verifications decided today"),
        value=str(today.count()),
        note=_("%(count)d refused") % {"count": refused},
        url=cases_url(),
    )


@figure(order=20, permission=SEES)
def time_to_decide(now: datetime) -> Figure:
    """The median from handing in to the decision."""
    spans = [
        (decided - submitted).total_seconds()
        for submitted, decided in VerificationCase.objects.filter(
            decided_at__gte=now - timedelta(days=28), submitted_at__isnull=False
        ).values_list("submitted_at", "decided_at")[:10_000]
        if submitted and decided
    ]
    shown = timesince(now - timedelta(seconds=median(spans)), now, depth=1) if spans else "–"
    return Figure(label=_("Median time to decide"), value=shown, note=_("last 28 days"))


@figure(order=30, permission="profiles.view_business")
def verified_businesses(now: datetime) -> Figure:
    verified = Business.objects.filter(verified_until__gt=now)
    ending = verified.filter(verified_until__lt=now + timedelta(days=30)).count()
    return Figure(
        label=_("Verified businesses"),
        value=str(verified.count()),
        note=_("%(count)d end within 30 days") % {"count": ending},
        url=reverse("admin:profiles_business_changelist"),
    )


@curve(order=10, permission=SEES)
def decisions(now: datetime) -> Curve:
    days = last_days(now)
    decided = VerificationCase.objects.filter(decided_at__gte=days[0]).values_list(
        "state", "decided_at"
    )
    counts = Counter((state, moment.date()) for state, moment in decided if moment)
    return Curve(
        title=_("Verification: decisions a day"),
        days=[date_format(day, "j M") for day in days],
        series=[
            (_("Approved"), [counts[State.APPROVED, day.date()] for day in days]),
            (_("Refused"), [counts[State.REJECTED, day.date()] for day in days]),
        ],
    )
