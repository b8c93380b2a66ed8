"""Counts as rows to add up: writers only insert, so they never wait for each other."""

from datetime import UTC, datetime

from django.db.models import Q, Sum
from django.utils import timezone

from messaging.models import CounterDelta
from profiles.models import Profile

# sent, delivered, read, replied, blocked, reported, failed: messages, single and of campaigns;
# received: messages of people;
# started: single messages to people who had not written for 24 hours.


def count(
    profile: Profile, metric: str, n: int = 1, *, campaign_id: int | None = None, now: datetime
) -> None:
    """Write down that `metric` happened `n` times."""
    CounterDelta.objects.create(
        business_id=profile.business_id,
        profile_id=profile.pk,
        campaign_id=campaign_id,
        metric=metric,
        day=now.astimezone(UTC).date(),
        n=n,
    )


def reached_today(profile: Profile, *, now: datetime | None = None) -> int:
    """People to whom the profile wrote first today (UTC): what its daily cap counts."""
    day = (now or timezone.now()).astimezone(UTC).date()
    rows = CounterDelta.objects.filter(
        Q(metric="sent", campaign_id__isnull=False) | Q(metric="started"),
        business_id=profile.business_id,
        profile_id=profile.pk,
        day=day,
    )
    return rows.aggregate(n=Sum("n"))["n"] or 0
