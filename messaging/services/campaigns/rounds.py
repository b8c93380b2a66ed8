"""Later rounds of a bucket: for people who must not be disturbed yet.

Quiet hours, or a time on each person's own clock: whoever waits is left out now, and the bucket
comes again when the first of them may be disturbed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from messaging.models import Campaign

LONGEST_WAIT = timedelta(hours=36)  # after the launch: once around the world, and one night


def who_waits() -> dict[int, int]:
    """bucket -> seconds until the first of its people may be disturbed, of the chunk in hand."""
    with connection.cursor() as cursor:
        cursor.execute("select bucket, min(wait) from chunk where wait > 0 group by bucket")
        return dict(cursor.fetchall())


def come_back_later(
    campaign: Campaign, chunks: Mapping[int, int], waiting: Mapping[int, int], *, now: datetime
) -> None:
    """Write the next round of the buckets in which somebody waits.

    Arguments:
        chunks: chunk id -> bucket, of the chunks in hand.
        waiting: as `who_waits` says.
    """
    assert campaign.launched_at is not None
    last = campaign.launched_at + LONGEST_WAIT
    due = {pk: now + timedelta(seconds=waiting[b]) for pk, b in chunks.items() if b in waiting}
    due = {pk: at for pk, at in due.items() if at <= last}
    if not due:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into messaging_campaignchunk
              (campaign_id, position, bucket, round, due_at, state)
            select k.campaign_id, k.position + %s, k.bucket, k.round + 1, d.due_at, 'waiting'
              from unnest(%s::bigint[], %s::timestamptz[]) d(id, due_at)
              join messaging_campaignchunk k on k.id = d.id
            """,
            [settings.BUCKETS, list(due), list(due.values())],
        )
