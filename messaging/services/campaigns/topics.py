"""What a campaign is about, for people who want no adverts of a kind."""

from audience.models import Topic
from audience.topics import topics_of
from messaging.models import Campaign


def topics_of_campaign(campaign: Campaign) -> list[Topic]:
    """Its topics as they are now: a business that changes its trade changes them at once."""
    return topics_of(campaign.profile.vertical, campaign.audience.get("category", ""))
