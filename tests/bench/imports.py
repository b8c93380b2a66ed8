"""Loading people: against a raw COPY of the same rows into the same table, its growth, and what is
left of it after a power cut.
"""

import csv
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from django.db import connection
from django.test import override_settings

from audience.models import Consent, ImportRun, Person, PersonKey
from audience.population import make_population
from audience.services.people import import_people
from portal.base.report import Bar, at_least, at_most
from portal.tests.processes import Processes
from tests.bench import Found

WORKERS = 2
ROUNDS = 3  # of import and raw COPY, in turn
SEED = 6
KILLS = 5
BAD = [  # what may be wrong with a line, and the words that its reason has
    ("{id},A", "columns instead of"),
    (",A,BR,,,,,,,,,", "external_id is missing"),
    ("{id},A,XX,,,,,,,,,", "country is not"),
    ("{id},A,BR,IN-MH,,,,,,,,", "region is in another country"),
    ("{id},A,BR,BR-SP,19x0,,,,,,,", "birth_year is not"),
    ("{id},A,BR,BR-SP,1990,,pt,Mars/Olympus,,,,", "time_zone is not"),
    ("{id},A,BR,BR-SP,1990,,pt,,maybe,,,", "marketing is neither"),
    ("{id},A,BR,BR-SP,1990,,pt,,yes,2026-13-01,,", "consent_at is not"),
    ("{id},A,BR,BR-SP,1990,,pt,,yes,,,12/05/2020", "joined is not"),
]


def measure(n: int) -> Found:
    """Sizes: n / 50, n / 5 (the one held against COPY) and n."""
    small, middle = max(2_000, n // 50), max(4_000, n // 5)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        everybody = folder / "people.csv"
        with everybody.open("w", encoding="utf-8", newline="") as file:
            make_population(file, n, seed=SEED, today=date(2026, 11, 1))
        load(head(everybody, small))  # catalogues of places are read once
        at_small = statistics.median(load(head(everybody, small)) for _ in range(ROUNDS))
        rounds = [against_copy(head(everybody, middle), folder) for _ in range(ROUNDS)]
        at_large = load(everybody)
        ratio = statistics.median(raw / own for own, raw, _in_order in rounds)
        killed, faults = interrupted(everybody, small, folder)
    own, raw, in_order = (statistics.median(values) for values in zip(*rounds, strict=True))
    return Found(
        {
            f"{small:,} people: microseconds a row": round(1e6 * at_small / small, 1),
            f"{middle:,} people: microseconds a row": round(1e6 * own / middle, 1),
            f"{middle:,} people: raw COPY, microseconds a row": round(1e6 * raw / middle, 1),
            f"{middle:,} people: raw COPY in the file's order": round(1e6 * in_order / middle, 1),
            f"{middle:,} people: people a second": round(middle / own),
            f"{n:,} people: microseconds a row": round(1e6 * at_large / n, 1),
            "killed and resumed": killed,
        },
        {
            "rate, of raw COPY's into the same table": at_least(round(ratio, 2), 0.5),
            f"microseconds a row at {n:,}, of those at {small:,}": at_most(
                round(at_large / n / (at_small / small), 2), 1.5
            ),
        }
        | faults,
    )


def head(path: Path, lines: int) -> Path:
    """A file of the header and the first `lines` people."""
    short = path.with_name(f"people-{lines}.csv")
    with path.open("rb") as whole, short.open("wb") as part:
        part.writelines(islice(whole, lines + 1))
    return short


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE audience_person, audience_personkey, audience_consent, audience_importrun,"
            " audience_importbatch, audience_importreject"
        )


def load(path: Path) -> float:
    """Seconds to load the file into empty tables."""
    empty()
    with path.open("rb") as file:
        begun = time.monotonic()
        result = import_people(file, workers=WORKERS)
    assert result.rejected == 0
    return time.monotonic() - begun


def against_copy(path: Path, folder: Path) -> tuple[float, float, float]:
    """Seconds to load the file; to COPY the rows that it made into the same table, emptied, in the
    order in which the import puts them, which suits the table's index; and in the file's own.
    """
    own = load(path)
    rows, in_order = folder / "rows.copy", folder / "rows-in-order.copy"
    copy_out("audience_person", rows)
    copy_out("(SELECT * FROM audience_person ORDER BY person_id)", in_order)
    return own, raw_copy(rows), raw_copy(in_order)


