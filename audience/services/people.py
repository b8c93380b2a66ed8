"""Loading people: from the operator's messenger into the table of people, however many."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO
from zoneinfo import available_timezones

from django.db import DatabaseError, DataError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience import import_sql
from audience.lines import LONGEST_LINE, Batch, CsvFormat, JsonFormat, Readable, batches
from audience.locks import BUCKET_LOCK
from audience.models import ImportReject, ImportRun
from audience.places import all_regions, countries, time_zone_of_countries
from portal.base.refused import Refused

TRIES = 5  # of one batch, when another transaction was in the way
DIGESTED = 1024 * 1024  # bytes at each end of a file that tell it from others


@dataclass
class ImportResult:
    """What an import did: lines read, people added, people known before, lines rejected."""

    run: ImportRun
    lines: int = 0
    added: int = 0
    known: int = 0
    rejected: int = 0


class _OvertakenError(DatabaseError):
    """Another import added some of the same people between our look and our insert."""


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


def import_people(
    stream: Readable | Iterable[bytes],
    *,
    format: str = "csv",  # noqa: A002  (the word for it)
    name: str = "",
    source: str = "",
    progress: Callable[[ImportResult], None] | None = None,
    now: datetime | None = None,
) -> ImportResult:
    """Add and change people, one a line, in batches of at most 10,000, each a transaction.

    Running it again changes nothing: a person is found by external_id. A batch is loaded whole or
    not at all; a run that was interrupted goes on after its last batch when the same `source` comes
    again. An empty value leaves what is there. A yes to adverts never outweighs a later no.

    Arguments:
        stream: lines in bytes, each ending in a newline; a file opened in binary mode will do.
        format: "csv" with a header line, or "ndjson".
        name: what the run is called in lists: the file's name.
        source: digest of the file, from `digest_of`; empty for a stream that can't come again.
        progress: called after each batch.

    Returns:
        The result; its `run.rejects` name each line that was not loaded, and why.

    Raises:
        Refused: where the format or the header is none.
    """
    now = now or timezone.now()
    lines, reader, first = _reader(stream, format)
    run = _open_run(name, source, now)
    result = ImportResult(run, run.lines, run.added, run.known, run.rejected)

    for batch in batches(lines, first=first, skip=max(0, run.lines - first + 1)):
        _load(batch, reader, result, now)
        if progress:
            progress(result)

    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    return result


def digest_of(file: BinaryIO) -> str:
    """What tells a file from others, without reading all of it: its size and both its ends."""
    size = file.seek(0, 2)
    digest = hashlib.sha256(str(size).encode())
    for start in {0, max(0, size - DIGESTED)}:
        file.seek(start)
        digest.update(file.read(DIGESTED))
    file.seek(0)
    return digest.hexdigest()


def _reader(
    stream: Readable | Iterable[bytes], format_: str
) -> tuple[Readable | Iterable[bytes], CsvFormat | JsonFormat, int]:
    """The remaining lines, their reader, and the number of the first of them."""
    if format_ == "ndjson":
        return stream, JsonFormat(), 1
    if format_ != "csv":
        raise Refused(_("People come as csv or ndjson."), code="import_format")
    if isinstance(stream, Readable):
        return stream, CsvFormat(stream.readline(LONGEST_LINE)), 2
    lines = iter(stream)
    return lines, CsvFormat(next(lines, b"")), 2


def _open_run(name: str, source: str, now: datetime) -> ImportRun:
    run = source and ImportRun.objects.filter(source=source, finished_at=None).first()
    if not run:
        ImportRun.objects.filter(source=source).exclude(source="").delete()  # and its rejects
        run = ImportRun.objects.create(source=source, name=name[:200], started_at=now)
    return run


def _load(batch: Batch, reader, result: ImportResult, now: datetime) -> None:
    """One batch, tried again when a deadlock or another import was in the way."""
    as_copy = reader.as_copy
    for attempt in range(TRIES + 1):
        try:
            with transaction.atomic():
                added, known = _load_once(batch, reader, as_copy, result.run, now)
            break
        except DataError:
            if as_copy == reader.as_copy_one_by_one:
                raise
            as_copy = reader.as_copy_one_by_one  # some line is wrong: find out which
        except (_OvertakenError, OperationalError) as error:
            if attempt == TRIES or not _may_try_again(error):
                raise
    result.lines = batch.last
    result.added += added
    result.known += known
    result.rejected += len(batch.rejects)


def _may_try_again(error: DatabaseError) -> bool:
    return isinstance(error, _OvertakenError) or getattr(error.__cause__, "sqlstate", "") == "40P01"


def _load_once(batch: Batch, reader, as_copy, run: ImportRun, now: datetime) -> tuple[int, int]:
    batch.rejects.clear()
    with connection.cursor() as cursor:
        # A distributed database carries our few rows to the people, never the people to us.
        cursor.execute("SET LOCAL citus.local_table_join_policy TO 'prefer-local'")
        _copy(cursor, batch, reader, as_copy)
        _reject(cursor, batch, now)
        cursor.execute(import_sql.DROP_REPEATED)
        cursor.execute(import_sql.FIND_KNOWN)
        cursor.execute(import_sql.COUNTS)
        total, known = cursor.fetchone()
        if known:
            _change(cursor, now)
        if added := total - known:
            _add(cursor, added, now)

    ImportReject.objects.bulk_create(
        ImportReject(run=run, line=line, reason=reason[:200]) for line, reason in batch.rejects
    )
    run.lines = batch.last
    run.added, run.known = run.added + added, run.known + known
    run.rejected += len(batch.rejects)
    run.save(update_fields=["lines", "added", "known", "rejected"])
    return added, known


def _copy(cursor, batch: Batch, reader, as_copy) -> None:
    for statement in (import_sql.INCOMING, import_sql.KNOWN):
        cursor.execute(statement)
    cursor.execute("DELETE FROM incoming")  # of a batch before, where all is one transaction
    cursor.execute("DELETE FROM known")
    body = as_copy(batch)
    columns = ", ".join(reader.columns)  # names of ours, checked by the reader
    if body is None or as_copy == reader.as_copy_one_by_one:
        body = body or reader.as_copy_one_by_one(batch)
        columns = f"line, {columns}"
    else:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('incoming', 'line'), %s, false)", [batch.first]
        )
    statement = f"COPY incoming ({columns}) FROM STDIN (FORMAT csv)"
    with connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write(body)


def _reject(cursor, batch: Batch, now: datetime) -> None:
    cursor.execute(import_sql.REJECTS, _known_values(now.year) | _moment(now))
    wrong = cursor.fetchall()
    if wrong:
        batch.rejects.extend(wrong)
        batch.rejects.sort()
        cursor.execute(import_sql.DROP_REJECTED, {"lines": [line for line, _reason in wrong]})


def _add(cursor, n: int, now: datetime) -> None:
    values = _moment(now) | {
        "first_id": claim_person_ids(n).start,
        "zone_of": json.dumps(time_zone_of_countries()),
    }
    cursor.execute(import_sql.ADD_KEYS, values)
    if cursor.fetchone()[0] < n:
        raise _OvertakenError
    cursor.execute(import_sql.ADD_PEOPLE, values)
    cursor.execute(import_sql.ADD_CONSENTS, values)


def _change(cursor, now: datetime) -> None:
    cursor.execute(import_sql.BUCKETS_TO_HOLD)
    for (bucket,) in cursor.fetchall():
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [BUCKET_LOCK, bucket])
    cursor.execute(import_sql.CHANGE_PEOPLE)
    cursor.execute(import_sql.CHANGE_CONSENTS, _moment(now))
    cursor.execute(import_sql.COPY_CONSENTS)


def _moment(now: datetime) -> dict[str, object]:
    return {"now": now, "today": now.date()}


@lru_cache(2)
def _known_values(year: int) -> dict[str, list[str]]:
    return {
        "countries": list(countries()),
        "regions": all_regions(),
        "years": [str(year) for year in range(1900, year + 1)],
        "zones": sorted(_time_zones()),
    }


def _time_zones() -> set[str]:
    """The zones that both Python and the database know."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return {name for (name,) in cursor.fetchall()} & available_timezones()
