"""Launching at a moment to come: asked for now, and asked again when it has come."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.places import time_zones_of
from messaging.models import Campaign
from messaging.services.campaigns.launching import launch_campaign, locked, must_be
from messaging.services.campaigns.plans import plan_of
from messaging.services.campaigns.transitions import move
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify

State = Campaign.State


@transaction.atomic
def schedule_campaign(
    campaign: Campaign, *, by: User, at: datetime, now: datetime | None = None
) -> Campaign:
    """Launch it at a moment to come; whether it may go is asked now, and again then."""
    return _schedule(campaign, by=by, at=at, wall_clock=None, now=now)


@transaction.atomic
def schedule_by_local_time(
    campaign: Campaign, *, by: User, at: datetime, now: datetime | None = None
) -> Campaign:
    """Let each person get it when the clock where they are shows the time of `at`.

    It is launched when the first of the country's time zones gets there. Who lives further east
    than all of them gets it then, so a little late.

    Arguments:
        at: day and time on every clock; its time zone does not matter.
    """
    if not campaign.audience:
        raise Refused(_("Choose who gets it: an audience."), code="no_audience")
    zones = time_zones_of(campaign.audience["country"]) or {campaign.business.time_zone}
    first = min(at.replace(tzinfo=ZoneInfo(zone)) for zone in zones)
    return _schedule(campaign, by=by, at=first, wall_clock=at.replace(tzinfo=UTC), now=now)


def _schedule(
    campaign: Campaign,
    *,
    by: User,
    at: datetime,
    wall_clock: datetime | None,
    now: datetime | None,
) -> Campaign:
    now = now or timezone.now()
    if at <= now:
        raise Refused(_("Choose a time that is still to come."), code="past")
    campaign = locked(campaign)
    must_be(campaign, State.DRAFT, State.SCHEDULED)
    plan_of(campaign, now=now)
    campaign.state, campaign.scheduled_at, campaign.launched_by = State.SCHEDULED, at, by
    campaign.wall_clock = wall_clock
    campaign.save(update_fields=["state", "scheduled_at", "wall_clock", "launched_by"])
    record(
        campaign,
        "campaign.scheduled",
        by=by,
        at=at.isoformat(),
        wall_clock=wall_clock.isoformat() if wall_clock else None,
    )
    announce(f"business:{campaign.business_id}", "campaign", campaign.uuid)
    return campaign


def unschedule_campaign(campaign: Campaign, *, by: User) -> Campaign:
    """Make it a draft again, to be changed."""
    with transaction.atomic():
        move(campaign, State.DRAFT, leaving=[State.SCHEDULED], scheduled_at=None, wall_clock=None)
        record(campaign, "campaign.unscheduled", by=by)
    return campaign


@shared_task
def launch_scheduled() -> int:
    """Launch what is due. What may not go becomes a draft again, and its business is told why."""
    launched = 0
    due = Campaign.objects.filter(state=State.SCHEDULED, scheduled_at__lte=timezone.now())
    for campaign in due.select_related("profile__business", "business", "template"):
        try:
            launch_campaign(
                campaign, by=campaign.launched_by or campaign.created_by, confirmed_repeat=True
            )
            launched += 1
        except Refused as refusal:
            _put_back(campaign, refusal)
    return launched


def _put_back(campaign: Campaign, refusal: Refused) -> None:
    with transaction.atomic():
        moved = Campaign.objects.filter(pk=campaign.pk, state=State.SCHEDULED).update(
            state=State.DRAFT, scheduled_at=None, wall_clock=None
        )
        if not moved:
            return
        record(campaign, "campaign.not_launched", by=None, reason=refusal.sentence)
        notify(
            campaign.business,
            "campaign_not_launched",
            title=_("“%s” was not sent") % campaign.name,
            body=refusal.sentence,
            link=f"/w/{campaign.business.slug}/campaigns/{campaign.uuid}/",
            level=Notice.Level.WARN,
        )
