"""Limits of the plan on seats and profiles, asked inside the transaction that would add one."""

from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.entitlements import entitlements
from portal.base.refused import Refused
from profiles.models import Business, Profile
from profiles.signals import member_invited, profile_requested


@receiver(member_invited)
def guard_seats(sender, *, business: Business, email: str, **kwargs) -> None:
    """Members and open invitations together fit the seats. Raises Refused; the caller's lock on
    the business makes two invitations at once wait for each other.
    """
    business = _lock(business)
    invited = business.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=timezone.now()
    ).exclude(email__iexact=email)
    taken = business.memberships.filter(removed_at=None).count() + invited.count()
    seats = entitlements(business).seats
    if taken >= seats:
        raise Refused(
            _("All %(n)s seats of your plan are taken. Add seats on the page Plan and billing.")
            % {"n": seats},
            code="no_seat",
        )


@receiver(profile_requested)
def guard_profiles(sender, *, business: Business, is_test: bool, **kwargs) -> None:
    """Profiles fit the plan; the test profile is free. Raises Refused."""
    if is_test:
        return
    business = _lock(business)
    taken = Profile.objects.filter(business=business, is_test=False, closed_at=None).count()
    room = entitlements(business).profiles
    if taken >= room:
        raise Refused(
            _("Your plan has room for %(n)s profiles, and they are made. Take a larger plan.")
            % {"n": room},
            code="no_room_for_profile",
        )


def _lock(business: Business) -> Business:
    return Business.objects.select_for_update().get(pk=business.pk)
