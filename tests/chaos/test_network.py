"""A bad network between the workers, their database and their broker: cut, stalled, slow,
half open.
"""

import random
from collections import Counter
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings
from kombu import Connection

import portal.celery  # noqa: F401  (how its workers hold tasks)
from portal.tests.processes import database_url
from tests.chaos.found import found
from tests.chaos.people import compare, ledger
from tests.chaos.proxy import Proxy
from tests.chaos.size import FULL, ROUNDS, SEED
from tests.chaos.workers import done_chunks, in_hand, is_finished, start_worker, until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

FAULTS = ROUNDS // 4 if FULL else 4
LIMIT = "10" if FULL else "3"  # seconds a task may take, for a process that waits for ever


def through(url: str, proxy: Proxy) -> str:
    """The same address, by way of the proxy."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{proxy.port}")).geturl()


def test_a_bad_network_loses_and_repeats_nothing(processes, campaign):
    chance, happened = random.Random(SEED), Counter()
    database, broker = urlsplit(database_url()).port, urlsplit(settings.REDIS_URL).port
    total = campaign.chunks.count()
    with Proxy(database) as data, Proxy(broker) as wakes:
        processes.start_beat()
        start_worker(
            processes,
            "worker",
            odd=("--limit", LIMIT),
            DATABASE_URL=through(database_url(), data),
            REDIS_URL=through(settings.REDIS_URL, wakes),
        )
        for number in range(FAULTS):
            proxy = chance.choice([data, data, wakes])
            fault = chance.choice([cut, stall, crawl, half_open])
            if number == 0:
                proxy, fault = data, half_open
            at = total * (number + 1) / (FAULTS + 2)
            until(lambda at=at: done_chunks(campaign) >= at, processes, "worker")
            until(lambda: in_hand() or is_finished(campaign), processes, "worker")
            assert not is_finished(campaign), "The campaign was over before the last fault."
            fault(proxy, campaign, processes)
            happened[f"{fault.__name__} {'database' if proxy is data else 'broker'}"] += 1
        until(lambda: is_finished(campaign), processes, "worker")
        connections = data.connections
        for name in list(processes.running):
            processes.kill(name)

    wrong = compare(ledger(campaign), campaign.wanted)
    found(
        "bad network",
        deliveries=len(campaign.wanted),
        faults=dict(happened),
        connections_to_the_database=connections,
        none_of=wrong,
    )
    assert wrong == {"missing": 0, "twice": 0, "extra": 0}


@pytest.mark.parametrize("end", ["ack", "reject"])
def test_a_task_whose_end_is_not_confirmed_takes_up_no_place(db, end):
    """Else a worker is deaf after as many as it has processes."""
    with (
        Proxy(urlsplit(settings.REDIS_URL).port) as wakes,
        Connection(
            through(settings.REDIS_URL, wakes), transport_options={"socket_timeout": 0.5}
        ) as connection,
        connection.SimpleQueue("places") as queue,
    ):
        queue.put("a task")
        message = queue.get(timeout=5)
        places = message.channel.qos
        places.prefetch_count = 1
        assert not places.can_consume()
        wakes.set("stalls")
        with pytest.raises(redis.TimeoutError):
            getattr(message, end)()
        assert places.can_consume()
        wakes.set("passes")


def cut(proxy: Proxy, campaign, processes) -> None:
    """Every connection is reset in the middle of what it does."""
    proxy.cut()


def half_open(proxy: Proxy, campaign, processes) -> None:
    """The other end has forgotten the connections; whoever waits for an answer is not told."""
    proxy.halve()


def stall(proxy: Proxy, campaign, processes) -> None:
    """Nothing moves; then the connections, open all the while, turn out to be dead."""
    proxy.set("stalls")
    before = done_chunks(campaign)
    polls = iter(range(200))
    until(lambda: done_chunks(campaign) > before + 5 or next(polls, None) is None, processes)
    proxy.cut()
    proxy.set("passes")


def crawl(proxy: Proxy, campaign, processes) -> None:
    """Each packet takes its time, until a few more chunks are through."""
    proxy.set("crawls")
    before = done_chunks(campaign)
    polls = iter(range(400))
    until(lambda: done_chunks(campaign) > before or next(polls, None) is None, processes)
    proxy.set("passes")
