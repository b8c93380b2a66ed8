"""Back after a revocation: by a new verification, asked for 180 days later at the earliest."""

from django.dispatch import receiver
from django.utils.translation import gettext as _

from profiles.models import Business, Profile
from profiles.signals import verification_changed
from trust.services.standing import decide_by_staff


@receiver(verification_changed)
def give_badge_back(sender, *, business: Business, is_verified: bool, **kwargs) -> None:
    """The business was verified anew: profiles revoked long before it asked begin again, clear."""
    if not is_verified:
        return
    verification = business.verifications.select_related("case", "granted_by").latest("granted_at")
    for profile in business.profiles.lost_long_ago(verification.case.created_at):
        decide_by_staff(
            profile,
            to=Profile.Standing.CLEAR,
            by=verification.granted_by,
            reason=_("A new verification, more than 180 days after the badge was lost."),
            now=verification.granted_at,
        )
