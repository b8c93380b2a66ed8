"""Blocks and reports come in as values; each pair of person and profile counts once in 30 days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import Profile
from trust.models import Complaint, Mark, Policy, SpamReport
from trust.rules import Rules
from trust.services.evaluation import evaluate_profile
from trust.services.units import Named, named

COUNTS_AGAIN_AFTER = timedelta(days=30)
LOWEST_WEIGHT, HIGHEST_WEIGHT = 0.1, 1.0


def weight_of_event(kind: str, reason: str, rules: Rules) -> float:
    """What the event itself weighs: a report most, a block because it is no longer needed least."""
    if kind == Mark.Kind.REPORT:
        return rules.weight_report
    return rules.weight_no_longer if reason == Mark.Reason.NO_LONGER else rules.weight_block


@transaction.atomic
def record_complaint(
    profile: Profile,
    *,
    person_id: int,
    kind: str,
    reason: str,
    weight: float,
    cluster: str,
    unit: int | date | None,
    text: str = "",
    evidence: dict | None = None,
    now: datetime | None = None,
) -> SpamReport | None:
    """Take in a person's block or report of a profile. Opting out is not a complaint.

    Arguments:
        kind: "block" or "report". reason: one of Mark.Reason.
        weight: the reporter's, 0.1 to 1. cluster: the group (device, network, day of joining).
        unit: what was delivered to the person: a campaign's id, or the day of a single message;
            None where nothing was, then a block holds but says nothing about the sender.
        evidence: for a report, the message as it was; kept as a snapshot.

    Returns the SpamReport of a report, None for a block. Raises Refused for a report of nothing.
    """
    now = now or timezone.now()
    if kind == Mark.Kind.REPORT:
        return file_report(
            profile,
            person_id=person_id,
            reason=reason,
            weight=weight,
            cluster=cluster,
            unit=unit,
            text=text,
            evidence=evidence,
            now=now,
        )
    if unit is not None:
        _count(profile, person_id, Mark.Kind.BLOCK, reason, weight, cluster, named(unit), now)
    return None


@transaction.atomic
def file_report(
    profile: Profile,
    *,
    person_id: int,
    reason: str,
    weight: float,
    cluster: str,
    unit: int | date | None,
    text: str = "",
    evidence: dict | None = None,
    kind: str = SpamReport.Kind.SPAM,
    now: datetime | None = None,
) -> SpamReport:
    """Keep a report with its evidence, count it, and queue it for staff.

    A report about an impostor needs no delivery; it goes to verification and counts for nothing
    until a person has looked. Arguments as for record_complaint.
    """
    now = now or timezone.now()
    spam = kind == SpamReport.Kind.SPAM
    if spam and (unit is None or not evidence):
        raise Refused(
            _("A report is about a message that you got. Open the message and report it there."),
            code="no_delivery",
        )
    where = named(unit) if unit is not None else None
    counted = Counted(0.0, 0)
    if spam and where:
        counted = _count(profile, person_id, Mark.Kind.REPORT, reason, weight, cluster, where, now)
    return SpamReport.objects.create(
        profile=profile,
        person_id=person_id,
        kind=kind,
        reason=reason,
        text=text[:2000],
        weight=bounded(weight),
        cluster=cluster,
        unit_key=where.key if where else "",
        campaign_id=where.campaign_id if where else None,
        evidence=evidence or {},
        counted=counted.x,
        counted_person=bool(counted.people),
        created_at=now,
    )


@dataclass(frozen=True)
class Counted:
    """What a complaint added: 0 where the pair had counted already."""

    x: float
    people: int


def bounded(weight: float) -> float:
    """A reporter's weight within [0.1, 1], whatever came in."""
    return min(max(weight, LOWEST_WEIGHT), HIGHEST_WEIGHT)


def _count(
    profile: Profile,
    person_id: int,
    kind: str,
    reason: str,
    weight: float,
    cluster: str,
    unit: Named,
    now: datetime,
) -> Counted:
    factor = weight_of_event(kind, reason, Policy.objects.active().rules)
    added, people = _claim(person_id, profile.pk, factor, now)
    if added <= 0:
        return Counted(0.0, 0)
    mark = Mark.objects.create(
        profile=profile,
        unit_key=unit.key,
        campaign_id=unit.campaign_id,
        kind=kind,
        reason=reason,
        x=bounded(weight) * added,
        people=people,
        cluster=cluster,
        at=now,
    )
    wake(evaluate_profile, profile.pk)
    return Counted(mark.x, people)


def _claim(person_id: int, profile_id: int, factor: float, now: datetime) -> tuple[float, int]:
    """How much of the event counts, and for how many people (1, or 0 when it only grew).

    Two requests of one person at once meet at the pair's row: one inserts, the other waits and
    then finds nothing to claim.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into trust_complaint as pair (person_id, profile_id, counted_at, factor)
            values (%(person)s, %(profile)s, %(now)s, %(factor)s)
            on conflict (person_id, profile_id) do update
            set counted_at = excluded.counted_at, factor = excluded.factor
            where pair.counted_at <= %(before)s
            returning person_id
            """,
            {
                "person": person_id,
                "profile": profile_id,
                "now": now,
                "factor": factor,
                "before": now - COUNTS_AGAIN_AFTER,
            },
        )
        if cursor.fetchone():
            return factor, 1
    pair = Complaint.objects.select_for_update().get(person_id=person_id, profile_id=profile_id)
    if pair.factor >= factor:
        return 0.0, 0
    added = factor - pair.factor
    Complaint.objects.filter(person_id=person_id, profile_id=profile_id).update(factor=factor)
    return added, 0
