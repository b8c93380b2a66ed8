"""kill -9 at every named step of a chunk, in turn; and the same for code that is wrong in one way.

What the wrong ones lose or repeat shows that the comparison of ledger and eligible set sees it.
"""

import json

import pytest
from django.db import connection

from messaging.crash import PLACES
from tests.chaos.found import caught, found
from tests.chaos.people import compare, ledger
from tests.chaos.workers import is_finished, start_sender

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

NOBODY = {"missing": 0, "twice": 0, "extra": 0}


def sent_by(processes, campaign, *arguments: str) -> tuple[dict[str, int], dict[str, int]]:
    """Send all of it by dying processes. Returns (deaths by place, what is wrong in the ledger)."""
    start_sender(processes, campaign, *arguments)
    code = processes.running.pop("sender").wait()
    said = processes.log("sender")
    assert code == 0, said[-3000:]
    assert is_finished(campaign), said[-3000:]
    return json.loads(said.splitlines()[-1]), compare(ledger(campaign), campaign.wanted)


def test_whatever_step_a_worker_dies_at_everyone_gets_it_once(processes, campaign):
    deaths, wrong = sent_by(processes, campaign, "--places", ",".join(PLACES), "--every", "4")
    found("crash points", deliveries=len(campaign.wanted), deaths=deaths, none_of=wrong)
    assert set(deaths) == set(PLACES)
    assert wrong == NOBODY
    assert sum(campaign.chunks.values_list("sent", flat=True)) == len(campaign.wanted)


@pytest.fixture
def no_unique_key(transactional_db):
    """The ledger without what makes a second copy impossible; the key comes back afterwards."""
    with connection.cursor() as cursor:
        cursor.execute("alter table messaging_message drop constraint messaging_message_pkey")
    yield
    with connection.cursor() as cursor:
        cursor.execute("truncate messaging_message")
        cursor.execute("alter table messaging_message add primary key (person_id, id)")


def test_marked_before_it_is_sent_some_never_get_it(processes, campaign):
    deaths, wrong = sent_by(processes, campaign, *MARKS_FIRST)
    caught("mutant: marked done first", wrong["missing"] > 0, deaths=deaths, **wrong)
    assert wrong["missing"] > 0
    assert wrong["twice"] == wrong["extra"] == 0


def test_marked_late_and_without_the_key_some_get_it_twice(processes, campaign, no_unique_key):
    deaths, wrong = sent_by(processes, campaign, *MARKS_LATE)
    caught("mutant: marked late, no key", wrong["twice"] > 0, deaths=deaths, **wrong)
    assert wrong["twice"] > 0
    assert wrong["missing"] == wrong["extra"] == 0


def test_marked_late_the_unique_key_alone_protects(processes, campaign):
    deaths, wrong = sent_by(processes, campaign, *MARKS_LATE)
    found("the unique key alone", deaths=deaths, none_of=wrong)
    assert deaths["between"] > 0
    assert wrong == NOBODY


MARKS_FIRST = ("--mutant", "marks_first", "--places", "between", "--every", "4")
MARKS_LATE = ("--mutant", "marks_late", "--places", "between", "--every", "4")
