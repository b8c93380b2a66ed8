"""What a campaign's counts may show to its business, and how far it has come.

Who watches a count move sees a contact read a message and the count rise with it, whatever noise
stands before it. So counts move in steps, of STEP people or a twentieth, and after how many people
the next step comes is noised: neither looking again, nor looking all the time, tells of one person.
A person more makes one step come one person earlier, as another draw would have. One person moves
all six counts at once, so the noise is Gaussian and wide enough for the six together: an attacker
gains 0.05 at most; with a Laplace draw each it was 0.23 (make privacy). Below HIDDEN_BELOW nothing
is shown. Of a campaign of turn k (turns) all three are k times as much. The exact ledger is for
staff and the person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from audience.noise import discrete_gaussian
from messaging.models import Campaign, CampaignNoise, CampaignRetry, CounterDelta
from trust.services.published import campaigns_are_counted_by

SIGMA = 20  # people: standard deviation of the noise on where a step comes
STEP = 50  # people that a count moves by at a time, as about as many are there
STEP_SHARE = 20  # or this part of what is shown, where that is more
METRICS = ("sent", "delivered", "read", "replied", "blocked", "reported")
# Beside them: who could not be reached. Whoever is reached at last was counted there at most once
# before each retry, and is taken away after it.
FAILED = "failed"
SHOWN = (*METRICS, FAILED)
RATE_WINDOW = timedelta(minutes=1)


@dataclass(frozen=True)
class Progress:
    """How far a campaign is, by its chunks: says nothing about any person.

    Attributes:
        done, total: chunks.
        percent: 0 to 100, whole.
        rate: people a minute, about; 0 while nothing moves.
        left: time until the end at this rate; None where nothing moves.
        next_at: when it goes on, where all who are left must not be disturbed yet; else None.
    """

    done: int
    total: int
    percent: int
    rate: int
    left: timedelta | None
    next_at: datetime | None


def exact_counts(campaign: Campaign) -> dict[str, int]:
    """metric -> how many. For staff and rules; never for the business."""
    rows = CounterDelta.objects.filter(campaign_id=campaign.pk)
    found = dict(rows.values_list("metric").annotate(n=Sum("n")))
    return {metric: found.get(metric, 0) for metric in SHOWN}


def shown_counts(campaign: Campaign) -> dict[str, int | None]:
    """metric -> the count that the business sees; None is "fewer than campaign.hidden_below"."""
    return shown_counts_of([campaign])[campaign.pk]


def shown_counts_of(campaigns: Sequence[Campaign]) -> dict[int, dict[str, int | None]]:
    """The same for several campaigns, in four queries where nothing has moved."""
    noise = _noise(campaigns)
    retries = _done_retries(campaigns)
    rows = CounterDelta.objects.filter(campaign_id__in=[campaign.pk for campaign in campaigns])
    exact = {
        (pk or 0, metric): n
        for pk, metric, n in rows.values_list("campaign_id", "metric").annotate(n=Sum("n"))
    }
    counts: dict[int, dict[str, int | None]] = {}
    for campaign in campaigns:
        counts[campaign.pk] = {}
        for metric in SHOWN:
            row, n = noise[campaign.pk, metric], exact.get((campaign.pk, metric), 0)
            if metric == FAILED and row.retries < (done := retries.get(campaign.pk, 0)):
                _begin_again(row, n, campaign.turn, retries=done)
            _catch_up(row, n, campaign.turn)
            is_shown = row.shown >= campaign.hidden_below
            counts[campaign.pk][metric] = row.shown if is_shown else None
    return counts


def _catch_up(row: CampaignNoise, exact: int, turn: int) -> None:
    """Take the steps that are due; between two who take them at once the row decides."""
    before = _state(row)
    while exact - row.counted >= (people := max(1, _step(row.shown, turn) + row.draw)):
        row.counted, row.shown = row.counted + people, row.shown + _step(row.shown, turn)
        row.draw = discrete_gaussian(SIGMA * turn)
    _keep(row, before)


def _begin_again(row: CampaignNoise, exact: int, turn: int, *, retries: int) -> None:
    """After a retry the number of who failed has sunk: shown as it is then, with a draw of its own.

    It does not move down step by step, since the last step would stay where nobody is left.
    """
    before = _state(row)
    least = STEP * turn
    row.shown = max(0, (exact + discrete_gaussian(SIGMA * turn)) // least * least)
    row.counted, row.draw, row.retries = exact, discrete_gaussian(SIGMA * turn), retries
    _keep(row, before)


def _state(row: CampaignNoise) -> dict[str, int]:
    return {name: getattr(row, name) for name in ("counted", "shown", "draw", "retries")}


def _keep(row: CampaignNoise, before: dict[str, int]) -> None:
    now = _state(row)
    if now == before:
        return
    if not CampaignNoise.objects.filter(pk=row.pk, **before).update(**now):
        row.refresh_from_db()


def _step(shown: int, turn: int) -> int:
    return max(STEP * turn, shown // STEP_SHARE)


def _done_retries(campaigns: Sequence[Campaign]) -> dict[int, int]:
    done = CampaignRetry.objects.filter(campaign__in=campaigns, done_at__isnull=False)
    return dict(done.values_list("campaign_id").annotate(n=Count("pk")))


def shown_counts_by_id(campaigns: Iterable[int]) -> dict[int, dict[str, int | None]]:
    """The same by the campaigns' ids, with "hidden_below": for the quality page and statements."""
    rows = list(Campaign.objects.filter(pk__in=campaigns).only("pk", "turn"))
    counts = shown_counts_of(rows)
    return {row.pk: counts[row.pk] | {"hidden_below": row.hidden_below} for row in rows}


campaigns_are_counted_by(shown_counts_by_id)


def progress_of(campaign: Campaign, *, now: datetime | None = None) -> Progress:
    """How far it is now."""
    now = now or timezone.now()
    since = now - RATE_WINDOW
    found = campaign.chunks.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state="done")),
        lately=Count("pk", filter=Q(done_at__gt=since)),
        first=Min("done_at", filter=Q(done_at__gt=since)),
        due=Count("pk", filter=Q(state="waiting") & (Q(due_at=None) | Q(due_at__lte=now))),
        next=Min("due_at", filter=Q(state="waiting")),
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
        next_at=None if found["due"] else found["next"],
    )


def _noise(campaigns: Sequence[Campaign]) -> dict[tuple[int, str], CampaignNoise]:
    """(campaign, metric) -> its row, made when first asked for.

    Whoever asks at the same moment is decided between by the unique key.
    """
    found = _rows(campaigns)
    missing = [
        CampaignNoise(
            campaign=campaign, metric=metric, draw=discrete_gaussian(SIGMA * campaign.turn)
        )
        for campaign in campaigns
        for metric in SHOWN
        if (campaign.pk, metric) not in found
    ]
    if not missing:
        return found
    CampaignNoise.objects.bulk_create(missing, ignore_conflicts=True)
    return _rows(campaigns)


def _rows(campaigns: Sequence[Campaign]) -> dict[tuple[int, str], CampaignNoise]:
    rows = CampaignNoise.objects.filter(campaign__in=campaigns)
    return {(row.campaign_id, row.metric): row for row in rows}
