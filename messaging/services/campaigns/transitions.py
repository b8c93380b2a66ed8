"""A campaign's steps after launch, each one guarded update: whoever comes second is told so.

Nothing leaves `cancelled`, `stopped` or `finished`; from all others `cancelled` can be reached.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.services.usage import release_recipients
from messaging.models import Campaign, CampaignChunk
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify

State = Campaign.State
UNDER_WAY = (State.RUNNING, State.PAUSED)
NOT_ENDED = (State.DRAFT, State.SCHEDULED, *UNDER_WAY)


@transaction.atomic
def pause_campaign(campaign: Campaign, *, by: User | None, because: str = "") -> Campaign:
    """Send nothing more for now; at most the chunks in hand are finished.

    Arguments:
        because: why, where a rule pauses it; a sentence for the business.
    """
    move(campaign, State.PAUSED, leaving=[State.RUNNING], paused_because=because)
    record(campaign, "campaign.paused", by=by, because=because)
    if because:
        _tell(campaign, "campaign_paused", _("“%s” is paused") % campaign.name, because)
    return campaign


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: User, now: datetime | None = None) -> Campaign:
    """End it for good; at most the chunks in hand are finished. What was not sent is not charged.

    Raises Refused where it has ended already.
    """
    now = now or timezone.now()
    move(campaign, State.CANCELLED, leaving=NOT_ENDED, ended_at=now)
    _give_back(campaign)
    record(campaign, "campaign.cancelled", by=by)
    return campaign


@transaction.atomic
def stop_campaign(
    campaign: Campaign, *, by: User | None, reason: str, now: datetime | None = None
) -> Campaign:
    """End it against the business's will: by rule 1, by lost standing, or by staff.

    Arguments:
        by: the member of staff; None where a rule did it.
        reason: a sentence for the business.
    """
    if not reason.strip():
        raise Refused(_("Say why."), code="no_reason")
    move(
        campaign,
        State.STOPPED,
        leaving=[State.SCHEDULED, *UNDER_WAY],
        ended_at=now or timezone.now(),
        stop_reason=reason.strip(),
        stopped_by=by,
    )
    _give_back(campaign)
    record(campaign, "campaign.stopped", by=by, reason=reason)
    _tell(campaign, "campaign_stopped", _("“%s” was stopped") % campaign.name, reason)
    return campaign


@transaction.atomic
def finish_if_done(campaign_id: int, *, now: datetime | None = None) -> bool:
    """Finished is what has no chunk left: derived from the ledger, never declared."""
    left = CampaignChunk.objects.filter(campaign=OuterRef("pk"), state=CampaignChunk.State.WAITING)
    finished = Campaign.objects.filter(~Exists(left), pk=campaign_id, state=State.RUNNING).update(
        state=State.FINISHED, ended_at=now or timezone.now()
    )
    if finished:
        campaign = Campaign.objects.select_related("business").get(pk=campaign_id)
        record(campaign, "campaign.finished", by=None)
        announce_progress(campaign)
    return bool(finished)


def move(campaign: Campaign, to: str, *, leaving: Iterable[str], **columns: object) -> None:
    """One guarded step: the row must stand in one of `leaving`, or Refused says where it stands."""
    moved = Campaign.objects.filter(pk=campaign.pk, state__in=list(leaving)).update(
        state=to, **columns
    )
    campaign.refresh_from_db()
    if not moved:
        raise Refused(
            _("“%(name)s” is %(state)s, so this can't be done.")
            % {"name": campaign.name, "state": campaign.get_state_display().lower()},
            code="wrong_state",
        )
    announce_progress(campaign)


def announce_progress(campaign: Campaign) -> None:
    """Tell open pages, of the business and of staff, that there is something new to fetch."""
    announce(f"campaign:{campaign.uuid}", "progress")
    announce(f"business:{campaign.business_id}", "campaign", campaign.uuid)


def _give_back(campaign: Campaign) -> None:
    """Return the share of the quota that stands for chunks not sent; no true count enters."""
    if not campaign.charged or campaign.launched_at is None:
        return
    chunks = list(campaign.chunks.filter(round=0).values_list("state", flat=True))
    waiting = chunks.count(CampaignChunk.State.WAITING)
    unsent = campaign.charged * waiting // max(1, len(chunks))
    if unsent:
        release_recipients(campaign.business, unsent, now=campaign.launched_at)
        Campaign.objects.filter(pk=campaign.pk).update(charged=campaign.charged - unsent)


def _tell(campaign: Campaign, kind: str, title: str, body: str) -> None:
    notify(
        campaign.business,
        kind,
        title=title,
        body=body,
        link=f"/w/{campaign.business.slug}/campaigns/{campaign.uuid}/",
        level=Notice.Level.BAD if kind == "campaign_stopped" else Notice.Level.WARN,
    )
