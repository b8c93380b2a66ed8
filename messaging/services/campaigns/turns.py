"""Which turn a campaign has among those of its business that may reach the same people.

Each campaign's counts tell a little about each person in it, and what several tell adds up. So
within one snapshot no two campaigns that one person can be in have the same turn, and the counts of
turn k carry k times the noise, in steps k times as large. Noise of k times the width tells 1/k² as
much; 1 + 1/4 + 1/9 + ... stays below 1.65, however many there are. So any number of campaigns tells
less than two did with the same noise each (docs/privacy.md has the figures; make privacy attacks).
The next snapshot begins again with 1.
"""

from audience.definition import AudienceDefinition
from audience.models import Snapshot
from messaging.models import Campaign


def turn_of(campaign: Campaign, *, snapshot: Snapshot) -> int:
    """One more than the highest turn of the snapshot's campaigns that may share people with it.

    All profiles of the business count. At the launch it is asked after usage is claimed: the row of
    the month's usage lets one launch of a business in at a time.
    """
    mine = AudienceDefinition.stored(campaign.audience)
    earlier = Campaign.objects.filter(
        business=campaign.business_id,
        snapshot_id=snapshot.pk,
        launched_at__isnull=False,
    ).exclude(pk=campaign.pk)
    turns = (
        turn
        for audience, turn in earlier.values_list("audience", "turn")
        if mine.may_share_people_with(AudienceDefinition.stored(audience))
    )
    return max(turns, default=0) + 1
