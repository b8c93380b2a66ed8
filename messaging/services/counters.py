"""Counts as rows to add up: writers only insert, so they never wait for each other."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone

from messaging.models import CampaignChunk, CounterDelta
from portal.base.prepared import run
from profiles.models import Profile

# sent, delivered, read, replied, blocked, reported, failed: messages, single and of campaigns;
# received: messages of people;
# started: single messages to people who had not written for 24 hours.

LONGEST_CAMPAIGN = timedelta(days=30)  # paused and resumed: older chunks are not looked for


def count(
    profile: Profile, metric: str, n: int = 1, *, campaign_id: int | None = None, now: datetime
) -> None:
    """Write down that `metric` happened `n` times."""
    run(
        """
        insert into messaging_counterdelta
          (business_id, profile_id, campaign_id, metric, day, n, squashed)
        values (%s, %s, %s, %s, %s, %s, false)
        """,
        [profile.business_id, profile.pk, campaign_id, metric, now.astimezone(UTC).date(), n],
    )


def reached_today(profile: Profile, *, now: datetime | None = None) -> int:
    """People to whom the profile wrote first today (UTC): what its daily cap counts.

    Single messages exactly, a campaign by the part of its charge that its sent chunks are: how much
    of a cap is left must not tell how many people a filter matched.
    """
    today = (
        (now or timezone.now()).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    )
    started = CounterDelta.objects.filter(
        metric="started",
        business_id=profile.business_id,
        profile_id=profile.pk,
        day=today.date(),
    ).aggregate(n=Sum("n"))["n"]
    chunks = CampaignChunk.objects.filter(
        campaign__profile=profile,
        campaign__launched_at__gte=today - LONGEST_CAMPAIGN,
        state=CampaignChunk.State.DONE,
        done_at__gte=today,
        done_at__lt=today + timedelta(days=1),
    )
    charges = chunks.values_list("campaign__charged").annotate(n=Count("pk"))
    return (started or 0) + sum((charge or 0) * n // settings.BUCKETS for charge, n in charges)
