"""Where apps that do not know each other meet: what trust decides has its price in billing.

Never the other way: what a business pays changes no judgement of it.
"""

from datetime import timedelta

from django.dispatch import receiver

from billing.services.pauses import pause_subscription, resume_subscription
from profiles.models import Profile
from trust.signals import penalty_reversed, standing_changed

Standing = Profile.Standing


@receiver(standing_changed)
def charge_no_one_who_is_revoked(
    sender, *, profile: Profile, old: str, new: str, reason: str, **kwargs
) -> None:
    """While all profiles of a business are revoked it is not charged."""
    if new == Standing.REVOKED and not _has_another(profile):
        pause_subscription(profile.business, reason=reason)
    elif old == Standing.REVOKED:
        resume_subscription(profile.business, reason=reason)


@receiver(penalty_reversed)
def give_back_lost_time(sender, *, profile: Profile, lost: timedelta, **kwargs) -> None:
    """Time lost to a penalty that was wrong is added to the term."""
    resume_subscription(profile.business, reason="appeal granted", lost=lost)


def _has_another(profile: Profile) -> bool:
    others = Profile.objects.filter(business_id=profile.business_id, is_test=False, closed_at=None)
    return others.exclude(pk=profile.pk).exclude(standing=Standing.REVOKED).exists()
