"""The disk that the database is on is full: nothing is half written, and it goes on with more room.

The database's own folder lies on a small tmpfs for the time of the test, so the server is started
anew before and after: in `make chaos` only. Mounting needs root; elsewhere it is skipped.
"""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.db import connection

from portal.run.database import Database
from tests.chaos.found import found
from tests.chaos.people import compare, ledger
from tests.chaos.size import FULL, N
from tests.chaos.workers import done_chunks, is_finished, reconnect, start_worker, until

pytestmark = [
    pytest.mark.live,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not FULL, reason="It starts the database anew: say N="),
]

A_RECIPIENT = 700  # bytes: message, conversation and budget with their indexes, about
MESSAGE = "No space left on device"


def test_a_full_disk_stops_it_and_more_room_lets_it_go_on(processes, campaign):
    with small_disk(room=len(campaign.wanted) * A_RECIPIENT // 3) as grow:
        processes.start_beat()
        start_worker(processes, "worker")
        until(lambda: MESSAGE in processes.log("worker"), processes, "worker")
        full_at = done_chunks(campaign)
        halfway = compare(ledger(campaign), campaign.wanted)
        counted = sum(n or 0 for n in campaign.chunks.values_list("sent", flat=True))
        assert counted == len(ledger(campaign))  # whole chunks, or nothing of them
        assert not is_finished(campaign)
        grow()
        until(lambda: is_finished(campaign), processes, "worker")
        for name in list(processes.running):
            processes.kill(name)

    wrong = compare(ledger(campaign), campaign.wanted)
    found(
        "disk full",
        deliveries=len(campaign.wanted),
        chunks_when_it_was_full=full_at,
        none_of=wrong | {"twice or extra while it was full": halfway["twice"] + halfway["extra"]},
    )
    assert wrong == {"missing": 0, "twice": 0, "extra": 0}


@contextlib.contextmanager
def small_disk(*, room: int) -> Iterator:
    """The database on a tmpfs with `room` bytes left; yields what makes it four times as large."""
    with connection.cursor() as cursor:
        cursor.execute("select oid::text from pg_database where datname = current_database()")
        folder = Database().folder / "base" / cursor.fetchone()[0]
    apart = folder.with_name(f"{folder.name}.apart")
    stop()
    used = sum(file.stat().st_size for file in folder.iterdir())
    folder.rename(apart)
    move(apart, folder, size=used + room)
    start()
    try:
        yield lambda: mount(folder, f"remount,size={used + 4 * room + N * A_RECIPIENT}")
    finally:
        stop()
        shutil.rmtree(apart)
        subprocess.run(["cp", "-a", f"{folder}/.", f"{apart}/"], check=True)
        subprocess.run(["umount", str(folder)], check=True)
        folder.rmdir()
        apart.rename(folder)
        start()


def move(from_: Path, to: Path, *, size: int) -> None:
    to.mkdir(mode=0o700)
    if fault := mount(to, f"size={size}"):
        to.rmdir()
        from_.rename(to)
        start()
        pytest.skip(f"No small disk can be mounted here: {fault}")
    subprocess.run(["cp", "-a", f"{from_}/.", f"{to}/"], check=True)


def mount(folder: Path, options: str) -> str:
    """Mount a tmpfs. Returns what went wrong."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    return done.stderr.strip() if done.returncode else ""


def stop() -> None:
    """End the database's server, and wait until it has."""
    connection.close()
    process = Database().running()
    process.send_signal(Database.stop_signal)
    with contextlib.suppress(psutil.NoSuchProcess):
        process.wait(timeout=60)


def start() -> None:
    Database().start()
    reconnect()
