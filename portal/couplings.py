"""Where apps that do not know each other meet: what trust decides has its price in billing.

Never the other way: what a business pays changes no judgement of it.
"""

from datetime import timedelta

from django.dispatch import receiver

from billing.services.pauses import pause_subscription, resume_subscription
from billing.services.paying import close_pages
from profiles.models import Business, Profile
from profiles.signals import verification_changed
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


@receiver(standing_changed)
def take_no_money_without_standing(
    sender, *, profile: Profile, old: str, new: str, **kwargs
) -> None:
    """Only a profile in clear standing is paid: pages that are open at Stripe close at once."""
    if old == Standing.CLEAR and new != Standing.CLEAR:
        close_pages(profile=profile)


@receiver(verification_changed)
def take_no_money_unverified(sender, *, business: Business, is_verified: bool, **kwargs) -> None:
    """Nobody pays a business whose name is not confirmed any more."""
    if not is_verified:
        close_pages(business=business)


@receiver(penalty_reversed)
def give_back_lost_time(sender, *, profile: Profile, lost: timedelta, **kwargs) -> None:
    """Time lost to a penalty that was wrong is added to the term."""
    resume_subscription(profile.business, reason="appeal granted", lost=lost)


def _has_another(profile: Profile) -> bool:
    others = Profile.objects.filter(business_id=profile.business_id, is_test=False, closed_at=None)
    return others.exclude(pk=profile.pk).exclude(standing=Standing.REVOKED).exists()
