"""Loading people: from the operator's messenger into the table of people, however many."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier, local
from typing import BinaryIO

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.lines import LONGEST_LINE, Batch, CsvFormat, JsonFormat, Readable, batches
from audience.models import ImportRun
from audience.services.import_batches import BatchLoader, Loaded, Reader, claim_person_ids
from portal.base.refused import Refused

DIGESTED = 1024 * 1024  # bytes at each end of a file that tell it from others

__all__ = ["ImportResult", "claim_person_ids", "digest_of", "import_people"]


@dataclass
class ImportResult:
    """What an import did: lines read, people added, people known before, lines rejected."""

    run: ImportRun
    lines: int = 0
    added: int = 0
    known: int = 0
    rejected: int = 0

    def add(self, loaded: Loaded) -> None:
        self.lines = max(self.lines, loaded.batch.last)
        self.added += loaded.added
        self.known += loaded.known
        self.rejected += loaded.rejected


def import_people(
    stream: Readable | Iterable[bytes],
    *,
    format: str = "csv",  # noqa: A002  (the word for it)
    name: str = "",
    source: str = "",
    progress: Callable[[ImportResult], None] | None = None,
    workers: int = 1,
    now: datetime | None = None,
) -> ImportResult:
    """Add and change people, one a line, in batches of at most 10,000, each a transaction.

    Running it again changes nothing: a person is found by external_id. A batch is loaded whole or
    not at all; a run that was interrupted goes on after what it had done when the same `source`
    comes again. An empty value leaves what is there. Of a person named twice the later line counts.
    A yes to adverts never outweighs a later no.

    Arguments:
        stream: lines in bytes, each ending in a newline; a file opened in binary mode will do.
        format: "csv" with a header line, or "ndjson".
        name: what the run is called in lists: the file's name.
        source: digest of the file, from `digest_of`; empty for a stream that can't come again.
        progress: called after each batch.
        workers: connections to load on at once; one where the caller has a transaction open.

    Returns:
        The result; its `run.rejects` name each line that was not loaded, and why.

    Raises:
        Refused: where the format or the header is none.
    """
    now = now or timezone.now()
    lines, reader, first = _reader(stream, format)
    run = _open_run(name, source, now)
    result = ImportResult(run, run.lines, run.added, run.known, run.rejected)

    todo = _not_done(run, reader, lines, first)
    many = workers > 1 and not connection.in_atomic_block
    load = (
        _in_parallel(todo, run, reader, now, workers)
        if many
        else _in_turn(todo, BatchLoader(run, reader, now))
    )
    for loaded in load:
        result.add(loaded)
        if progress:
            progress(result)

    run.finished_at = timezone.now()
    run.save(update_fields=["finished_at"])
    run.batches.all().delete()
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
) -> tuple[Readable | Iterable[bytes], Reader, int]:
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


def _not_done(
    run: ImportRun, reader: Reader, lines: Readable | Iterable[bytes], first: int
) -> Iterator[Batch]:
    """The batches that an interrupted run had not loaded yet: all, of a new one."""
    done = set(run.batches.values_list("first", "last"))
    until = first - 1
    for start, last in sorted(done):
        if start == until + 1:
            until = last
    for batch in batches(lines, first=first, skip=until - first + 1):
        if (batch.first, batch.last) not in done:
            batch.who = reader.external_ids(batch)
            yield batch


def _in_turn(todo: Iterator[Batch], loader: BatchLoader) -> Iterator[Loaded]:
    return map(loader.load, todo)


def _in_parallel(
    todo: Iterator[Batch], run: ImportRun, reader: Reader, now: datetime, workers: int
) -> Iterator[Loaded]:
    """Load batches side by side, but two that name the same person one after the other."""
    own = local()  # each thread has its connection, its temporary tables and its ids
    under_way: dict[Future[Loaded], frozenset[bytes] | None] = {}

    def load(batch: Batch) -> Loaded:
        if not hasattr(own, "loader"):
            own.loader = BatchLoader(run, reader, now)
        return own.loader.load(batch)

    def landed() -> Iterator[Loaded]:
        for future in wait(under_way, return_when=FIRST_COMPLETED).done:
            del under_way[future]
            yield future.result()

    with ThreadPoolExecutor(workers) as threads:
        for batch in todo:
            while len(under_way) == workers or _meet(batch.who, under_way.values()):
                yield from landed()
            under_way[threads.submit(load, batch)] = batch.who
        while under_way:
            yield from landed()
        _close_connections(threads, workers)


def _meet(who: frozenset[bytes] | None, others: Iterable[frozenset[bytes] | None]) -> bool:
    """May somebody be in both? Unknown names (None) may be anybody's."""
    return any(who is None or other is None or not who.isdisjoint(other) for other in others)


def _close_connections(threads: ThreadPoolExecutor, workers: int) -> None:
    together = Barrier(workers)  # so that each thread closes its own

    def close() -> None:
        connection.close()
        together.wait()

    for future in [threads.submit(close) for _thread in range(workers)]:
        future.result()
