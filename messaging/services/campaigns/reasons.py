"""Why a person got a campaign's message, in words: the right to know what was used, and to stop
it.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from audience.definition import AudienceDefinition, read_definition
from audience.models import Consent, Filter, Person, Topic
from audience.places import country_name, region_name
from audience.services.topics import muted_topics
from messaging.models import Campaign
from messaging.services.campaigns.topics import topics_of_campaign


@dataclass(frozen=True)
class Reason:
    """One rule that matched: what the business chose, and where we know it from."""

    rule: str
    source: str


@dataclass(frozen=True)
class Why:
    """All of it: who sent and paid, the rules that matched, the consent it stands on, and which of
    its topics the person can still say no to.
    """

    campaign: Campaign
    legal_name: str
    reasons: list[Reason]
    consent: Consent | None
    topics: list[Topic]


def why_this_message(person: Person, campaign: Campaign) -> Why:
    """What made this campaign reach this person. Only for the person and for staff."""
    muted = muted_topics(person.pk)
    verification = campaign.business.verifications.order_by("-granted_at").first()
    return Why(
        campaign=campaign,
        legal_name=verification.case.legal_name if verification else campaign.business.name,
        reasons=_reasons(person, read_definition(campaign.audience)),
        consent=Consent.objects.filter(
            person_id=person.pk, kind=Consent.Kind.MARKETING, scope_id=0
        ).first(),
        topics=[
            topic
            for topic in topics_of_campaign(campaign)
            if topic != Topic.OTHER and topic not in muted
        ],
    )


def _reasons(person: Person, definition: AudienceDefinition) -> list[Reason]:
    from_messenger = _("Your messenger told us when you joined.")
    reasons = [
        Reason(
            _("You live in %(country)s.") % {"country": country_name(person.country)},
            from_messenger,
        )
    ]
    if Filter.REGION in definition.filters:
        words = _("You live in %(region)s.") % {"region": region_name(person.region)}
        reasons.append(Reason(words, from_messenger))
    if Filter.AGE in definition.filters:
        words = _("Your age: %(ages)s.") % {"ages": definition.ages_in_words()}
        reasons.append(Reason(words, from_messenger))
    if Filter.TIER in definition.filters:
        words = _("Your phone is in the group “%(tier)s”.") % {"tier": person.get_tier_display()}
        reasons.append(
            Reason(words, _("Guessed from your phone's model. You can switch this off."))
        )
    return reasons
