"""One batch of an import: lines into people, keys and consents, in one transaction."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from string import ascii_lowercase
from zoneinfo import available_timezones

from django.db import DatabaseError, DataError, connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from audience import import_sql
from audience.lines import Batch, CsvFormat, JsonFormat
from audience.locks import BUCKET_LOCK
from audience.models import ImportBatch, ImportReject, ImportRun
from audience.places import all_regions, countries, time_zone_of_countries

CLAIMED_AT_ONCE = 160_000  # person ids, at most, where a batch does not need more
TRIES = 6  # of one batch, when another transaction was in the way
IN_THE_WAY = {"40P01", "23505"}  # a deadlock; another import added the same person meanwhile
Reader = CsvFormat | JsonFormat


@dataclass
class PersonIds:
    """Free ids of one worker. Claimed before the transaction that uses them, or the counter's row
    would keep all other loaders waiting until its commit; twice as many each time, so that a long
    run seldom waits for the disk, and a short one leaves none over.
    """

    free: range = range(0)
    claimed: int = 0

    def have(self, n: int) -> None:
        """See to it that there are `n` that follow each other."""
        if len(self.free) < n:
            self.claimed = max(n, min(2 * self.claimed, CLAIMED_AT_ONCE))
            self.free = claim_person_ids(self.claimed)

    def take(self, n: int) -> int:
        """The first of `n` that follow each other; gaps do no harm."""
        first, self.free = self.free.start, self.free[n:]
        return first


@dataclass(frozen=True)
class Loaded:
    """What became of a batch: people added, people known before, lines rejected."""

    batch: Batch
    added: int
    known: int
    rejected: int


@dataclass
class BatchLoader:
    """Loads batches one after the other on one connection."""

    run: ImportRun
    reader: Reader
    now: datetime
    ids: PersonIds = field(default_factory=PersonIds)

    def load(self, batch: Batch) -> Loaded:
        """Load the batch whole; tried again when a deadlock or another import was in the way.

        The fast way hands the lines to the database as they are; when it finds one of them wrong,
        the batch is read line by line to name it.
        """
        as_copy: Callable[[Batch], bytes | None] = self.reader.as_copy
        for attempt in range(1, TRIES + 1):
            self.ids.have(len(batch.lines))
            try:
                with transaction.atomic():
                    return self._load(batch, as_copy)
            except DataError:
                if as_copy == self.reader.as_copy_one_by_one:
                    raise
                as_copy = self.reader.as_copy_one_by_one
            except DatabaseError as error:
                if attempt == TRIES or not _is_in_the_way(error):
                    raise
        raise AssertionError("the last try returns or raises")

    def _load(self, batch: Batch, as_copy) -> Loaded:
        batch.rejects.clear()
        with connection.cursor() as cursor:
            cursor.execute(import_sql.BEGIN, {"line": batch.first})
            is_read = self._copy(cursor, batch, as_copy)
            if is_read or self._looks_wrong(cursor):
                self._reject(cursor, batch)
            if batch.may_repeat:
                cursor.execute(import_sql.DROP_REPEATED)
            cursor.execute(import_sql.FIND_AND_COUNT)
            cursor.nextset()
            total, known = cursor.fetchone()
            if known:
                self._change(cursor)
            if added := total - known:
                self._add(cursor, batch, added, known)
        loaded = Loaded(batch, added, known, len(batch.rejects))
        self._keep(loaded)
        return loaded

    def _copy(self, cursor, batch: Batch, as_copy) -> bool:
        """Put the lines into `incoming`. Returns whether they were read here, line by line."""
        body = as_copy(batch)
        columns = ", ".join(self.reader.columns)  # names of ours, checked by the reader
        is_read = body is None or as_copy == self.reader.as_copy_one_by_one
        if is_read:
            body = body or self.reader.as_copy_one_by_one(batch)
            columns = f"line, {columns}"
        statement = f"COPY incoming ({columns}) FROM STDIN (FORMAT csv)"
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.write(body)
        return is_read

    def _looks_wrong(self, cursor) -> bool:
        cursor.execute(import_sql.LOOKS_WRONG, _known_values(self.now.year) | self._moment())
        return cursor.fetchone()[0]

    def _reject(self, cursor, batch: Batch) -> None:
        cursor.execute(import_sql.REJECTS, _known_values(self.now.year) | self._moment())
        wrong = cursor.fetchall()
        if wrong:
            batch.rejects.extend(wrong)
            batch.rejects.sort()
            cursor.execute(import_sql.DROP_REJECTED, {"lines": [line for line, _reason in wrong]})

    def _change(self, cursor) -> None:
        cursor.execute(import_sql.BUCKETS_TO_HOLD)
        for (bucket,) in cursor.fetchall():
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BUCKET_LOCK, bucket])
        cursor.execute(import_sql.CHANGE_PEOPLE)
        cursor.execute(import_sql.CHANGE_CONSENTS, self._moment())
        cursor.execute(import_sql.COPY_CONSENTS)

    def _add(self, cursor, batch: Batch, n: int, known: int) -> None:
        """Add `n` people. Where all of a batch are new their lines number them, which is quicker,
        and lines that were rejected leave gaps.
        """
        ids = n if known else len(batch.lines)
        values = self._moment() | {
            "first_id": self.ids.take(ids),
            "line": batch.first,
            "zone_of": _zone_of_countries(),
        }
        cursor.execute(import_sql.ADD_SOME if known else import_sql.ADD_EVERYBODY, values)

    def _keep(self, loaded: Loaded) -> None:
        """Write down how far the run is: last, since other workers wait for this row."""
        batch = loaded.batch
        ImportReject.objects.bulk_create(
            (
                ImportReject(run=self.run, line=line, reason=reason[:200])
                for line, reason in batch.rejects
            ),
            ignore_conflicts=True,
        )
        ImportBatch.objects.create(run=self.run, first=batch.first, last=batch.last)
        ImportRun.objects.filter(pk=self.run.pk).update(
            lines=Greatest(F("lines"), batch.last),
            added=F("added") + loaded.added,
            known=F("known") + loaded.known,
            rejected=F("rejected") + loaded.rejected,
        )

    def _moment(self) -> dict[str, object]:
        today = self.now.date()
        return {"now": self.now, "today": today, "tomorrow": str(today + timedelta(days=1))}


def _is_in_the_way(error: DatabaseError) -> bool:
    """Was it another transaction? A distributed database tells it by the key's name alone."""
    state = getattr(error.__cause__, "sqlstate", "")
    return state in IN_THE_WAY or "audience_personkey_pkey" in str(error)


def claim_person_ids(n: int) -> range:
    """Take the next `n` person ids for good; nobody else gets them, gaps do no harm."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO audience_personidrange AS r (id, next_id) VALUES (1, 1 + %s)"
            " ON CONFLICT (id) DO UPDATE SET next_id = r.next_id + %s RETURNING next_id",
            [n, n],
        )
        (end,) = cursor.fetchone()
    return range(end - n, end)


@lru_cache(2)
def _known_values(year: int) -> dict[str, str]:
    """Parameter -> an array in the database's own spelling: quoted once, not for each batch."""
    return {
        "countries": _array(countries()),
        "regions": _array(all_regions()),
        "years": _array(str(year) for year in range(1900, year + 1)),
        "zones": _array(sorted(_time_zones())),
        "languages": _array(map("".join, product(ascii_lowercase, repeat=2))),
    }


def _array(codes: Iterable[str]) -> str:
    return f"{{{','.join(codes)}}}"  # of codes without commas, quotes and blanks


@lru_cache(1)
def _zone_of_countries() -> str:
    return json.dumps(time_zone_of_countries())


def _time_zones() -> set[str]:
    """The zones that both Python and the database know."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return {name for (name,) in cursor.fetchall()} & available_timezones()
