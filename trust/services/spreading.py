"""What a revocation, or its end, means for the profiles linked to it."""

from django.db import transaction
from django.utils import timezone

from portal.base.services.outbox import handles
from profiles.models import Profile
from profiles.services.audit import record
from trust.models import Case, Decision, Evidence
from trust.services.cases import open_case
from trust.services.evaluation import evaluate
from trust.services.evidence import begin_anew, evidence_of
from trust.services.links import linked_profiles
from trust.services.standing import locked


@handles("trust.links")
def spread(payload: dict) -> None:
    """Draw the consequences of one decision, profile by profile. May run twice."""
    decision = Decision.objects.select_related("profile", "policy").get(pk=payload["decision"])
    if decision.to_standing == Profile.Standing.REVOKED:
        if Profile.objects.filter(
            pk=decision.profile_id, standing=Profile.Standing.REVOKED
        ).exists():
            for profile in linked_profiles(decision.profile):
                _taint(profile, decision)
        return
    for evidence in Evidence.objects.filter(
        linked_to__profile=decision.profile_id, linked_to__made_at__lte=decision.made_at
    ).select_related("profile"):
        _clear(evidence.profile, decision)


@transaction.atomic
def _taint(profile: Profile, decision: Decision) -> None:
    now = timezone.now()
    profile = locked(profile)
    evidence = evidence_of(profile, now=now)
    facts = {"revoked": decision.profile.handle, "decision": str(decision.uuid)}
    if Case.objects.filter(profile=profile, facts=facts).exists():
        return  # this is the second run
    if evidence.linked_to_id != decision.pk:
        evidence.linked_to = decision
        start = decision.policy.rules.linked_start
        begin_anew(evidence, base=max(evidence.value, start), now=now)
    open_case(profile, cause=Case.Cause.LINKED, facts=facts, now=now)
    record(profile, "profile.linked", by=None, because=facts)


@transaction.atomic
def _clear(profile: Profile, decision: Decision) -> None:
    now = timezone.now()
    profile = locked(profile)
    evidence = evidence_of(profile, now=now)
    if evidence.linked_to_id is None:
        return
    evidence.linked_to, evidence.policy_version = None, 0  # so that the next look computes anew
    evidence.base = 0.0
    evidence.save(update_fields=["linked_to", "policy_version", "base"])
    record(profile, "profile.unlinked", by=None, decision=str(decision.uuid))
    evaluate(profile, now=now)
