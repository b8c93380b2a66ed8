"""What beat looks after: wake-ups may be lost and workers may die, but the rows say what is due.

Each is named for its effect, may run at any time and twice, and returns how many it touched.
"""

from datetime import timedelta

from celery import shared_task
from django.db import connection
from django.db.models import Exists, Max, OuterRef
from django.utils import timezone

from messaging.models import Campaign, CampaignChunk
from messaging.services.campaigns.delivery import wake_workers
from messaging.services.campaigns.first_batch import (
    LOOK_EVERY,
    hold_first_batch,
    judge_first_batch,
    look_again,
)
from messaging.services.campaigns.lanes import LANES, campaigns_with_work, lane_of
from messaging.services.campaigns.transitions import UNDER_WAY, finish_if_done

State = Campaign.State
STALLED_AFTER = timedelta(seconds=10)  # a chunk takes well under a second
SQUASH_AT_ONCE = 20_000  # rows


@shared_task
def resume_stalled_campaigns() -> int:
    """Wake the workers of lanes whose campaigns wait although nothing was sent lately."""
    resumed = 0
    for lane in LANES:
        waiting = [campaign for campaign, _business in campaigns_with_work(lane)]
        if waiting and not _moved_lately(waiting):
            wake_workers(lane)
            resumed += len(waiting)
    return resumed


@shared_task
def release_first_batches() -> int:
    """Look at every first batch whose hold is over, and begin holds that a dead worker did not.

    Also at those that were paused: nobody gets around the verdict by pausing.
    """
    now, judged = timezone.now(), 0
    for campaign in _running().filter(released_at=None, hold_until=None):
        hold_first_batch(campaign.pk, now=now)
    for campaign in _in(*UNDER_WAY).filter(released_at=None, hold_until__lte=now):
        if judge_first_batch(campaign, now=now) == "released":
            wake_workers(lane_of(campaign))
        judged += 1
    return judged


@shared_task
def look_at_running_campaigns() -> int:
    """Rule 1's later looks. Returns how many campaigns they stopped."""
    now = timezone.now()
    due = _running().filter(released_at__lt=now - LOOK_EVERY)
    return sum(look_again(campaign, now=now) for campaign in due)


@shared_task
def finish_campaigns() -> int:
    """Finish what has no chunk left, where the last worker died before it could say so."""
    left = CampaignChunk.objects.filter(campaign=OuterRef("pk"), state="waiting")
    done = Campaign.objects.filter(~Exists(left), state=State.RUNNING)
    return sum(finish_if_done(pk) for pk in done.values_list("pk", flat=True))


@shared_task
def squash_counters() -> int:
    """Add up counts of the same thing into one row. Readers see the same sum at every moment.

    Returns how many rows went.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with taken as (
              delete from messaging_counterdelta where id in (
                select id from messaging_counterdelta where not squashed order by id limit %s
                for update skip locked)
              returning *),
            added as (
              insert into messaging_counterdelta as c
                (business_id, profile_id, campaign_id, metric, day, n, squashed)
              select business_id, profile_id, campaign_id, metric, day, sum(n), true from taken
               group by 1, 2, 3, 4, 5 order by 1, 2, 3, 4, 5
              on conflict (business_id, profile_id, campaign_id, metric, day) where squashed
              do update set n = c.n + excluded.n
              returning 1)
            select (select count(*) from taken), (select count(*) from added)
            """,
            [SQUASH_AT_ONCE],
        )
        return cursor.fetchone()[0]


def _running():
    return _in(State.RUNNING)


def _in(*states: str):
    return Campaign.objects.filter(state__in=states).select_related("profile__business", "business")


def _moved_lately(campaigns: list[int]) -> bool:
    last = CampaignChunk.objects.filter(campaign__in=campaigns, done_at__isnull=False).aggregate(
        last=Max("done_at")
    )["last"]
    # A clock that was wrong may have written a moment to come: that says nothing.
    return last is not None and abs(timezone.now() - last) < STALLED_AFTER
