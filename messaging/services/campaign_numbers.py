"""What a campaign's counts may show to its business, and how far it has come.

Each count carries one draw of noise, made once and kept: neither asking again nor asking otherwise
tells more. Below HIDDEN_BELOW nothing is shown. The exact ledger is for staff and the person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from audience.noise import discrete_laplace
from messaging.models import Campaign, CampaignNoise, CounterDelta

HIDDEN_BELOW = 50
METRICS = ("sent", "delivered", "read", "replied", "blocked", "reported")
RATE_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Progress:
    """How far a campaign is, by its chunks: says nothing about any person.

    Attributes:
        done, total: chunks.
        percent: 0 to 100, whole.
        rate: people a minute, about; 0 while nothing moves.
        left: time until the end at this rate; None where nothing moves.
    """

    done: int
    total: int
    percent: int
    rate: int
    left: timedelta | None


def exact_counts(campaign: Campaign) -> dict[str, int]:
    """metric -> how many. For staff and rules; never for the business."""
    rows = CounterDelta.objects.filter(campaign_id=campaign.pk)
    found = dict(rows.values_list("metric").annotate(n=Sum("n")))
    return {metric: found.get(metric, 0) for metric in METRICS}


def shown_counts(campaign: Campaign) -> dict[str, int | None]:
    """metric -> the count that the business sees; None is "fewer than HIDDEN_BELOW"."""
    noise = _noise(campaign)
    return {
        metric: n + noise[metric] if n + noise[metric] >= HIDDEN_BELOW else None
        for metric, n in exact_counts(campaign).items()
    }


def progress_of(campaign: Campaign, *, now: datetime | None = None) -> Progress:
    """How far it is now."""
    now = now or timezone.now()
    since = now - RATE_WINDOW
    found = campaign.chunks.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state="done")),
        lately=Count("pk", filter=Q(done_at__gt=since)),
        first=Min("done_at", filter=Q(done_at__gt=since)),
        last=Max("done_at"),
    )
    total, done = found["total"], found["done"]
    people = (campaign.charged or 0) / max(1, total)
    rate = 0.0  # chunks a second
    if found["lately"] > 1 and campaign.state == Campaign.State.RUNNING:
        rate = found["lately"] / max(0.1, (now - found["first"]).total_seconds())
    return Progress(
        done=done,
        total=total,
        percent=100 * done // total if total else 0,
        rate=round(60 * rate * people),
        left=timedelta(seconds=round((total - done) / rate)) if rate else None,
    )


def _noise(campaign: Campaign) -> dict[str, int]:
    """The draws of a campaign, made when first asked for; a race is decided by the unique key."""
    found = dict(campaign.noise.values_list("metric", "draw"))
    if missing := [metric for metric in METRICS if metric not in found]:
        CampaignNoise.objects.bulk_create(
            [
                CampaignNoise(
                    campaign=campaign, metric=metric, draw=discrete_laplace(settings.EPSILON)
                )
                for metric in missing
            ],
            ignore_conflicts=True,
        )
        found = dict(campaign.noise.values_list("metric", "draw"))
    return found
