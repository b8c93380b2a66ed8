"""What staff say about a report, and what its reporter learns."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import User
from profiles.services.audit import record
from trust.models import Mark, SpamReport
from trust.services.evaluation import evaluate_profile
from trust.signals import report_decided
from trust.weights import JUDGED


@transaction.atomic
def uphold_report(
    report: SpamReport, *, by: User, reason: str, now: datetime | None = None
) -> SpamReport:
    """The reporter was right: what the report added to the evidence stays."""
    return _decide(report, SpamReport.State.UPHELD, by, reason, now)


@transaction.atomic
def dismiss_report(
    report: SpamReport, *, by: User, reason: str, now: datetime | None = None
) -> SpamReport:
    """The report was unfounded: what it added to the evidence is taken out again."""
    now = now or timezone.now()
    report = _decide(report, SpamReport.State.DISMISSED, by, reason, now)
    if report.counted:
        Mark.objects.create(
            profile=report.profile,
            unit_key=report.unit_key,
            campaign_id=report.campaign_id,
            kind=Mark.Kind.REPORT,
            reason=report.reason,
            x=-report.counted,
            people=-int(report.counted_person),
            cluster=report.cluster,
            at=now,
        )
        wake(evaluate_profile, report.profile_id)
    return report


def dismiss_reports(
    reports: Iterable[SpamReport], *, by: User, reason: str, now: datetime | None = None
) -> int:
    """Dismiss many at once, each with its own row in the audit. Returns how many were open."""
    return _each(dismiss_report, reports, by, reason, now)


def uphold_reports(
    reports: Iterable[SpamReport], *, by: User, reason: str, now: datetime | None = None
) -> int:
    """Uphold many at once, each with its own row in the audit. Returns how many were open."""
    return _each(uphold_report, reports, by, reason, now)


def _each(decide, reports, by, reason, now) -> int:
    done = 0
    for report in reports:
        try:
            decide(report, by=by, reason=reason, now=now)
        except Refused:
            continue  # somebody else was faster: theirs holds
        done += 1
    return done


def _decide(
    report: SpamReport, state: str, by: User, reason: str, now: datetime | None
) -> SpamReport:
    report = (
        SpamReport.objects.select_for_update(of=("self",))
        .select_related("profile__business")
        .get(pk=report.pk)
    )
    if report.state != SpamReport.State.OPEN:
        raise Refused(
            _("This report is %(state)s already, by %(who)s.")
            % {"state": report.get_state_display().lower(), "who": report.decided_by},
            code="already_decided",
        )
    if not reason.strip():
        raise Refused(_("Say why."), code="no_reason")

    report.state, report.decided_at, report.decided_by = state, now or timezone.now(), by
    report.decided_why = reason.strip()
    report.save(update_fields=["state", "decided_at", "decided_by", "decided_why"])

    record(report, f"report.{state}", by=by, business=report.profile.business, reason=reason)
    report_decided.send(SpamReport, report=report)
    return report


def judged_histories(person_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """How many of each person's last 100 decided reports staff agreed and disagreed with.

    Who has none is not in it.
    """
    decided = SpamReport.objects.filter(person_id__in=person_ids).exclude(
        state=SpamReport.State.OPEN
    )
    states: dict[int, list[bool]] = {}
    for person_id, state in decided.order_by("-decided_at").values_list("person_id", "state"):
        states.setdefault(person_id, []).append(state == SpamReport.State.UPHELD)
    return {
        person_id: (sum(agreed[:JUDGED]), len(agreed[:JUDGED]) - sum(agreed[:JUDGED]))
        for person_id, agreed in states.items()
    }


def mark_told(report: SpamReport, *, now: datetime | None = None) -> None:
    """The reporter has been told the outcome; called by who told them."""
    SpamReport.objects.filter(pk=report.pk, told_at=None).update(told_at=now or timezone.now())
