"""What a messenger tells us of its members: receipts, their messages, their yes and no.

An event is taken in once by its id, in one transaction with its effect. Events are taken in the
order in which they come; receipts that follow each other are taken together.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from celery import shared_task
from django.db import DatabaseError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import hold_bucket, share_bucket
from audience.models import Person, PersonKey, bucket_of
from audience.services import consent
from messaging.models import Conversation, Message, Messenger, MessengerEvent
from messaging.services.gateway.message_refs import message_named, message_ref
from messaging.services.integrators.wamids import MessageKey
from messaging.services.messages import receive_message
from messaging.services.people.blocking import block_profile, unblock_profile
from messaging.services.people.receipts import Receipt, take_receipts
from messaging.services.people.reports import report_profile
from portal.base.refused import Refused
from profiles.models import Profile

KEPT_FOR = timedelta(days=30)  # an id is known again for this long
MOST = 500  # events in one call
TRIES = 5  # of a transaction that met a deadlock
IN_THE_WAY = {"40P01", "40001"}
SOURCE = "messenger"  # where a person's answer was given
RECEIPTS = ("delivered", "read")


@dataclass(frozen=True)
class Event:
    """One thing a messenger tells us; its form is checked, what it names is not.

    Attributes:
        id: the messenger's own name for it, the same however often it is told.
        kind: a key of EFFECTS, or of RECEIPTS.
        person: the messenger's own id of the person.
        message: id of a message as the gateway gave it. profile: handle of a business's profile.
    """

    id: str
    kind: str
    person: str
    message: str = ""
    profile: str = ""
    text: str = ""
    reason: str = ""

    @property
    def sha256(self) -> str:
        said = [self.kind, self.person, self.message, self.profile, self.text, self.reason]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True)
class Result:
    """What became of an event: done, duplicate (it was done before), or refused and why."""

    id: str | None
    result: str
    code: str = ""
    sentence: str = ""
    message: str = ""  # of an inbound message: its id


def take_events(
    messenger: Messenger, events: Sequence[Event], *, now: datetime | None = None
) -> list[Result]:
    """Take the events in, in their order; a refused one changes nothing and stops no other."""
    now = now or timezone.now()
    people = dict(
        PersonKey.objects.filter(external_id__in={event.person for event in events}).values_list(
            "external_id", "person_id"
        )
    )
    profiles = {
        profile.handle: profile
        for profile in Profile.objects.select_related("business").filter(
            handle__in={event.profile for event in events if event.profile}
        )
    }
    results: list[Result] = []
    for is_receipt, some in groupby(events, key=lambda event: event.kind in RECEIPTS):
        if is_receipt:
            results += _take_receipts(list(some), people, now)
        else:
            results += [_take(messenger, event, people, profiles, now) for event in some]
    return results


@shared_task
def forget_messenger_events() -> int:
    """Delete the ids of events after KEPT_FOR. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "delete from messaging_messengerevent where taken_at < %s",
            [timezone.now() - KEPT_FOR],
        )
        return cursor.rowcount


def _take_receipts(events: Sequence[Event], people: dict[str, int], now: datetime) -> list[Result]:
    results, receipts = [], []
    for event in events:
        try:
            key = _message_of(event, _person_of(event, people))
        except Refused as refusal:
            results.append(_refused(event, refusal))
            continue
        receipts.append(Receipt(key.person_id, key.id, event.kind == "read"))
        results.append(Result(event.id, "done"))
    _retried(lambda: take_receipts(receipts, now=now))
    return results


def _take(
    messenger: Messenger,
    event: Event,
    people: dict[str, int],
    profiles: dict[str, Profile],
    now: datetime,
) -> Result:
    try:
        person_id = _person_of(event, people)
        return _retried(lambda: _take_once(messenger, event, person_id, profiles, now))
    except Refused as refusal:
        return _refused(event, refusal)


@transaction.atomic
def _take_once(
    messenger: Messenger,
    event: Event,
    person_id: int,
    profiles: dict[str, Profile],
    now: datetime,
) -> Result:
    _hold(event, person_id)
    row = MessengerEvent(
        person_id=person_id,
        messenger_id=messenger.pk,
        event_id=event.id,
        sha256=event.sha256,
        taken_at=now,
    )
    # Of two calls with the same event at once, one waits here until the other has ended.
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into messaging_messengerevent
              (person_id, messenger_id, event_id, sha256, taken_at) values (%s, %s, %s, %s, %s)
            on conflict do nothing returning 1
            """,
            [row.person_id, row.messenger_id, row.event_id, row.sha256, row.taken_at],
        )
        is_new = cursor.fetchone() is not None
    if not is_new:
        return _told_before(row, event)
    written = EFFECTS[event.kind](event, person_id, profiles, now)
    return Result(event.id, "done", message=written)


def _hold(event: Event, person_id: int) -> None:
    """Come wholly before or wholly after the person's erasure, and a no before or after a chunk."""
    if event.kind == "message":
        share_bucket(bucket_of(person_id))
    else:
        hold_bucket(person_id)
    if not Person.objects.filter(person_id=person_id).exists():
        raise Refused(_("There is no such person."), code="unknown_person")


