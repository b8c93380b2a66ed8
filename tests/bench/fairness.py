"""A small business's hundred messages behind a large one's hundred thousand.

Delivered means committed: the time is from the launch to each message's commit timestamp.
"""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles

from django.db import connection
from django.utils import timezone

from messaging.models import Campaign
from portal.base.report import at_most
from portal.tests.processes import Processes
from profiles.models import Profile
from tests.bench import Found
from tests.bench.campaigns import wait_until_finished
from tests.bench.crowds import launch, make_country, make_sender

LARGE, SMALL = "BR", "UY"
PEOPLE = 100  # of each small campaign
TIMES = 5
WORKERS = 2


def measure(n: int) -> Found:
    now = timezone.now()
    crowd = min(100_000, max(20_000, n // 10))
    make_country(SMALL, 2_000, first=10**9)
    alone = make_sender("alone", people=range(0), now=now)
    behind = make_sender("behind", people=range(0), now=now)
    large = make_sender("large", people=range(0), now=now)

    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            processes.start_worker(
                "worker", ("campaign",), concurrency=WORKERS, FIRST_BATCH_HOLD_MINUTES="0"
            )
            by_itself = [second for _time in range(TIMES) for second in send_small(alone)]
            make_country(LARGE, crowd, first=2 * 10**9)
            big = launch(large, LARGE, now=timezone.now())
            wait_for_chunks(big)
            make_country(SMALL, 2_000, first=3 * 10**9)  # its counts are the latest again
            pushed = [second for _time in range(TIMES) for second in send_small(behind)]
            left = big.chunks.filter(state="waiting").count()
            wait_until_finished(big)
        finally:
            processes.stop()
    return Found(
        {
            "messages of the large campaign": sum(big.chunks.values_list("sent", flat=True)),
            "messages of the small ones": len(pushed),
            "chunks the large one still had when the last small one was through": left,
            "alone, p95 in seconds": round(p95(by_itself), 3),
            "behind the large one, median in seconds": round(quantiles(pushed, n=2)[0], 3),
        },
        {"behind the large one, p95 in seconds": at_most(round(p95(pushed), 3), 5)},
    )


def send_small(profile: Profile) -> list[float]:
    """Launch to a hundred people; seconds from the launch to each delivery."""
    begun = timezone.now()
    campaign = launch(profile, SMALL, now=begun, max_recipients=PEOPLE)
    wait_until_finished(campaign)
    return delays(campaign, begun)


def delays(campaign: Campaign, begun: datetime) -> list[float]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_xact_commit_timestamp(xmin) from messaging_message where campaign_id = %s",
            [campaign.pk],
        )
        return [(at - begun) / timedelta(seconds=1) for (at,) in cursor.fetchall()]


def wait_for_chunks(campaign: Campaign) -> None:
    """Until the first of it is sent: the workers are busy with it."""
    while not campaign.chunks.filter(state="done").exists():
        campaign.refresh_from_db(fields=["state"])


def p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
