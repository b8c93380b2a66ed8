"""Before a first answer to a filtered campaign: what the sender can infer from it.

No one learns whom a campaign's filters matched, until a person answers. So the person is told once
for each such campaign, and decides knowing it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from audience.definition import read_definition
from audience.models import Filter, Person
from audience.places import region_name
from messaging.models import AnswerNotice, Campaign, Message
from profiles.models import Profile


@dataclass(frozen=True)
class Notice:
    """What the person has to know before they answer this message."""

    campaign: Campaign
    message_id: int
    facts: list[str]


def notice_due(person: Person, profile: Profile, *, message_id: int | None = None) -> Notice | None:
    """What the person must be told before they answer this message; None where nothing.

    Arguments:
        message_id: the message that is tapped; left out, the chat's newest, which words answer.
    """
    rows = Message.objects.filter(person_id=person.pk, profile_id=profile.pk)
    rows = rows.filter(id=message_id) if message_id is not None else rows.order_by("-id")
    message = rows.only("person_id", "id", "direction", "campaign_id").first()
    if message is None or message.campaign_id is None:
        return None
    campaign = Campaign.objects.get(pk=message.campaign_id)
    facts = facts_inferred(person, campaign)
    if not facts or was_told(person.pk, campaign.pk):
        return None
    return Notice(campaign, message.id, facts)


def facts_inferred(person: Person, campaign: Campaign) -> list[str]:
    """What an answer says about the person: their side of each filter below the country."""
    definition = read_definition(campaign.audience)
    facts = {
        Filter.REGION: lambda: region_name(person.region),
        Filter.AGE: definition.ages_in_words,
        Filter.TIER: person.get_tier_display,
    }
    return [str(facts[used]() or "") for used in definition.filters if facts[used]()]


def is_filtered(campaign: Campaign) -> bool:
    """Does an answer to it say more about a person than their country?"""
    return read_definition(campaign.audience).is_filtered


def was_told(person_id: int, campaign_id: int) -> bool:
    return AnswerNotice.objects.filter(person_id=person_id, campaign_id=campaign_id).exists()


def mark_told(person_id: int, campaign: Campaign, *, now: datetime | None = None) -> None:
    """The person has read what an answer to this campaign says about them."""
    AnswerNotice.objects.get_or_create(
        person_id=person_id,
        campaign_id=campaign.pk,
        defaults={"told_at": now or timezone.now()},
    )
