"""What complaints, decisions and appeals add to the staff's home page."""

from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from profiles.desk import Figure, Queue, figure, last_days, queue, queue_of
from profiles.models import Profile
from trust.models import Appeal, Case, Decision, Proposal, SpamReport

MONTH = timedelta(days=28)


@queue(order=30, permission="trust.view_spamreport")
def reports(now: datetime) -> Queue:
    waiting = SpamReport.objects.filter(state=SpamReport.State.OPEN)
    return queue_of(waiting, _("Reports"), since="created_at", target=timedelta(hours=72))


@queue(order=40, permission="trust.view_case")
def cases(now: datetime) -> Queue:
    """Each has its own due time; the sternest is a day."""
    waiting = Case.objects.filter(state=Case.State.OPEN)
    return queue_of(waiting, _("Cases"), since="opened_at", target=timedelta(hours=24))


@queue(order=50, permission="trust.view_appeal")
def appeals(now: datetime) -> Queue:
    waiting = Appeal.objects.filter(state=Appeal.State.OPEN)
    return queue_of(waiting, _("Appeals"), since="filed_at", target=timedelta(hours=72))


@queue(order=60, permission="trust.view_proposal")
def second_yeses(now: datetime) -> Queue:
    waiting = Proposal.objects.filter(state=Proposal.State.OPEN)
    return queue_of(waiting, _("Second yes"), since="made_at", target=timedelta(hours=24))


@figure(order=40, permission="trust.view_decision")
def decided_today(now: datetime) -> Figure:
    today = Decision.objects.filter(made_at__gte=last_days(now, 1)[0]).aggregate(
        n=Count("pk"), by_people=Count("pk", filter=Q(by__isnull=False))
    )
    return Figure(
        label=_("Decisions on profiles today"),
        value=str(today["n"]),
        note=_("%(n)d by people") % {"n": today["by_people"]},
        url=reverse("admin:trust_decision_changelist"),
    )


@figure(order=50, permission="trust.view_decision")
def without_badge(now: datetime) -> Figure:
    standing = Profile.objects.filter(is_test=False, closed_at=None).aggregate(
        off=Count("pk", filter=Q(standing__in=["suspended", "revoked"])),
        near=Count("pk", filter=Q(standing__in=["warned", "limited"])),
    )
    return Figure(
        label=_("Suspended or revoked"),
        value=str(standing["off"]),
        note=ngettext("%(n)d more is near it", "%(n)d more are near it", standing["near"])
        % {"n": standing["near"]},
        url=reverse("admin:profiles_profile_changelist"),
    )


@figure(order=60, permission="trust.view_appeal")
def overturned(now: datetime) -> Figure:
    decided = Appeal.objects.filter(decided_at__gte=now - MONTH).aggregate(
        n=Count("pk"), overturned=Count("pk", filter=~Q(state=Appeal.State.UPHELD))
    )
    share = f"{100 * decided['overturned'] / decided['n']:.0f} %" if decided["n"] else "–"
    return Figure(
        label=_("Overturned on appeal"),
        value=share,
        note=_("of %(n)d in 28 days") % {"n": decided["n"]},
        url=reverse("admin:trust_appeal_changelist"),
    )
