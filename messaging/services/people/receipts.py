"""How far messages got: told by a person's own pages chat by chat, by a messenger in bulk."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone

from audience.models import Person
from messaging.models import Message
from messaging.services.conversations.announcements import announce_business
from messaging.services.counters import count
from messaging.signals import status_changed
from messaging.weights import unit_of, weights_of
from portal.base.live import announce_each
from profiles.models import Profile
from trust.services.evidence import record_deliveries


@dataclass(frozen=True)
class Receipt:
    """A message reached a person's phone, or was read there."""

    person_id: int
    message_id: int
    is_read: bool


@transaction.atomic
def take_receipts(receipts: Collection[Receipt], *, now: datetime | None = None) -> int:
    """Move the messages on, all in a few statements; a read one with what came before it in its
    chat. What is further already, or nobody's, stays. Returns how many moves there were.
    """
    now = now or timezone.now()
    reads = [receipt for receipt in receipts if receipt.is_read]
    delivered = _deliver(receipts, now) + _deliver_before(reads, now)
    tell_moved(delivered, "delivered", now=now)
    tell_trust(delivered, now=now)
    read = _read(reads, now)
    _show_read(read)
    tell_moved(read, "read", now=now)
    for profile_id in {message.profile_id for message in read}:
        readers = {m.person_id for m in read if m.profile_id == profile_id}
        announce_each((f"person:{person_id}" for person_id in readers), "chat", profile_id)
    return len(delivered) + len(read)


def _deliver(receipts: Collection[Receipt], now: datetime) -> list[Message]:
    return change_messages(
        """
        update messaging_message m set status = 'delivered', delivered_at = %s
          from unnest(%s::bigint[], %s::bigint[]) r(person_id, id)
         where m.person_id = r.person_id and m.id = r.id
           and m.direction = 'out' and m.status = 'sent'
        """,
        [now, *_columns(receipts)],
    )


# The chats in which something was read, and up to which message.
_UP_TO = """
  select m.person_id, m.profile_id, max(m.id) as id
    from messaging_message m
    join unnest(%s::bigint[], %s::bigint[]) r(person_id, id)
      on m.person_id = r.person_id and m.id = r.id
   where m.direction = 'out'
   group by m.person_id, m.profile_id
"""


def _deliver_before(reads: Collection[Receipt], now: datetime) -> list[Message]:
    """What is read has arrived, with all that came before it."""
    return _change_up_to("status = 'delivered', delivered_at = %s", "m.status = 'sent'", reads, now)


def _read(reads: Collection[Receipt], now: datetime) -> list[Message]:
    return _change_up_to("status = 'read', read_at = %s", "m.status = 'delivered'", reads, now)


def _change_up_to(
    change: str, state: str, reads: Collection[Receipt], now: datetime
) -> list[Message]:
    if not reads:
        return []
    return change_messages(
        f"""
        update messaging_message m set {change}
          from ({_UP_TO}) r
          join messaging_conversation v
            on v.person_id = r.person_id and v.profile_id = r.profile_id
         where m.person_id = r.person_id and m.profile_id = r.profile_id
           and m.id <= r.id and m.id > coalesce(v.read_id, 0)
           and m.direction = 'out' and {state}
        """,
        [now, *_columns(reads)],
    )


def _show_read(read: Collection[Message]) -> None:
    """The person's lists show as read what was read elsewhere."""
    if not read:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            update messaging_conversation v
               set read_id = greatest(v.read_id, r.id),
                   unread = case when r.id >= v.last_id then 0 else greatest(0, v.unread - r.n) end
              from (select person_id, profile_id, max(id) as id, count(*) as n
                      from unnest(%s::bigint[], %s::bigint[], %s::bigint[])
                           m(person_id, profile_id, id)
                     group by person_id, profile_id) r
             where v.person_id = r.person_id and v.profile_id = r.profile_id
            """,
            [
                [message.person_id for message in read],
                [message.profile_id for message in read],
                [message.id for message in read],
            ],
        )


def _columns(receipts: Collection[Receipt]) -> list[list[int]]:
    return [
        [receipt.person_id for receipt in receipts],
        [receipt.message_id for receipt in receipts],
    ]


# What an update returns of each message; its words and content are not needed for a status.
RETURNED = [
    field.attname
    for field in Message._meta.concrete_fields
    if field.name not in ("body", "content")
]


def change_messages(update: str, values: list) -> list[Message]:
    """Run an update of messages as `m`. Returns those it changed, without words."""
    names = ", ".join(f"m.{name}" for name in RETURNED)
    with connection.cursor() as cursor:
        cursor.execute(f"{update} returning {names}", values)
        return [Message.from_db(connection.alias, RETURNED, row) for row in cursor.fetchall()]


def tell_moved(moved: Sequence[Message], metric: str, *, now: datetime) -> None:
    """Count what moved on, and tell the integrator and open pages of single messages."""
    _count_all(moved, metric, now=now)
    profiles = _profiles(moved)
    for message in moved:
        if message.campaign_id is None:
            profile = profiles[message.profile_id]
            status_changed.send(Message, message=message, profile=profile)
            announce_business(profile, message.person_id)


def tell_trust(moved: Sequence[Message], *, now: datetime) -> None:
    """What people have now seen, by the same weight that a complaint of theirs would have."""
    if not moved:
        return
    people = Person.objects.only("person_id", "joined").in_bulk({m.person_id for m in moved})
    weights = weights_of(people.values(), now.date())
    seen: dict[tuple[int, int | date], list[float]] = {}
    for message in moved:
        seen.setdefault((message.profile_id, unit_of(message)), []).append(
            weights.get(message.person_id, 0.0)
        )
    for (profile_id, unit), each in sorted(seen.items(), key=lambda item: str(item[0])):
        record_deliveries(
            Profile(pk=profile_id), unit=unit, delivered=len(each), weight=sum(each), now=now
        )


def _count_all(moved: Iterable[Message], metric: str, *, now: datetime) -> None:
    tally: dict[tuple[int, int | None], int] = {}
    for message in moved:
        key = (message.profile_id, message.campaign_id)
        tally[key] = tally.get(key, 0) + 1
    profiles = Profile.objects.in_bulk({profile_id for profile_id, _campaign in tally})
    for (profile_id, campaign_id), n in tally.items():
        count(profiles[profile_id], metric, n, campaign_id=campaign_id, now=now)


def _profiles(moved: Iterable[Message]) -> dict[int, Profile]:
    ids = {message.profile_id for message in moved if message.campaign_id is None}
    return Profile.objects.select_related("business").in_bulk(ids)
