"""Who is in a messenger: people as it loads them, and everybody at once."""

import io
import json
from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from audience.lines import LONGEST_LINE
from audience.models import PersonKey
from audience.services.people import ImportResult, import_people
from messaging.models import Member, Messenger
from portal.base.refused import Refused

READ_AT_ONCE = 64 * 1024  # bytes of a request


def load_members(
    messenger: Messenger, read: Callable[[int], bytes], *, now: datetime | None = None
) -> ImportResult:
    """Add and change people from NDJSON as it comes in, as `import_people` says, and make them
    members of the messenger. No more than a batch is ever held.

    Arguments:
        read: gives at most so many bytes more of the lines; nothing at their end.
    """
    lines = _Lines(read)

    def join(result: ImportResult) -> None:
        join_messenger(messenger, lines.named_until(result.lines))

    return import_people(
        lines, format="ndjson", name=f"{messenger}: people", progress=join, now=now
    )


def join_messenger(messenger: Messenger, external_ids: Collection[str]) -> None:
    """Make members of the people whom the messenger calls so; whoever is nobody is left out."""
    if not external_ids:
        return
    person_ids = sorted(
        PersonKey.objects.filter(external_id__in=external_ids).values_list("person_id", flat=True)
    )
    Member.objects.bulk_create(
        [Member(person_id=person_id, messenger_id=messenger.pk) for person_id in person_ids],
        update_conflicts=True,
        unique_fields=["person_id"],
        update_fields=["messenger_id"],
    )


def join_everybody(messenger: Messenger, *, progress: Callable[[int], None] | None = None) -> int:
    """Make members of all people who are in no messenger yet, bucket by bucket. Returns how many.

    For people who were loaded by `import_people`. Run again, it goes on where it was stopped.
    """
    joined = 0
    for bucket in range(settings.BUCKETS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """
                with new as (
                  insert into messaging_member (person_id, messenger_id)
                  select p.person_id, %s from audience_person p
                   where p.bucket = %s order by p.person_id
                  on conflict do nothing returning 1)
                select count(*) from new
                """,
                [messenger.pk, bucket],
            )
            joined += cursor.fetchone()[0]
        if progress:
            progress(joined)
    return joined


def member_named(external_id: str) -> int:
    """The person whom messengers call so. Raises Refused where there is none."""
    person_id = (
        PersonKey.objects.filter(external_id=external_id)
        .values_list("person_id", flat=True)
        .first()
        if "\x00" not in external_id
        else None
    )
    if person_id is None:
        raise Refused(_("There is no such person."), code="unknown_person")
    return person_id


class _Lines:
    """The lines of a request, of which the external ids are noted on the way."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.source = io.BufferedReader(_Raw(read), READ_AT_ONCE)
        self.noted: deque[str | None] = deque()  # by line; None where no person is named
        self.given = 0  # how many lines' ids were given out

    def __iter__(self) -> Iterator[bytes]:
        while line := self.source.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                self._skip_rest()
            self.noted.append(_external_id(line))
            yield line

    def named_until(self, number: int) -> list[str]:
        """The ids in the lines up to this one (from 1) that were not given out before."""
        n = max(0, number - self.given)
        self.given += n
        some = [self.noted.popleft() for _line in range(n)]
        return [external_id for external_id in some if external_id is not None]

    def _skip_rest(self) -> None:
        while (rest := self.source.readline(READ_AT_ONCE)) and not rest.endswith(b"\n"):
            pass


def _external_id(line: bytes) -> str | None:
    """Whom a line names, None where the import will find fault with it anyway."""
    try:
        external_id = json.loads(line).get("external_id")
    except (ValueError, RecursionError, AttributeError):
        return None
    is_name = isinstance(external_id, str | int) and "\x00" not in str(external_id)
    return str(external_id) if is_name else None


class _Raw(io.RawIOBase):
    """A function that gives bytes, as a file."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self.give = read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        data = self.give(len(buffer))
        buffer[: len(data)] = data
        return len(data)
