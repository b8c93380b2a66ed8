"""A slip of the hand is taken back within a quarter of an hour, by who made it."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Profile, User
from trust.models import Decision, Policy
from trust.services.evidence import evidence_of
from trust.services.standing import Ground, change_standing, guard_second, locked

UNDO_FOR = timedelta(minutes=15)


def may_undo(decision: Decision, *, by: User, now: datetime | None = None) -> bool:
    """Whether this measure is `by`'s own, still young, and nothing has followed upon it."""
    try:
        _guard(decision, decision.profile, by, now or timezone.now())
    except Refused:
        return False
    return True


@transaction.atomic
def undo_decision(
    decision: Decision, *, by: User, reason: str, now: datetime | None = None
) -> Decision:
    """Put the profile back where it stood before a measure of staff, its cap included.

    The evidence stays as it is: nothing was judged anew. Campaigns that were stopped stay stopped.
    A large sender's revocation needs two to take back, as to make. Raises Refused.
    """
    now = now or timezone.now()
    profile = locked(decision.profile)
    decision = Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)
    if not reason.strip():
        raise Refused(_("Say what went wrong: the business reads it."), code="no_reason")
    _guard(decision, profile, by, now)
    policy = Policy.objects.active()
    guard_second(profile, decision.from_standing, policy.rules, now=now)

    if decision.to_standing == Profile.Standing.LIMITED:
        profile.daily_cap = decision.inputs.get("cap_before", profile.daily_cap)
        profile.save(update_fields=["daily_cap"])
    return change_standing(
        profile,
        to=decision.from_standing,
        ground=Ground(
            rule=Decision.Rule.UNDO,
            by=by,
            reason=reason.strip(),
            inputs={"undoes": str(decision.uuid)},
            case=decision.case,
        ),
        evidence=evidence_of(profile, now=now),
        policy=policy,
        now=now,
    )


def _guard(decision: Decision, profile: Profile, by: User, now: datetime) -> None:
    if decision.rule != Decision.Rule.STAFF or not decision.is_against:
        raise Refused(
            _("Only a measure that a person took against a profile can be taken back."),
            code="not_undoable",
        )
    if decision.by_id != by.pk:
        raise Refused(
            _("Only %(who)s can take this back; you can reinstate the profile.")
            % {"who": decision.by},
            code="not_yours",
        )
    if now - decision.made_at > UNDO_FOR:
        raise Refused(
            _("It can be taken back for 15 minutes only. Reinstate the profile instead."),
            code="too_late",
        )
    latest = profile.decisions.order_by("-made_at", "-pk").first()
    if latest != decision or hasattr(decision, "appeal"):
        raise Refused(
            _("Something else has followed upon this decision; it can't be taken back any more."),
            code="already_decided",
        )
