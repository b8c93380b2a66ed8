"""Cases: what staff should look at, one open case a profile."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record
from trust.alarms import alarm
from trust.models import Case, Mark, SpamReport
from trust.rules import Rules

A_DAY = timedelta(days=1)
CLAIM = timedelta(minutes=30)
DUE = {
    Case.Cause.REPORTS: timedelta(hours=72),
    Case.Cause.LINKED: timedelta(hours=72),
    Case.Cause.SURGE: timedelta(hours=24),
    Case.Cause.BRIGADE: timedelta(hours=24),
    Case.Cause.SUSPENDED: timedelta(hours=24),
    Case.Cause.REVOKE: timedelta(hours=24),
}
WEIGHT_OF_CAUSE = [
    Case.Cause.REPORTS,
    Case.Cause.LINKED,
    Case.Cause.BRIGADE,
    Case.Cause.SURGE,
    Case.Cause.SUSPENDED,
    Case.Cause.REVOKE,
]


def open_case(profile: Profile, *, cause: str, facts: dict, now: datetime) -> Case:
    """Open a case, or let a graver cause take over the open one. Its waiting reports gather in it.

    The profile's row must be locked.
    """
    due = now + DUE[Case.Cause(cause)]
    case, is_new = Case.objects.get_or_create(
        profile=profile,
        state=Case.State.OPEN,
        defaults={"cause": cause, "facts": facts, "opened_at": now, "due_at": due},
    )
    if not is_new and _graver(cause, case.cause):
        case.cause, case.facts, case.due_at = cause, facts, min(case.due_at, due)
        case.save(update_fields=["cause", "facts", "due_at"])
    elif is_new:
        record(profile, "case.opened", by=None, case=str(case.uuid), cause=cause)
    SpamReport.objects.filter(profile=profile, case=None, state=SpamReport.State.OPEN).update(
        case=case
    )
    return case


def _graver(cause: str, than: str) -> bool:
    return WEIGHT_OF_CAUSE.index(Case.Cause(cause)) > WEIGHT_OF_CAUSE.index(Case.Cause(than))


def with_complaints(profiles: Collection[Profile], *, now: datetime) -> list[Profile]:
    """Those of them about whom somebody complained in the last 24 hours."""
    marks = Mark.objects.filter(profile__in=profiles, at__gt=now - A_DAY, at__lte=now)
    found = set(marks.values_list("profile", flat=True).distinct())
    return [profile for profile in profiles if profile.pk in found]


def look_for_alarms(profile: Profile, rules: Rules, *, now: datetime) -> None:
    """The alarm that asks for no rate, and the sign of a brigade: both only call a person."""
    marks = Mark.objects.filter(profile=profile, at__gt=now - A_DAY, at__lte=now)
    groups = list(
        marks.values("cluster")
        .annotate(people=Sum("people"), x=Sum("x"))
        .filter(people__gt=0)
        .values_list("people", "x")
    )
    if cause := alarm(groups, rules):
        facts = {
            "people": sum(people for people, _x in groups),
            "weight": round(sum(x for _people, x in groups), 3),
            "clusters": len(groups),
            "largest": max(people for people, _x in groups),
        }
        open_case(profile, cause=cause, facts=facts, now=now)


@transaction.atomic
def claim_case(case: Case, *, by: User, now: datetime | None = None) -> Case:
    """Take a case for half an hour, so that two don't work on it. Raises Refused when taken."""
    now = now or timezone.now()
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    _guard_open(case)
    if case.claimed_by_id not in (None, by.pk) and case.claimed_until and case.claimed_until > now:
        raise Refused(_("%(who)s works on this case.") % {"who": case.claimed_by}, code="claimed")
    case.claimed_by, case.claimed_until = by, now + CLAIM
    case.save(update_fields=["claimed_by", "claimed_until"])
    record(case, "case.claimed", by=by, business=case.profile.business)
    return case


@transaction.atomic
def close_case(case: Case, *, by: User, note: str, now: datetime | None = None) -> Case:
    """Close a case; what was decided about the profile and the reports stays as it is."""
    case = Case.objects.select_for_update(of=("self",)).select_related("profile").get(pk=case.pk)
    _guard_open(case)
    case.state, case.closed_at, case.closed_by = Case.State.CLOSED, now or timezone.now(), by
    case.note = note
    case.save(update_fields=["state", "closed_at", "closed_by", "note"])
    record(case, "case.closed", by=by, business=case.profile.business, note=note)
    return case


def _guard_open(case: Case) -> None:
    if case.state == Case.State.CLOSED:
        raise Refused(
            _("This case is closed already, by %(who)s.")
            % {"who": case.closed_by or _("the rules")},
            code="already_decided",
        )
