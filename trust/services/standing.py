"""Standing changes here and nowhere else: by the ladder, by staff, on appeal."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from portal.base.services.outbox import post
from profiles.models import Notice, Profile, User
from profiles.services.audit import record
from profiles.services.notices import notify
from profiles.services.registry import note_standing
from trust.models import Case, Decision, Evidence, Policy
from trust.rules import Rules
from trust.services.caps import step_down
from trust.services.evidence import begin_anew, evidence_of, explain, reached_in_a_month
from trust.services.published import published_evidence
from trust.services.second_looks import draw_second_look
from trust.services.statements import body_of, statement_of
from trust.signals import standing_changed

Standing = Profile.Standing

EVENTS = {
    Standing.CLEAR: "profile.cleared",
    Standing.WARNED: "profile.warned",
    Standing.LIMITED: "profile.limited",
    Standing.SUSPENDED: "profile.suspended",
    Standing.REVOKED: "profile.revoked",
}
LEVELS = {
    Standing.CLEAR: Notice.Level.INFO,
    Standing.WARNED: Notice.Level.WARN,
    Standing.LIMITED: Notice.Level.WARN,
    Standing.SUSPENDED: Notice.Level.BAD,
    Standing.REVOKED: Notice.Level.BAD,
}


def locked(profile: Profile) -> Profile:
    """The profile as it is now, held until the transaction ends."""
    return _held().get(pk=profile.pk)


def locked_many(profiles: Collection[int]) -> list[Profile]:
    """The same for several; always in the order of their numbers, so that nobody waits in a
    ring.
    """
    return list(_held().filter(pk__in=profiles).order_by("pk"))


def _held():
    return Profile.objects.select_for_update(no_key=True, of=("self",)).select_related("business")


@dataclass(frozen=True)
class Ground:
    """Why a standing changes: by which rule or whom, in which words, upon which numbers."""

    rule: str
    by: User | None = None
    reason: str = ""
    inputs: dict = field(default_factory=dict)
    case: Case | None = None
    seconded_by: User | None = None


def change_standing(
    profile: Profile, *, to: str, ground: Ground, evidence: Evidence, policy: Policy, now: datetime
) -> Decision:
    """Put the locked profile on another rung: one decision, one audit row, one signal, one notice.

    The common end of every way a standing changes; call the functions below from outside.
    """
    decision = apply_standing(
        profile, to=to, ground=ground, evidence=evidence, policy=policy, now=now
    )
    notify(
        profile.business,
        f"standing.{to}",
        level=LEVELS[Standing(to)],
        title=decision.statement["title"],
        body=body_of(decision),
        link=reverse("decision", args=[profile.business.slug, decision.uuid]),
    )
    return decision


def apply_standing(
    profile: Profile, *, to: str, ground: Ground, evidence: Evidence, policy: Policy, now: datetime
) -> Decision:
    """`change_standing` without the notice, for who tells the business in words of its own."""
    old = profile.standing
    decision = Decision(
        profile=profile,
        case=ground.case or profile.cases.filter(state=Case.State.OPEN).first(),
        from_standing=old,
        to_standing=to,
        rule=ground.rule,
        policy=policy,
        evidence=evidence.value,
        inputs={**ground.inputs, "cap_before": profile.daily_cap},
        by=ground.by,
        seconded_by=ground.seconded_by,
        reason=ground.reason,
        made_at=now,
    )
    profile.standing, profile.standing_changed_at = to, now
    profile.save(update_fields=["standing", "standing_changed_at"])
    if to == Standing.LIMITED and decision.is_against:
        step_down(profile, now=now)
    decision.statement = statement_of(decision)
    decision.save()

    record(
        profile,
        EVENTS[Standing(to)],
        by=ground.by,
        decision=str(decision.uuid),
        rule=ground.rule,
        reason=ground.reason,
        old=old,
        evidence=round(published_evidence(evidence.value, policy.rules), 4),
        seconded_by=ground.seconded_by.pk if ground.seconded_by else None,
    )
    note_standing(profile, old=old, new=to, rule=ground.rule, now=now)
    standing_changed.send(
        Profile,
        profile=profile,
        old=old,
        new=to,
        reason=decision.reason or decision.statement["ground"],
    )
    announce(f"business:{profile.business_id}", "standing", profile.pk)
    draw_second_look(decision)
    if Standing.REVOKED in (old, to):
        # Other profiles are touched in transactions of their own: two that are linked to each
        # other could else wait for each other.
        post("trust.links", decision=decision.pk)
    return decision


@transaction.atomic
def warn_profile(
    profile: Profile,
    *,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision:
    """Tell the business that its profile is close to a limit."""
    return decide_by_staff(profile, to=Standing.WARNED, by=by, reason=reason, case=case, now=now)


@transaction.atomic
def limit_profile(
    profile: Profile,
    *,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision:
    """Take the daily cap one step down and let campaigns wait."""
    return decide_by_staff(profile, to=Standing.LIMITED, by=by, reason=reason, case=case, now=now)


@transaction.atomic
def suspend_profile(
    profile: Profile,
    *,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision:
    """Switch the badge off: replies only, until an appeal or staff."""
    return decide_by_staff(profile, to=Standing.SUSPENDED, by=by, reason=reason, case=case, now=now)


@transaction.atomic
def revoke_profile(
    profile: Profile,
    *,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision:
    """Take the badge away for good, from this moment."""
    return decide_by_staff(profile, to=Standing.REVOKED, by=by, reason=reason, case=case, now=now)


@transaction.atomic
def reinstate_profile(
    profile: Profile,
    *,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision:
    """Give the badge back: clear standing, and the evidence begins anew at 0."""
    return decide_by_staff(profile, to=Standing.CLEAR, by=by, reason=reason, case=case, now=now)


def decide_by_staff(
    profile: Profile,
    *,
    to: str,
    by: User,
    reason: str,
    case: Case | None = None,
    seconded_by: User | None = None,
    now: datetime | None = None,
) -> Decision:
    """A person's decision. Raises Refused where it changes nothing, says nothing, comes late, or
    needs a second person (code "needs_second").
    """
    now = now or timezone.now()
    profile = locked(profile)
    policy = Policy.objects.active()
    if not reason.strip():
        raise Refused(_("Say why: the business reads the reason."), code="no_reason")
    if profile.standing == to:
        raise Refused(_already(profile), code="already_decided")
    if profile.standing == Standing.REVOKED and to != Standing.CLEAR:
        raise Refused(
            _("%(name)s is revoked. It can only be reinstated.") % {"name": profile.name},
            code="revoked",
        )
    if seconded_by is None:
        guard_second(profile, to, policy.rules, now=now)

    evidence = evidence_of(profile, now=now)
    decision = change_standing(
        profile,
        to=to,
        ground=Ground(
            rule=Decision.Rule.STAFF,
            by=by,
            reason=reason.strip(),
            inputs=explain(profile, evidence),
            case=case,
            seconded_by=seconded_by,
        ),
        evidence=evidence,
        policy=policy,
        now=now,
    )
    settle_evidence(evidence, decision, now=now)
    return decision


def guard_second(profile: Profile, to: str, rules: Rules, *, now: datetime) -> None:
    """Refuse where a large sender's revocation or return needs two members of staff."""
    if Standing.REVOKED not in (profile.standing, to):
        return
    people = reached_in_a_month(profile, now=now)
    if people > rules.large_sender:
        raise Refused(
            _("%(name)s reaches %(n)s people a month: a second member of staff must say yes.")
            % {"name": profile.name, "n": f"{people:,}"},
            code="needs_second",
        )


def settle_evidence(evidence: Evidence, decision: Decision, *, now: datetime) -> None:
    """After a step down that a person decided, the same evidence must not take it back at once."""
    if decision.is_against:
        return
    rules = decision.policy.rules
    lines = {"warned": rules.warn_at, "limited": rules.limit_at}
    begin_anew(evidence, base=min(evidence.value, lines.get(decision.to_standing, 0.0)), now=now)


def _already(profile: Profile) -> str:
    """Tells the second of two moderators who was first."""
    last = profile.decisions.order_by("-made_at", "-pk").first()
    if last is None or last.by is None:
        return _("%(name)s is %(standing)s already.") % {
            "name": profile.name,
            "standing": profile.get_standing_display().lower(),
        }
    return _("%(name)s is %(standing)s already: %(who)s decided it at %(when)s.") % {
        "name": profile.name,
        "standing": profile.get_standing_display().lower(),
        "who": last.by,
        "when": timezone.localtime(last.made_at).strftime("%H:%M"),
    }
