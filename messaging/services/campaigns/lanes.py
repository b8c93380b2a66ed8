"""Lanes: urgent messages have workers of their own; which campaigns have work for a lane."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from messaging.models import Campaign, Message

# Which campaigns a queue's workers send.
CRITICAL = [Message.Class.CRITICAL]
LANES = {"critical": CRITICAL, "campaign": [c for c in Message.Class if c not in CRITICAL]}


def lane_of(campaign: Campaign) -> str:
    return "critical" if campaign.message_class == Message.Class.CRITICAL else "campaign"


def campaigns_with_work(lane: str, *, now: datetime | None = None) -> list[tuple[int, int]]:
    """(campaign, business) of running campaigns that have chunks which may go now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select c.id, c.business_id from messaging_campaign c
             where c.state = 'running' and c.message_class = any(%s)
               and exists (select 1 from messaging_campaignchunk k
                            where k.campaign_id = c.id and k.state = 'waiting'
                              and (k.due_at is null or k.due_at <= %s)
                              and (c.released_at is not null or k.position < c.first_chunks))
            """,
            [[str(value) for value in LANES[lane]], now or timezone.now()],
        )
        return cursor.fetchall()
