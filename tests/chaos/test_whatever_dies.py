"""A campaign is sent by the real workers while all around it dies: the ledger is the eligible set.

make chaos N=5000000 KILLS=1000
"""

import random
from collections import Counter

import pytest

from tests.chaos import faults
from tests.chaos.faults import System, timetable
from tests.chaos.found import found
from tests.chaos.people import compare, ledger
from tests.chaos.size import CRASHES, FULL, KILLS, SEED
from tests.chaos.workers import done_chunks, in_hand, is_finished

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

FAULTS = {faults.kill: KILLS, faults.terminate: 1, faults.wipe: 1, faults.redeliver: 1}
if FULL:
    FAULTS |= {
        faults.terminate: KILLS,
        faults.wipe: CRASHES,
        faults.redeliver: CRASHES,
        faults.crash_database: CRASHES,
        faults.crash_broker: CRASHES,
        faults.deploy: CRASHES,
        faults.second_beat: 1,
    }


def test_the_ledger_equals_the_eligible_set_whatever_dies(processes, campaign):
    system, happened = System(processes), Counter()
    total = campaign.chunks.count()
    processes.start_beat()
    system.start_worker()
    for share, fault in timetable(FAULTS, chance=random.Random(SEED)):
        system.until(lambda at=share * total: done_chunks(campaign) >= at or is_finished(campaign))
        system.until(lambda: in_hand() or is_finished(campaign))
        assert not is_finished(campaign), "The campaign was over before the last fault."
        fault(system)
        happened[fault.__name__] += 1
    system.until(lambda: is_finished(campaign))
    for name in list(processes.running):
        processes.kill(name)

    wrong = compare(ledger(campaign), campaign.wanted)
    found(
        "whatever dies",
        deliveries=len(campaign.wanted),
        faults=dict(happened),
        workers_that_ended_by_themselves=system.restarts,
        none_of=wrong,
    )
    assert wrong == {"missing": 0, "twice": 0, "extra": 0}
    assert system.restarts <= happened["crash_broker"]
    assert sum(campaign.chunks.values_list("sent", flat=True)) == len(campaign.wanted)
