"""Linked profiles: who lost a badge does not get a clean one under the next name."""

from datetime import datetime

from django.db.models import Q

from profiles.models import Membership, Profile, VerificationCase
from trust.models.decisions import Decision
from trust.models.policy import Policy


def linked_profiles(profile: Profile):
    """The other open profiles of the same business, owner or registered legal entity."""
    owners = Membership.objects.filter(
        business=profile.business_id, role=Membership.Role.OWNER, removed_at=None
    ).values("user")
    entities = VerificationCase.objects.filter(
        business=profile.business_id, state=VerificationCase.State.APPROVED
    ).exclude(register_number="")
    same_entity = Q(pk__in=[])
    for number, country in entities.values_list("register_number", "country"):
        same_entity |= Q(
            business__cases__register_number__iexact=number,
            business__cases__country=country,
            business__cases__state=VerificationCase.State.APPROVED,
        )
    same_owner = Q(
        business__memberships__user__in=owners,
        business__memberships__role=Membership.Role.OWNER,
        business__memberships__removed_at=None,
    )
    return (
        Profile.objects.filter(Q(business=profile.business_id) | same_owner | same_entity)
        .filter(is_test=False, closed_at=None)
        .exclude(pk=profile.pk)
        .distinct()
    )


def starting_evidence(profile: Profile, *, now: datetime) -> tuple[float, Decision | None]:
    """What a profile's sum begins with, and the revocation that is the reason; 0 for most."""
    if profile.is_test:
        return 0.0, None
    revoked = Decision.objects.filter(
        profile__in=linked_profiles(profile).filter(standing=Profile.Standing.REVOKED),
        to_standing=Profile.Standing.REVOKED,
    ).order_by("-made_at")
    decision = revoked.first()
    if decision is None:
        return 0.0, None
    return Policy.objects.active().rules.linked_start, decision
