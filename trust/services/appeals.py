"""Appeals: filed by the business, decided by somebody else in 72 hours, or the penalty rests."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, Profile, User
from profiles.services.audit import record
from profiles.services.notices import notify
from trust.ladder import RUNGS
from trust.models import Appeal, Decision, Policy
from trust.services.evidence import begin_anew, evidence_of
from trust.services.standing import (
    Ground,
    apply_standing,
    change_standing,
    guard_second,
    locked,
    settle_evidence,
)
from trust.signals import penalty_reversed

State = Appeal.State

ANSWERS = {
    State.UPHELD: _lazy("Your appeal: the decision stands"),
    State.CHANGED: _lazy("Your appeal: the decision was changed"),
    State.REVERSED: _lazy("Your appeal: you were right"),
}


def may_appeal(decision: Decision, now: datetime | None = None) -> bool:
    """Whether the decision takes something away, is young enough and was not appealed yet."""
    now = now or timezone.now()
    until = decision.made_at + timedelta(days=decision.policy.rules.appeal_days)
    return decision.is_against and now <= until and not hasattr(decision, "appeal")


@transaction.atomic
def file_appeal(decision: Decision, *, by: User, text: str, now: datetime | None = None) -> Appeal:
    """The business says why a decision is wrong. The clock of 72 hours starts."""
    now = now or timezone.now()
    decision = (
        Decision.objects.select_for_update(of=("self",))
        .select_related("profile__business", "policy")
        .get(pk=decision.pk)
    )
    if hasattr(decision, "appeal"):
        raise Refused(_("This decision was appealed already."), code="already_appealed")
    if not may_appeal(decision, now):
        raise Refused(_("This decision can't be appealed any more."), code="too_late")
    if not text.strip():
        raise Refused(_("Say why the decision is wrong."), code="no_reason")

    appeal = Appeal.objects.create(
        decision=decision,
        text=text.strip()[:4000],
        filed_by=by,
        filed_at=now,
        due_at=now + timedelta(hours=decision.policy.rules.appeal_hours),
        first_decider=decision.by,
        first_second=decision.seconded_by,
    )
    business = decision.profile.business
    record(appeal, "appeal.filed", by=by, business=business, decision=str(decision.uuid))
    notify(
        business,
        "appeal.filed",
        level=Notice.Level.INFO,
        title=_("Your appeal has arrived"),
        body=_("Somebody who had no part in the decision answers within %(hours)d hours.")
        % {"hours": decision.policy.rules.appeal_hours},
        link=reverse("decision", args=[business.slug, decision.uuid]),
    )
    announce(f"business:{business.pk}", "standing", decision.profile_id)
    return appeal


@transaction.atomic
def decide_appeal(
    appeal: Appeal,
    *,
    outcome: str,
    by: User,
    reason: str,
    to: str = "",
    seconded_by: User | None = None,
    now: datetime | None = None,
) -> Appeal:
    """Answer an appeal: "upheld", "changed" (to the milder standing `to`) or "reversed".

    Never by who made the decision, and never by a member of the business. Reversed gives back the
    standing and the cap, forgets the evidence, and tells billing how much paid time was lost.
    """
    now = now or timezone.now()
    # The profile before the appeal, as everywhere: who locks in one order never waits in a ring.
    profile = locked(appeal.decision.profile)
    appeal = (
        Appeal.objects.select_for_update(of=("self",))
        .select_related("decision__policy", "filed_by")
        .get(pk=appeal.pk)
    )
    decision = appeal.decision
    _guard(appeal, profile, outcome, [by, seconded_by], reason, to)
    # What another decision has put in its place since, an appeal does not undo.
    is_in_force = _in_force(appeal, profile)
    goal = _goal(appeal, outcome, to)
    if is_in_force and seconded_by is None:
        guard_second(profile, goal, Policy.objects.active().rules, now=now)

    appeal.state, appeal.decided_by, appeal.decided_at = State(outcome), by, now
    appeal.reason = reason.strip()
    if is_in_force and profile.standing != goal:
        evidence = evidence_of(profile, now=now)
        answer = apply_standing(
            profile,
            to=goal,
            ground=Ground(
                rule=Decision.Rule.APPEAL,
                by=by,
                reason=appeal.reason,
                case=decision.case,
                seconded_by=seconded_by,
            ),
            evidence=evidence,
            policy=Policy.objects.active(),
            now=now,
        )
        settle_evidence(evidence, answer, now=now)
    if outcome == State.REVERSED:
        appeal.restored = _restore(appeal, profile, now)
    appeal.save(update_fields=["state", "decided_by", "decided_at", "reason", "restored"])

    record(
        appeal,
        f"appeal.{outcome}",
        by=by,
        business=profile.business,
        decision=str(decision.uuid),
        reason=appeal.reason,
        restored=appeal.restored,
        seconded_by=seconded_by.pk if seconded_by else None,
    )
    announce(f"business:{profile.business_id}", "standing", profile.pk)
    notify(
        profile.business,
        "appeal.decided",
        level=Notice.Level.WARN if outcome == State.UPHELD else Notice.Level.INFO,
        title=str(ANSWERS[State(outcome)]),
        body=appeal.reason,
        link=reverse("decision", args=[profile.business.slug, decision.uuid]),
    )
    return appeal


def _guard(
    appeal: Appeal,
    profile: Profile,
    outcome: str,
    judges: list[User | None],
    reason: str,
    to: str,
) -> None:
    if appeal.state != State.OPEN:
        raise Refused(
            _("This appeal is decided already, by %(who)s.") % {"who": appeal.decided_by},
            code="already_decided",
        )
    deciding = {judge.pk for judge in judges if judge}
    if deciding & {appeal.first_decider_id, appeal.first_second_id}:
        raise Refused(
            _("You had a part in the decision. Somebody else answers the appeal."), code="own"
        )
    if profile.business.memberships.filter(user__in=deciding, removed_at=None).exists():
        raise Refused(_("You belong to this business."), code="own")
    if outcome not in (State.UPHELD, State.CHANGED, State.REVERSED):
        raise Refused(_("Say how the appeal ends."), code="no_outcome")
    if not reason.strip():
        raise Refused(_("Say why: the business reads the reason."), code="no_reason")
    if outcome == State.CHANGED and (
        to not in RUNGS or RUNGS.index(to) >= RUNGS.index(appeal.decision.to_standing)
    ):
        raise Refused(_("Choose a milder measure than before."), code="not_milder")


def _in_force(appeal: Appeal, profile: Profile) -> bool:
    last = profile.decisions.order_by("-made_at", "-pk").first()
    return last is not None and (
        last.pk == appeal.decision_id
        or (last.rule == Decision.Rule.STAY and appeal.stayed_at is not None)
    )


def _goal(appeal: Appeal, outcome: str, to: str) -> str:
    if outcome == State.UPHELD:
        return appeal.decision.to_standing
    return to if outcome == State.CHANGED else appeal.decision.from_standing


def _restore(appeal: Appeal, profile: Profile, now: datetime) -> dict:
    """Give back what the decision took: evidence, cap, and the paid time without a badge."""
    decision = appeal.decision
    begin_anew(evidence_of(profile, now=now), base=0.0, now=now)
    restored: dict = {"standing": profile.standing}
    if decision.to_standing == Profile.Standing.LIMITED:
        profile.daily_cap = decision.inputs.get("cap_before", profile.daily_cap)
        profile.save(update_fields=["daily_cap"])
        restored["cap"] = profile.daily_cap
    if decision.to_standing in Profile.BADGE_OFF:
        lost = (appeal.stayed_at or now) - decision.made_at
        restored["lost_seconds"] = int(lost.total_seconds())
        penalty_reversed.send(Appeal, profile=profile, appeal=appeal, lost=lost)
    return restored


@shared_task
def stay_overdue_appeals(now: datetime | None = None) -> int:
    """Let the penalty rest wherever the clock of an appeal ran out. Returns how many."""
    now = now or timezone.now()
    overdue = Appeal.objects.filter(state=State.OPEN, stayed_at=None, due_at__lte=now)
    return sum(_stay(appeal, now) for appeal in overdue.select_related("decision")[:500])


@transaction.atomic
def _stay(appeal: Appeal, now: datetime) -> bool:
    profile = locked(appeal.decision.profile)
    appeal = (
        Appeal.objects.select_for_update(of=("self",)).select_related("decision").get(pk=appeal.pk)
    )
    if appeal.state != State.OPEN or appeal.stayed_at:
        return False
    decision = appeal.decision
    rests = _in_force(appeal, profile) and profile.standing != decision.from_standing
    appeal.stayed_at = now
    appeal.save(update_fields=["stayed_at"])
    record(appeal, "appeal.stayed", by=None, business=profile.business)
    if rests:
        change_standing(
            profile,
            to=decision.from_standing,
            ground=Ground(rule=Decision.Rule.STAY, case=decision.case),
            evidence=evidence_of(profile, now=now),
            policy=Policy.objects.active(),
            now=now,
        )
    return True
