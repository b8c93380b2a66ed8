"""The first batch of a campaign: sent, watched, judged by rule 1, and then the rest, or a stop.

first_batch          1 % of the people, at least 500, at most 10,000, drawn at random
hold_until           after it was sent: settings.FIRST_BATCH_HOLD, longer (at most LONGEST_HOLD)
                     while fewer than ENOUGH_SEEN people have seen it; of a limited profile, until
                     staff release it or the policy's `limit_hold` is over
released_at          found good; later looks follow every LOOK_EVERY while it is sent
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Campaign, CampaignChunk, CounterDelta, Message
from messaging.services.campaigns.transitions import announce_progress, stop_campaign
from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record
from trust.evidence import Look
from trust.models import Policy
from trust.services.evaluation import look_at_campaign

State = Campaign.State

FIRST_SHARE, FIRST_LEAST, FIRST_MOST = 0.01, 500, 10_000  # trust.md, rule 1
ENOUGH_SEEN = 50  # people; before that a verdict says little (messaging.md, "Staged roll-out")
LONGEST_HOLD = timedelta(hours=2)
LOOK_AGAIN = timedelta(minutes=5)  # while too few have seen it
LOOK_EVERY = timedelta(minutes=1)  # once it is released


def size_of_first_batch(people: int, buckets: int) -> tuple[int, int]:
    """How many people, and how many buckets of `buckets`, are the first batch of an audience.

    Arguments:
        people: the published estimate.
    """
    wanted = min(people, max(FIRST_LEAST, min(FIRST_MOST, round(people * FIRST_SHARE))))
    chunks = min(buckets, max(1, -(-wanted * buckets // max(1, people))))
    return people * chunks // buckets, chunks


def hold_first_batch(campaign_id: int, *, now: datetime) -> bool:
    """Begin the hold when all of the first batch is sent.

    Returns whether it was released at once, where there is no hold.
    """
    first = CampaignChunk.objects.filter(
        campaign=OuterRef("pk"),
        state=CampaignChunk.State.WAITING,
        position__lt=OuterRef("first_chunks"),
    )
    campaign = (
        Campaign.objects.select_related("profile__business")
        .filter(pk=campaign_id, released_at=None, hold_until=None, launched_at__isnull=False)
        .first()
    )
    if campaign is None or campaign.state != State.RUNNING:
        return False
    urgent = campaign.message_class == Message.Class.CRITICAL
    until = now if urgent else now + settings.FIRST_BATCH_HOLD
    begun = Campaign.objects.filter(
        ~Exists(first), pk=campaign_id, hold_until=None, released_at=None
    ).update(hold_until=until)
    if begun and until <= now:
        campaign.hold_until = until
        return judge_first_batch(campaign, now=now) == "released"
    return False


def judge_first_batch(campaign: Campaign, *, now: datetime) -> str:
    """The planned look at the end of the hold. Returns "stopped", "held" or "released"."""
    look = look_at_campaign(campaign.profile, campaign_id=campaign.pk, name=campaign.name, now=now)
    Campaign.objects.filter(pk=campaign.pk).update(look=look.as_dict() | {"at": now.isoformat()})
    if look.stop:
        _stop(campaign, look, now)
        return "stopped"
    if _too_early(campaign, now):
        Campaign.objects.filter(pk=campaign.pk, released_at=None).update(
            hold_until=now + LOOK_AGAIN
        )
        announce_progress(campaign)
        return "held"
    if until := _waits_for_staff(campaign, now):
        Campaign.objects.filter(pk=campaign.pk, released_at=None).update(hold_until=until)
        announce_progress(campaign)
        return "held"
    Campaign.objects.filter(pk=campaign.pk, released_at=None).update(released_at=now)
    announce_progress(campaign)
    return "released"


@transaction.atomic
def release_first_batch(
    campaign: Campaign, *, by: User, reason: str, now: datetime | None = None
) -> None:
    """Staff let the rest go out before the hold is over; `resume_stalled_campaigns` wakes the
    workers within seconds. Raises Refused where nothing waits.
    """
    waiting = Campaign.objects.filter(pk=campaign.pk, state=State.RUNNING, released_at=None)
    if not waiting.exclude(hold_until=None).update(released_at=now or timezone.now()):
        raise Refused(_("Nothing of this campaign waits to be released."))
    record(campaign, "campaign.released", by=by, reason=reason)
    announce_progress(campaign)


def look_again(campaign: Campaign, *, now: datetime) -> bool:
    """A later look, while the rest is sent. Returns whether it stopped the campaign."""
    look = look_at_campaign(campaign.profile, campaign_id=campaign.pk, name=campaign.name, now=now)
    Campaign.objects.filter(pk=campaign.pk).update(look=look.as_dict() | {"at": now.isoformat()})
    if look.stop:
        _stop(campaign, look, now)
    return look.stop


def seen_by(campaign: Campaign) -> int:
    """How many people's clients have fetched the message. Exact: for rules and staff only."""
    rows = CounterDelta.objects.filter(campaign_id=campaign.pk, metric="delivered")
    return rows.aggregate(n=Sum("n"))["n"] or 0


def _too_early(campaign: Campaign, now: datetime) -> bool:
    """Whether to watch on: too few have seen it, and the longest hold is not over."""
    if campaign.message_class == Message.Class.CRITICAL or not settings.FIRST_BATCH_HOLD:
        return False
    last = (
        campaign.chunks.filter(state=CampaignChunk.State.DONE)
        .order_by("-done_at")
        .values_list("done_at", flat=True)
        .first()
    )
    watched_long = last is not None and now - last >= LONGEST_HOLD
    return not watched_long and seen_by(campaign) < ENOUGH_SEEN


def _waits_for_staff(campaign: Campaign, now: datetime) -> datetime | None:
    """Until when the rest of a limited profile's campaign waits for staff (trust.md, "limit")."""
    # Asked anew: the look may have moved the profile.
    limited = Profile.objects.filter(pk=campaign.profile_id, standing=Profile.Standing.LIMITED)
    if not campaign.launched_at or not limited.exists():
        return None
    hours = Policy.objects.active().rules.limit_hold
    until = campaign.launched_at + timedelta(hours=hours)
    return until if now < until else None


def _stop(campaign: Campaign, look: Look, now: datetime) -> None:
    # How many said no is for staff alone: see docs/privacy.md.
    reason = _(
        "Too many people said no. We are more than %(certainty)g %% sure that over %(line)g %% of "
        "those who see it would block or report it."
    ) % {"certainty": 100 * look.needed, "line": 100 * look.line}
    try:
        stop_campaign(campaign, by=None, reason=reason, now=now)
    except Refused:
        announce_progress(campaign)  # it has ended meanwhile, by cancel
