"""Workers of a campaign in processes of their own, and what they have in hand."""

import time
from collections.abc import Callable

from django.db import OperationalError, connection

from audience.locks import BUCKET_LOCK
from messaging.models import Campaign
from tests.chaos.size import FULL, PATIENCE

CHUNK_PEOPLE = "1000" if FULL else "200"  # little in each transaction, so that many can be hit


def start_worker(
    processes, name: str, *, odd: tuple[str, ...] = (), log: str = "warning", **environment: str
) -> None:
    """A Celery worker of two processes that sends campaigns; not waited for.

    Arguments:
        odd: what is wrong with it, as tests.chaos.odd_worker takes it.
    """
    program = (
        ("python", "-m", "tests.chaos.odd_worker", *odd, "--")
        if odd
        else (*("celery", "--app", "portal"),)
    )
    processes.start(
        name,
        *program,
        *("worker", "--queues", "campaign,critical,default"),
        *("--concurrency", "2", "--hostname", f"{name}@{processes.port}"),
        *("--loglevel", log, "--without-mingle", "--without-gossip"),
        C_FORCE_ROOT="1",
        FIRST_BATCH_HOLD_MINUTES="0",
        **{"CHUNK_PEOPLE": CHUNK_PEOPLE} | environment,
    )


def start_sender(processes, campaign: Campaign, *arguments: str, **environment: str) -> None:
    """One process that forks senders, one after the other, as they die: see tests.chaos.sender."""
    processes.start(
        "sender",
        *("python", "-m", "tests.chaos.sender", str(campaign.pk), *arguments),
        FIRST_BATCH_HOLD_MINUTES="0",
        **{"CHUNK_PEOPLE": CHUNK_PEOPLE} | environment,
    )


def until(what: Callable[[], object], processes, name: str = "") -> None:
    """Wait for it, on the clock and not on luck; fail with what the process `name` said."""
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise AssertionError(processes.log(name)[-3000:] if name else "It took too long.")
        time.sleep(0.005)


def is_finished(campaign: Campaign) -> bool:
    campaign.refresh_from_db(fields=["state"])
    return campaign.state == "finished"


def done_chunks(campaign: Campaign) -> int:
    return campaign.chunks.filter(state="done").count()


def in_hand() -> list[int]:
    """The database sessions that are in the middle of a chunk, by their lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select distinct pid from pg_locks join pg_database d on d.oid = database"
            " where locktype = 'advisory' and classid = %s and datname = current_database()",
            [BUCKET_LOCK],
        )
        return [pid for (pid,) in cursor.fetchall()]


def reconnect() -> None:
    """Get the test's own connection back after the database went away."""
    deadline = time.monotonic() + 60
    while True:
        connection.close()
        try:
            connection.ensure_connection()
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
