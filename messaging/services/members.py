"""Who is in a messenger: people as it loads them, and everybody at once."""

import io
import json
from collections.abc import Callable, Collection
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

    def join(_result: ImportResult) -> None:
        join_messenger(messenger, lines.seen())

    result = import_people(
        lines, format="ndjson", name=f"{messenger}: people", progress=join, now=now
    )
    join_messenger(messenger, lines.seen())
    return result


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


class _Lines(io.BufferedReader):
    """The lines of a request, of which the external ids are noted on the way."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        super().__init__(_Raw(read), READ_AT_ONCE)
        self.noted: list[str] = []

    def readline(self, limit: int | None = -1, /) -> bytes:
        line = super().readline(limit)
        if 0 < len(line) <= LONGEST_LINE:
            self._note(line)
        return line

    def seen(self) -> list[str]:
        """The ids noted since it was asked last."""
        noted, self.noted = self.noted, []
        return noted

    def _note(self, line: bytes) -> None:
        try:
            external_id = json.loads(line).get("external_id")
        except (ValueError, RecursionError, AttributeError):
            return  # the import names the fault
        if isinstance(external_id, str | int) and "\x00" not in str(external_id):
            self.noted.append(str(external_id))


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
