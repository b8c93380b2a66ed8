"""What launching a campaign would mean: whom it reaches, what it costs, what stands against it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.definition import read_definition
from audience.services.estimates import Estimate, estimate
from billing.entitlements import entitlements
from billing.services.usage import recipients_used
from messaging import rules
from messaging.models import Campaign, CampaignChunk, Message, Template
from messaging.models.campaigns import HIDDEN_BELOW
from messaging.services.campaigns.first_batch import size_of_first_batch
from messaging.services.campaigns.transitions import UNDER_WAY
from messaging.services.campaigns.turns import turn_of
from messaging.services.counters import reached_today
from messaging.services.templates.filling import render
from portal.base.refused import Refused

REPEAT_WITHIN = timedelta(hours=48)
PEOPLE_A_SECOND = 20_000  # a careful guess of one machine's speed, for "takes about"


@dataclass(frozen=True)
class Plan:
    """What launching now would mean; shown before the button is pressed.

    Attributes:
        estimate: the published size of the audience.
        people: how many get it at most, after caps and quota: what the quota is charged.
        limit: what made it fewer: "own", "cap", "quota", or "" where nobody falls away.
        left: recipients left in the plan's month.
        first_batch: people of the first batch, about.
        seconds: about how long, without the hold.
        repeats: an earlier campaign with the same words to the same people, within 48 hours.
        turn: how many times as coarse its counts are as those of a first one to these people.
    """

    estimate: Estimate
    people: int
    limit: str
    left: int
    first_batch: int
    seconds: int
    repeats: Campaign | None
    turn: int

    @property
    def step(self) -> int:
        """People that its counts move by at a time, at least."""
        return HIDDEN_BELOW * self.turn


def plan_of(campaign: Campaign, *, now: datetime | None = None) -> Plan:
    """What launching the campaign now would mean.

    Raises Refused with the reason why it can't be launched at all.
    """
    now = now or timezone.now()
    template = _check_complete(campaign)
    rules.may_begin(campaign.profile, now=now)
    rules.check_template(
        campaign.profile,
        template,
        kind=Message.Kind.TEMPLATE,
        message_class=rules.class_of(template),
    )
    found = estimate(read_definition(campaign.audience))
    if not found.may_run:
        raise Refused(found.reason, code="audience_too_small")

    left = _quota_left(campaign, now)
    limits = {"own": campaign.max_recipients, "cap": _cap_left(campaign, now), "quota": left}
    people, limit = found.count.people, ""
    for name, most in limits.items():
        if most is not None and most < people:
            people, limit = most, name
    first, _chunks = size_of_first_batch(people, settings.BUCKETS)
    return Plan(
        estimate=found,
        people=people,
        limit=limit,
        left=left,
        first_batch=first,
        seconds=max(1, round(people / PEOPLE_A_SECOND)),
        repeats=_earlier(campaign, now),
        turn=turn_of(campaign, snapshot=found.snapshot),
    )


def _check_complete(campaign: Campaign) -> Template:
    if campaign.template is None:
        raise Refused(_("Choose what to say: an approved template."), code="no_template")
    if not campaign.audience:
        raise Refused(_("Choose who gets it: an audience."), code="no_audience")
    if campaign.template.category != Template.Category.MARKETING:
        raise Refused(
            _(
                "What goes to an audience is an advert, so its template must be of the category "
                "“Advert”. Service updates and codes go to people you know."
            ),
            code="class_mismatch",
        )
    return campaign.template


def check_room(plan: Plan) -> None:
    if plan.people > 0:
        return
    if plan.limit == "cap":
        raise Refused(
            _("This profile has reached its daily cap. It grows with quality; try again tomorrow."),
            code="cap_reached",
        )
    raise Refused(
        _("Your plan's recipients of this month are used up. Take a larger plan to send more."),
        code="quota_reached",
    )


def _quota_left(campaign: Campaign, now: datetime) -> int:
    rights = entitlements(campaign.business, now)
    return max(0, rights.recipients_a_month - recipients_used(campaign.business, now=now))


def _cap_left(campaign: Campaign, now: datetime) -> int | None:
    """What the daily cap leaves, after what was sent today and what is still under way."""
    cap = campaign.profile.daily_cap
    if cap is None:
        return None
    under_way = Campaign.objects.filter(profile=campaign.profile, state__in=UNDER_WAY)
    waiting = sum(
        (row.charged or 0)
        * row.chunks.filter(state=CampaignChunk.State.WAITING).count()
        // settings.BUCKETS
        for row in under_way
    )
    return max(0, cap - reached_today(campaign.profile, now=now) - waiting)


def fingerprint_of(campaign: Campaign) -> str:
    """The same for the same words to the same people."""
    words = [campaign.profile_id, campaign.template_id, campaign.body, campaign.content]
    return hashlib.sha256(
        json.dumps([*words, campaign.audience], sort_keys=True).encode()
    ).hexdigest()


def _earlier(campaign: Campaign, now: datetime) -> Campaign | None:
    """A campaign of the last 48 hours with the same words to the same people."""
    assert campaign.template is not None
    rendered = render(campaign.template, (campaign.content or {}).get("parameters"))
    like_this = Campaign(
        profile_id=campaign.profile_id,
        template_id=campaign.template_id,
        body=rendered.body,
        content=rendered.content,
        audience=campaign.audience,
    )
    return (
        Campaign.objects.filter(
            profile=campaign.profile,
            fingerprint=fingerprint_of(like_this),
            launched_at__gt=now - REPEAT_WITHIN,
            launched_at__lte=now,
        )
        .exclude(pk=campaign.pk)
        .order_by("-launched_at")
        .first()
    )