def copy_out(source: str, path: Path) -> None:
    statement = f"COPY {source} TO STDOUT"  # of ours
    with connection.cursor() as cursor, path.open("wb") as file, cursor.copy(statement) as out:
        for block in out:
            file.write(block)


def raw_copy(path: Path) -> float:
    """Seconds that PostgreSQL's own way takes, from the same client."""
    empty()
    with connection.cursor() as cursor, path.open("rb") as rows:
        begun = time.monotonic()
        with cursor.copy("COPY audience_person FROM STDIN") as into:
            while block := rows.read(1024 * 1024):
                into.write(block)
        return time.monotonic() - begun


def interrupted(everybody: Path, lines: int, folder: Path) -> tuple[int, dict[str, Bar]]:
    """Kill the command again and again, let it end, and compare with the file as a set."""
    random_ = random.Random(SEED)
    path, good, bad = spoil(everybody, lines, folder)
    empty()
    processes = Processes(folder)
    try:
        killed = 0
        while killed < KILLS and not run(processes, path, folder, random_.uniform(0.5, 1.0)):
            killed += 1
        assert run(processes, path, folder, None)
    finally:
        processes.stop()
    keys = list(PersonKey.objects.values_list("external_id", "person_id"))
    people = dict(Person.objects.values_list("external_id", "person_id"))
    run_ = ImportRun.objects.get()
    named = dict(run_.rejects.values_list("line", "reason"))
    with (folder / "rejects.csv").open(newline="") as file:
        written = {int(row["line"]): row["reason"] for row in csv.DictReader(file)}
    yes = Person.objects.filter(marketing=True).count()
    return killed, {
        "people lost": at_most(len(good - people.keys()), 0),
        "people twice": at_most(
            len(keys) - len({key for key, _id in keys}) + Person.objects.count() - len(people), 0
        ),
        "people nobody named": at_most(len(people.keys() - good), 0),
        "keys and people differ": Bar(len(keys), "the same", dict(keys) == people),
        "consents and people differ": at_most(
            abs(Consent.objects.filter(granted=True).count() - yes), 0
        ),
        "bad lines not named, or not with their reason": at_most(
            sum(words not in named.get(line, "") for line, words in bad.items())
            + len(named.keys() ^ bad.keys())
            + (written != named),
            0,
        ),
        "times killed before it ended": at_least(killed, 1),
    }


def spoil(everybody: Path, lines: int, folder: Path) -> tuple[Path, set[str], dict[int, str]]:
    """A file with bad lines among the good ones: its path, who is in it, and what is bad where."""
    path, good, bad = folder / "spoiled.csv", set[str](), dict[int, str]()
    with everybody.open(encoding="utf-8") as whole, path.open("w", encoding="utf-8") as part:
        part.write(next(whole))
        for number, line in enumerate(_mixed(islice(whole, lines)), start=2):
            if isinstance(line, tuple):
                text, bad[number] = line
                line = text.format(id=f"bad-{number}") + "\n"
            else:
                good.add(line.partition(",")[0])
            part.write(line)
    return path, good, bad


def _mixed(lines: Iterator[str]) -> Iterator[str | tuple[str, str]]:
    for number, line in enumerate(lines):
        yield line
        if number % 977 == 0:
            yield BAD[number // 977 % len(BAD)]


def run(processes: Processes, path: Path, folder: Path, seconds: float | None) -> bool:
    """Run the command; kill -9 it so long after its first batch. Returns whether it ended."""
    with override_settings():
        environment = processes.environment() | {"EMBEDDED_ROLE": "signet_owner"}
    command = [sys.executable, "manage.py", "import_people", str(path)]
    command += ["--rejects", str(folder / "rejects.csv")]
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.DEVNULL, start_new_session=True
    )
    if seconds is None:
        return process.wait() == 0
    before = _lines()
    while process.poll() is None and _lines() == before:
        time.sleep(0.05)
    try:
        return process.wait(timeout=seconds / 4) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return False


def _lines() -> int:
    run_ = ImportRun.objects.first()
    return run_.lines if run_ else 0