def _told_before(row: MessengerEvent, event: Event) -> Result:
    known = MessengerEvent.objects.filter(
        person_id=row.person_id, messenger_id=row.messenger_id, event_id=row.event_id
    ).first()
    if known and known.sha256 != row.sha256:
        raise Refused(_("Another event had this id. Give each its own."), code="id_taken")
    return Result(event.id, "duplicate")


def _refused(event: Event, refusal: Refused) -> Result:
    return Result(event.id, "refused", refusal.code or "refused", refusal.sentence)


def _retried(act):
    """Run `act` again when the database chose it as the victim of a deadlock."""
    for _attempt in range(TRIES):
        try:
            return act()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in IN_THE_WAY:
                raise
            last: DatabaseError = error
    raise last


# What an event names


def _person_of(event: Event, people: dict[str, int]) -> int:
    if (person_id := people.get(event.person)) is None:
        raise Refused(_("There is no such person."), code="unknown_person")
    return person_id


def _message_of(event: Event, person_id: int) -> MessageKey:
    key = message_named(event.message)
    if key is None or key.person_id != person_id:
        raise Refused(_("This person has no such message."), code="unknown_message")
    return key


def _profile_of(event: Event, person_id: int, profiles: dict[str, Profile]) -> Profile:
    """The profile, if the person may open it: it has a badge, or they have a chat with it."""
    profile = profiles.get(event.profile)
    if profile and (
        profile.shows_badge()
        or Conversation.objects.filter(person_id=person_id, profile_id=profile.pk).exists()
    ):
        return profile
    raise Refused(_("There is no such profile."), code="unknown_profile")


# What an event does. Each returns the id of a message it wrote, or nothing.


def _write(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    profile = _profile_of(event, person_id, profiles)
    message = receive_message(
        person_id,
        profile,
        body=event.text,
        reply_to=_answered(event, person_id, profile),
        now=now,
    )
    return message_ref(person_id, message.id)


def _answered(event: Event, person_id: int, profile: Profile) -> int | None:
    """The message that is answered. A campaign's is not named: all its people share its id, and by
    it the business would learn whom its filters matched.
    """
    if not event.message:
        return None
    key = _message_of(event, person_id)
    rows = Message.objects.filter(person_id=key.person_id, id=key.id, profile_id=profile.pk)
    campaigns = list(rows.values_list("campaign_id", flat=True))
    if not campaigns:
        raise Refused(_("This person has no such message."), code="unknown_message")
    return key.id if campaigns[0] is None else None


def _block(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    profile = _profile_of(event, person_id, profiles)
    block_profile(person_id, profile, reason=event.reason or "none", now=now)
    return ""


def _unblock(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    unblock_profile(person_id, _profile_of(event, person_id, profiles))
    return ""


def _report(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    profile = _profile_of(event, person_id, profiles)
    report_profile(
        person_id,
        profile,
        reason=event.reason or "none",
        text=event.text,
        message_id=_message_of(event, person_id).id if event.message else None,
        now=now,
    )
    return ""


def _mute(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    profile = _profile_of(event, person_id, profiles)
    consent.mute(person_id, profile.business_id, source=SOURCE, now=now)
    return ""


def _unmute(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    profile = _profile_of(event, person_id, profiles)
    consent.unmute(person_id, profile.business_id, source=SOURCE, now=now)
    return ""


def _opt_out(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    consent.opt_out(person_id, source=SOURCE, now=now)
    return ""


def _opt_in(event: Event, person_id: int, profiles: dict, now: datetime) -> str:
    consent.opt_in(person_id, wording=event.text[:20], source=SOURCE, now=now)
    return ""


EFFECTS: dict[str, Callable[[Event, int, dict[str, Profile], datetime], str]] = {
    "message": _write,
    "block": _block,
    "unblock": _unblock,
    "report": _report,
    "mute": _mute,
    "unmute": _unmute,
    "opt_out": _opt_out,
    "opt_in": _opt_in,
}
