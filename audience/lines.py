"""Files of people, line by line: CSV with a header, or one JSON object a line (NDJSON).

A line is a person. Batches of lines become the body of a COPY; what is not even a line of the
format is named with its number and left out, and the rest goes on.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Protocol, runtime_checkable

from django.utils.translation import gettext as _

from portal.base.refused import Refused

COLUMNS = (
    "external_id",
    "name",
    "country",
    "region",
    "birth_year",
    "device",
    "language",
    "time_zone",
    "marketing",
    "consent_at",
    "wording",
    "joined",
)
REQUIRED = ("external_id", "country")
LONGEST_LINE = 16_384  # bytes
BLOCK = 1024 * 1024  # bytes read at once
BATCH = 10_000  # lines; as many as one statement may touch


@runtime_checkable
class Readable(Protocol):
    """A binary file, or what behaves like one."""

    def read(self, size: int = -1, /) -> bytes: ...

    def readline(self, limit: int = -1, /) -> bytes: ...


@dataclass
class Batch:
    """Lines that follow each other, without their newlines; the first is number `first`, from 1."""

    first: int
    lines: list[bytes]
    rejects: list[tuple[int, str]] = field(default_factory=list)
    who: frozenset[bytes] | None = None  # external ids, where they are known before it is read

    @property
    def may_repeat(self) -> bool:
        """Whether somebody may be in it twice, for all we know."""
        return self.who is None or len(self.who) < len(self.lines)

    @property
    def last(self) -> int:
        return self.first + len(self.lines) - 1

    @cached_property
    def body(self) -> bytes:
        """All lines as they were read."""
        return b"\n".join([*self.lines, b""])


def batches(stream: Readable | Iterable[bytes], *, first: int, skip: int = 0) -> Iterator[Batch]:
    """The stream's lines in batches, the first line being number `first`, without the first
    `skip`.
    """
    first, waiting = first + skip, list[bytes]()
    for lines in _blocks(stream) if isinstance(stream, Readable) else _lists(stream):
        waiting += lines[skip:]
        skip = max(0, skip - len(lines))
        while len(waiting) >= BATCH:
            yield Batch(first, waiting[:BATCH])
            first, waiting = first + BATCH, waiting[BATCH:]
    if waiting:
        yield Batch(first, waiting)


def _blocks(stream: Readable) -> Iterator[list[bytes]]:
    """Lines as they are read; of a line without an end no more is held than shows its length."""
    rest = b""
    while block := stream.read(BLOCK):
        *lines, rest = (rest + block).split(b"\n")
        rest = rest[: LONGEST_LINE + 1]
        yield lines
    if rest:
        yield [rest]


def _lists(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    lines = iter(lines)
    while some := list(islice(lines, BATCH)):
        yield [line.removesuffix(b"\n") for line in some]


def read_header(line: bytes) -> list[str]:
    """The columns that the first line of a CSV file names.

    Raises:
        Refused: where a column is unknown, named twice, or a required one is missing.
    """
    try:
        columns = next(csv.reader([line.decode("utf-8-sig").strip()], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        columns = []
    if unknown := [column for column in columns if column not in COLUMNS]:
        raise Refused(
            _("The first line names the columns. “%(column)s” is none of: %(columns)s.")
            % {"column": unknown[0][:60], "columns": ", ".join(COLUMNS)},
            code="import_header",
        )
    if missing := [column for column in REQUIRED if column not in columns]:
        raise Refused(
            _("The first line names the columns; “%(column)s” is missing.")
            % {"column": missing[0]},
            code="import_header",
        )
    if len(set(columns)) != len(columns):
        raise Refused(_("A column is named twice."), code="import_header")
    return columns


class CsvFormat:
    """Comma-separated values; the header decides which columns there are and in which order."""

    def __init__(self, header: bytes) -> None:
        self.columns = read_header(header)

    def as_copy(self, batch: Batch) -> bytes | None:
        """The batch as it is, for the database to read; it refuses the whole of it when a single
        line is wrong, and `as_copy_one_by_one` then finds the line. None where only reading it
        here is safe: a quoted field spans lines, or a lone "\\." would end the data.
        """
        body = batch.body
        spans_lines = b'"' in body and any(
            b'"' in line and line.count(b'"') % 2 for line in batch.lines
        )
        return None if spans_lines or b"\\." in body else body

    def as_copy_one_by_one(self, batch: Batch) -> bytes:
        """The batch's good lines, each under its own number; the others named in its rejects."""
        return _written(batch, self.fields)

    def external_ids(self, batch: Batch) -> frozenset[bytes] | None:
        """Who is in the batch, where that can be said without reading it whole; else None."""
        quoted = batch.body.startswith(b'"') or b'\n"' in batch.body
        if self.columns[0] != "external_id" or quoted:
            return None
        return frozenset([line.partition(b",")[0] for line in batch.lines])

    def fields(self, line: bytes) -> list[str | None]:
        values = next(csv.reader([_text(line)], strict=True), [])
        if len(values) != len(self.columns):
            raise ValueError(f"{len(values)} columns instead of {len(self.columns)}")
        return [value or None for value in values]


class JsonFormat:
    """One JSON object a line, with the columns as keys; null and missing are the same."""

    columns = list(COLUMNS)

    def external_ids(self, batch: Batch) -> None:
        """Nobody knows before the lines are read."""

    def as_copy(self, batch: Batch) -> None:
        """Never as it is: the database copies CSV."""

    def as_copy_one_by_one(self, batch: Batch) -> bytes:
        return _written(batch, self.fields)

    def fields(self, line: bytes) -> list[str | None]:
        text = _text(line)
        try:
            person = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("not a JSON object") from None
        if not isinstance(person, dict):
            raise ValueError("not a JSON object")
        if unknown := [key for key in person if key not in COLUMNS]:
            raise ValueError(f"unknown key {unknown[0][:60]!r}")
        return [_scalar(column, person.get(column)) for column in COLUMNS]


def _text(line: bytes) -> str:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"longer than {LONGEST_LINE} bytes")
    if b"\0" in line:
        raise ValueError("a NUL byte")
    try:
        text = line.decode().rstrip("\r")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if not text.strip():
        raise ValueError("empty")
    return text


def _scalar(column: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | str):
        text = str(value)
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise ValueError(f"{column} is not text")
        return text
    raise ValueError(f"{column} is not text")


def _written(batch: Batch, fields) -> bytes:
    body = io.StringIO()
    writer = csv.writer(body)
    for number, line in enumerate(batch.lines, start=batch.first):
        try:
            writer.writerow([number, *fields(line)])
        except (ValueError, csv.Error) as error:
            batch.rejects.append((number, str(error)))
    return body.getvalue().encode()
