"""A profile that loses its standing sends no more: its campaigns end in the same transaction."""

from django.dispatch import receiver

from messaging.models import Campaign
from messaging.services.campaigns.transitions import NOT_ENDED, pause_campaign, stop_campaign
from portal.base.refused import Refused
from profiles.models import Profile
from trust.signals import standing_changed

State = Campaign.State


@receiver(standing_changed)
def end_campaigns(sender, *, profile: Profile, old: str, new: str, reason: str, **kwargs) -> None:
    """Suspended or revoked: stop. Limited: what is being sent waits."""
    live = Campaign.objects.filter(profile=profile, state__in=NOT_ENDED).select_related("business")
    for campaign in live.exclude(state=State.DRAFT):
        try:
            if new in Profile.BADGE_OFF:
                stop_campaign(campaign, by=None, reason=reason)
            elif new == Profile.Standing.LIMITED and old not in Profile.BADGE_OFF:
                pause_campaign(campaign, by=None, because=reason)
        except Refused:
            continue  # it has ended, or was paused, meanwhile
