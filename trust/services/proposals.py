"""Large senders: one member of staff proposes, another says yes."""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record
from trust.models import Appeal, Case, Decision, Proposal
from trust.services.appeals import decide_appeal
from trust.services.standing import decide_by_staff, locked


def ask_for(
    profile: Profile,
    *,
    to: str,
    by: User,
    reason: str,
    case: Case | None = None,
    now: datetime | None = None,
) -> Decision | Proposal:
    """Decide, or, for a large sender, propose: what the buttons of the admin call."""
    try:
        with transaction.atomic():
            return decide_by_staff(profile, to=to, by=by, reason=reason, case=case, now=now)
    except Refused as refusal:
        if refusal.code != "needs_second":
            raise
    return propose(profile, to=to, by=by, reason=reason, now=now)


def ask_for_outcome(
    appeal: Appeal,
    *,
    outcome: str,
    by: User,
    reason: str,
    to: str = "",
    now: datetime | None = None,
) -> Appeal | Proposal:
    """Decide an appeal, or, where a large sender would return from a revocation, propose to."""
    try:
        with transaction.atomic():
            return decide_appeal(appeal, outcome=outcome, by=by, reason=reason, to=to, now=now)
    except Refused as refusal:
        if refusal.code != "needs_second":
            raise
    standing = to or appeal.decision.from_standing
    return propose(
        appeal.decision.profile,
        to=standing,
        by=by,
        reason=reason,
        appeal=appeal,
        outcome=outcome,
        now=now,
    )


@transaction.atomic
def propose(
    profile: Profile,
    *,
    to: str,
    by: User,
    reason: str,
    appeal: Appeal | None = None,
    outcome: str = "",
    now: datetime | None = None,
) -> Proposal:
    """Write down what one member of staff wants, until another confirms it."""
    profile = locked(profile)
    if waiting := Proposal.objects.filter(profile=profile, state=Proposal.State.OPEN).first():
        raise Refused(
            _("%(who)s has proposed a decision already. Confirm or withdraw that one first.")
            % {"who": waiting.made_by},
            code="already_proposed",
        )
    try:
        proposal = Proposal.objects.create(
            profile=profile,
            to_standing=to,
            reason=reason.strip(),
            appeal=appeal,
            outcome=outcome,
            made_by=by,
            made_at=now or timezone.now(),
        )
    except IntegrityError as error:  # the constraint has the last word
        raise Refused(_("Somebody was faster."), code="already_proposed") from error
    record(profile, "decision.proposed", by=by, to=to, reason=reason)
    return proposal


@transaction.atomic
def confirm_proposal(proposal: Proposal, *, by: User, now: datetime | None = None) -> Decision:
    """The second yes: the decision is made now, in both names. Raises Refused for the first."""
    now = now or timezone.now()
    proposal = _open(proposal)
    if proposal.made_by_id == by.pk:
        raise Refused(_("You proposed it. Somebody else must say yes."), code="own")
    if proposal.appeal:
        appeal = decide_appeal(
            proposal.appeal,
            outcome=proposal.outcome,
            by=proposal.made_by,
            reason=proposal.reason,
            to=proposal.to_standing if proposal.outcome == Appeal.State.CHANGED else "",
            seconded_by=by,
            now=now,
        )
        decision = appeal.decision.profile.decisions.latest("made_at", "pk")
    else:
        decision = decide_by_staff(
            proposal.profile,
            to=proposal.to_standing,
            by=proposal.made_by,
            reason=proposal.reason,
            seconded_by=by,
            now=now,
        )
    _end(proposal, Proposal.State.CONFIRMED, by, now, decision)
    return decision


@transaction.atomic
def withdraw_proposal(proposal: Proposal, *, by: User, now: datetime | None = None) -> Proposal:
    """Take a proposal back, or say no to another's."""
    proposal = _open(proposal)
    _end(proposal, Proposal.State.WITHDRAWN, by, now or timezone.now(), None)
    record(proposal.profile, "decision.proposal_withdrawn", by=by, to=proposal.to_standing)
    return proposal


def _open(proposal: Proposal) -> Proposal:
    proposal = (
        Proposal.objects.select_for_update(of=("self",))
        .select_related("profile", "made_by", "appeal")
        .get(pk=proposal.pk)
    )
    if proposal.state != Proposal.State.OPEN:
        raise Refused(
            _("This proposal is %(state)s already.")
            % {"state": proposal.get_state_display().lower()},
            code="already_decided",
        )
    return proposal


def _end(
    proposal: Proposal, state: str, by: User, now: datetime, decision: Decision | None
) -> None:
    proposal.state, proposal.ended_by, proposal.ended_at = state, by, now
    proposal.decision = decision
    proposal.save(update_fields=["state", "ended_by", "ended_at", "decision"])
