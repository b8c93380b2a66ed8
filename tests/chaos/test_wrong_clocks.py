"""Clocks that jump, and a broker that takes long tasks for lost: the campaign is whole."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.chaos.found import found
from tests.chaos.people import compare, ledger
from tests.chaos.size import FULL
from tests.chaos.workers import done_chunks, is_finished, start_worker, until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

VISIBLE_AGAIN = 5 if FULL else 1  # seconds; a task that sends chunks takes 20
JUMPS = (0, -90, 7_200, -21_600, 1, 21_600)  # seconds


def test_clocks_that_jump_and_tasks_delivered_again_change_nothing(processes, campaign):
    # A budget counts the week, so nobody's clock leaves this one.
    week = timezone.now().isocalendar()[:2]
    jumps = [s for s in JUMPS if (timezone.now() + timedelta(seconds=s)).isocalendar()[:2] == week]
    odd = ("--visibility", str(VISIBLE_AGAIN), f"--clock={','.join(map(str, jumps))}")
    chunk = {} if FULL else {"CHUNK_PEOPLE": "20"}
    start_worker(processes, "first", odd=odd, log="info", **chunk)
    total = campaign.chunks.count()
    until(lambda: done_chunks(campaign) > 0, processes, "first")
    begun = timezone.now()
    until(
        lambda: timezone.now() - begun > timedelta(seconds=VISIBLE_AGAIN) or is_finished(campaign),
        processes,
        "first",
    )
    left = total - done_chunks(campaign)
    start_worker(processes, "second", odd=odd, log="info", **chunk)  # takes them for lost at once
    until(lambda: is_finished(campaign), processes, "second")
    again = tasks_of(processes.log("first")) & tasks_of(processes.log("second"))
    for name in list(processes.running):
        processes.kill(name)

    wrong = compare(ledger(campaign), campaign.wanted)
    found(
        "wrong clocks, tasks delivered again",
        deliveries=len(campaign.wanted),
        clocks_wrong_by_seconds=jumps,
        tasks_delivered_again=len(again),
        chunks_left_then=left,
        none_of=wrong,
    )
    assert again
    assert wrong == {"missing": 0, "twice": 0, "extra": 0}


def tasks_of(log: str) -> set[str]:
    """The ids of the tasks that a worker was given."""
    said = "Task messaging.services.campaigns.delivery.send_chunks["
    return {line.split(said)[1].split("]")[0] for line in log.splitlines() if said in line}
