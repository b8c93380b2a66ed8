"""Who did not get a campaign, and why: one query, for staff alone.

The reasons are those of now: a person who said no after the chunk was sent has the message.
"""

from collections.abc import Mapping

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from psycopg.sql import SQL, Literal

from audience.ages import ADULT, birth_year_at
from audience.definition import read_definition
from audience.eligibility import matching, week_of
from messaging.models import Campaign, CampaignChunk
from messaging.services.campaigns.topics import topics_of_campaign

# The first that holds is the reason.
REASONS = """
select reason, count(*) from (
  select case
      when p.birth_year is null or p.birth_year > {adult} then 'age'
      when not p.marketing then 'opted_out'
      when exists (select from audience_block k
                    where k.person_id = p.person_id and k.profile_id = {profile}) then 'blocked'
      when exists (select from audience_consent n
                    where n.person_id = p.person_id and n.scope_id in (0, {business})
                      and n.kind in ('marketing', 'business_marketing') and not n.granted)
        then 'muted'
      when exists (select from audience_mutedtopic t
                    where t.person_id = p.person_id and t.topic = any({topics}))
        then 'topic'
      when coalesce(p.ads_per_week, {ads}) = 0
        or exists (select from audience_budget b
                    where b.person_id = p.person_id and b.week = {week} and b.n >= b.allowed)
        then 'budget'
      else {rest} end as reason
    from audience_person p
   where {matching}
     and not exists (select from messaging_message m
                      where m.person_id = p.person_id and m.id = {message})
  union all
  select 'turned_away' from messaging_message m
   where m.campaign_id = {campaign} and m.failed_at is not null) found
group by reason order by count(*) desc
"""


def why_not_delivered(campaign: Campaign) -> Mapping[str, int]:
    """reason -> how many people of the audience, exactly; a launched campaign only.

    age, opted_out, blocked, muted, topic, budget    they may not be sent adverts, or not this one
    turned_away                                      their messenger did not take it
    waiting                                          not yet: the campaign is under way
    left_over                                        beyond the cap, or a part never sent
    """
    assert campaign.launched_at is not None
    is_under_way = campaign.chunks.filter(state=CampaignChunk.State.WAITING).exists()
    with connection.cursor() as cursor:
        cursor.execute(
            SQL(REASONS).format(
                adult=Literal(birth_year_at(ADULT, now=campaign.launched_at)),
                profile=Literal(campaign.profile_id),
                business=Literal(campaign.business_id),
                topics=Literal([str(topic) for topic in topics_of_campaign(campaign)]),
                ads=Literal(settings.ADS_PER_WEEK),
                week=Literal(week_of(campaign.launched_at)),
                rest=Literal("waiting" if is_under_way and not campaign.ended_at else "left_over"),
                matching=matching(read_definition(campaign.audience), now=campaign.launched_at),
                message=Literal(campaign.message_id),
                campaign=Literal(campaign.pk),
            )
        )
        return dict(cursor.fetchall())


def reason_names() -> dict[str, str]:
    """What each reason is called on pages."""
    return {
        "age": _("too young, or of unknown age"),
        "opted_out": _("no adverts at all"),
        "blocked": _("blocked the sender"),
        "muted": _("muted the business"),
        "topic": _("want no adverts of this kind"),
        "budget": _("no advert left that week"),
        "turned_away": _("turned away by their messenger"),
        "waiting": _("not yet"),
        "left_over": _("beyond the cap, or never sent"),
    }
