"""What may happen to a running system: each fault is a function of the system, by its name."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import psutil
import psycopg

from messaging.services.campaigns.delivery import send_chunks
from portal.run.broker import Broker
from portal.run.database import Database
from portal.tests.processes import broker, database_url
from tests.chaos.workers import in_hand, reconnect, start_worker, until


@dataclass
class System:
    """The processes that send, and how many workers there have been."""

    processes: object
    workers: int = 0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def worker(self) -> str:
        return f"worker{self.workers}"

    restarts: int = 0

    def start_worker(self) -> None:
        self.workers += 1
        start_worker(self.processes, self.worker, **self.environment)

    def until(self, what: Callable[[], object]) -> None:
        """Wait for it, and do meanwhile what a supervisor does: start a worker again that ended by
        itself. Celery's may when the broker dies while they give tasks back to it.
        """

        def supervised() -> object:
            if self.processes.running[self.worker].poll() is not None:
                self.processes.kill(self.worker)
                self.start_worker()
                self.restarts += 1
            return what()

        until(supervised, self.processes, self.worker)


def kill(system: System) -> None:
    """kill -9 the worker with all its processes, in the middle of a chunk."""
    system.processes.kill(system.worker)
    system.start_worker()


def deploy(system: System) -> None:
    """SIGTERM, wait until it has ended, and start the next: what a roll-out does."""
    system.processes.end(system.worker)
    system.start_worker()


def terminate(system: System) -> None:
    """The database ends the sessions that have a chunk in hand."""
    with psycopg.connect(database_url()) as own:  # as the workers' role, which may
        own.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) pid", [in_hand()])


def wipe(system: System) -> None:
    """The broker forgets every wake-up."""
    broker().flushdb()


def redeliver(system: System) -> None:
    """The broker delivers the same task twenty times over."""
    for _time in range(20):
        send_chunks.apply_async(("campaign",), queue="campaign")


def second_beat(system: System) -> None:
    """Two timetables at once: every job of the sweepers comes twice."""
    if "beat2" not in system.processes.running:
        system.processes.start("beat2", "celery", "--app", "portal", "beat", "--pidfile=")


def crash_database(system: System) -> None:
    """kill -9 of PostgreSQL's first process: all sessions end, it recovers from its log."""
    _kill_and_start(Database())
    reconnect()


def crash_broker(system: System) -> None:
    """kill -9 of the broker: what it had in memory is gone, and it is away for a moment."""
    _kill_and_start(Broker())


def _kill_and_start(service) -> None:
    process = service.running()
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()
        process.wait(timeout=10)
    service.start()


Fault = Callable[[System], None]


def timetable(faults: dict[Fault, int], *, chance: Random) -> list[tuple[float, Fault]]:
    """(share of the chunks that are done, fault), in order, at random moments."""
    return sorted(
        (
            (chance.uniform(0.02, 0.9), fault)
            for fault, times in faults.items()
            for _n in range(times)
        ),
        key=lambda row: row[0],
    )
