"""Standing changes here and nowhere else: by the ladder, by staff, on appeal."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, Profile, User
from profiles.services.audit import record
from profiles.services.notices import notify
from trust.ladder import RUNGS
from trust.models import Case, Decision, Evidence, Policy
from trust.services.caps import step_down
from trust.services.evidence import explain
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
    return (
        Profile.objects.select_for_update(no_key=True, of=("self",))
        .select_related("business")
        .get(pk=profile.pk)
    )


def change_standing(
    profile: Profile,
    *,
    to: str,
    rule: str,
    by: User | None,
    reason: str,
    evidence: Evidence,
    inputs: dict,
    policy: Policy,
    case: Case | None = None,
    seconded_by: User | None = None,
    now: datetime,
) -> Decision:
    """Put the locked profile on another rung: one decision, one audit row, one notice, one signal.

    The common end of every way a standing changes; call the functions below from outside.
    """
    old = profile.standing
    decision = Decision(
        profile=profile,
        case=case or profile.cases.filter(state=Case.State.OPEN).first(),
        from_standing=old,
        to_standing=to,
        rule=rule,
        policy=policy,
        evidence=evidence.value,
        inputs=inputs,
        by=by,
        seconded_by=seconded_by,
        reason=reason,
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
        by=by,
        decision=str(decision.uuid),
        rule=rule,
        reason=reason,
        old=old,
        evidence=round(evidence.value, 4),
        seconded_by=seconded_by.pk if seconded_by else None,
    )
    standing_changed.send(
        Profile, profile=profile, old=old, new=to, reason=decision.statement["facts"]
    )
    announce(f"business:{profile.business_id}", "standing", profile.pk)
    notify(
        profile.business,
        f"standing.{to}",
        level=LEVELS[Standing(to)],
        title=decision.statement["title"],
        body=body_of(decision),
        link=reverse("decision", args=[profile.business.slug, decision.uuid]),
    )
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
    rule: str = Decision.Rule.STAFF,
    case: Case | None = None,
    seconded_by: User | None = None,
    now: datetime | None = None,
) -> Decision:
    """A person's decision. Raises Refused where it changes nothing, says nothing or comes late."""
    now = now or timezone.now()
    profile = locked(profile)
    if not reason.strip():
        raise Refused(_("Say why: the business reads the reason."), code="no_reason")
    if profile.standing == to:
        raise Refused(_already(profile), code="already_decided")
    if (
        profile.standing == Standing.REVOKED
        and to != Standing.CLEAR
        and rule != Decision.Rule.APPEAL
    ):
        raise Refused(
            _("%(name)s is revoked. It can only be reinstated.") % {"name": profile.name},
            code="revoked",
        )

    evidence, _made = Evidence.objects.get_or_create(profile=profile, defaults={"at": now})
    decision = change_standing(
        profile,
        to=to,
        rule=rule,
        by=by,
        reason=reason.strip(),
        evidence=evidence,
        inputs=explain(profile, evidence),
        policy=Policy.objects.active(),
        case=case,
        seconded_by=seconded_by,
        now=now,
    )
    if RUNGS.index(to) < RUNGS.index(decision.from_standing):
        begin_anew(evidence, base=0.0, now=now)
    return decision


def begin_anew(evidence: Evidence, *, base: float, now: datetime) -> None:
    """Start the sum again at `base`: what came before no longer counts against the profile."""
    evidence.base, evidence.base_at, evidence.value, evidence.at = base, now, base, now
    evidence.high_at = None
    evidence.save(update_fields=["base", "base_at", "value", "at", "high_at"])


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
