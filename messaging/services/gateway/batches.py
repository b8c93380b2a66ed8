"""What goes to a messenger in one call: which messages, in which words, signed how."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection
from standardwebhooks.webhooks import Webhook

from audience.services.topics import mutes_of
from audience.topics import topics_of
from messaging.models import Campaign, GatewayMessage, Media, Message, Messenger
from messaging.services.gateway.message_refs import message_ref
from messaging.services.integrators.wamids import MessageKey
from messaging.services.media import path_of
from messaging.services.people.stop_links import stop_url
from profiles.models import Profile, User

LANES = 8  # calls of one messenger at the same time; a person is in one lane


@dataclass(frozen=True)
class Waiting:
    """A row of the queue."""

    person_id: int
    message_id: int
    profile_id: int
    place: int

    @property
    def conversation(self) -> tuple[int, int]:
        return self.person_id, self.profile_id

    @property
    def key(self) -> MessageKey:
        return MessageKey(self.person_id, self.message_id)


@dataclass(frozen=True)
class Batch:
    """One call: its bytes, what is in it, and what leaves the queue without being sent.

    Attributes:
        sent: by the id that the messenger knows.
        refused: of what is dropped, single messages whose sender has lost its standing: they fail.
    """

    lane: int
    id: str
    body: bytes
    sent: dict[str, MessageKey]
    dropped: list[MessageKey]
    refused: list[MessageKey]

    @property
    def keys(self) -> list[MessageKey]:
        return [*self.sent.values(), *self.dropped]


def _array(numbers: Iterable[int]) -> str:
    """An array as PostgreSQL writes it: thousands of numbers are no work for a driver."""
    return "{" + ",".join(map(str, numbers)) + "}"


def take_batch(messenger: Messenger, lane: int, *, size: int) -> Batch | None:
    """The next messages of a lane, at most `size`; None where none wait. Nothing is changed.

    Urgent ones come first, but never before what the same conversation waits for: that comes along.
    """
    waiting = _first(messenger, lane, size)
    if not waiting:
        return None
    urgency: dict[tuple[int, int], int] = {}
    for row, how in waiting.items():
        urgency[row.conversation] = min(how, urgency.get(row.conversation, how))
    found = {*waiting, *_before(list(waiting))}
    # A conversation is as urgent as its most urgent message, so that cutting keeps its order.
    together = sorted(found, key=lambda r: (urgency[r.conversation], r.place, r.person_id))
    return _written(messenger, lane, together[:size])


def headers(batch: Batch, *, secret: str, now: datetime) -> dict[str, str]:
    """What goes with the bytes, as Standard Webhooks says; the id names the batch's content."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Signet-Gateway/1",
        "webhook-id": batch.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(batch.id, now, batch.body.decode()),
    }


_COLUMNS = "g.person_id, g.message_id, g.profile_id, g.place"


def _first(messenger: Messenger, lane: int, size: int) -> dict[Waiting, int]:
    """The next rows, with their urgency."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select {_COLUMNS}, g.urgency from messaging_gatewaymessage g
             where g.messenger_id = %s and g.lane = %s
             order by g.urgency, g.place, g.person_id limit %s
            """,
            [messenger.pk, lane, size],
        )
        return {Waiting(*row[:4]): row[4] for row in cursor.fetchall()}


def _before(rows: Sequence[Waiting]) -> list[Waiting]:
    """What waits earlier in the same conversations."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select {_COLUMNS}
              from unnest(%s::bigint[], %s::bigint[], %s::bigint[]) r(person_id, profile_id, place)
             cross join lateral (
               select * from messaging_gatewaymessage g
                where g.person_id = r.person_id and g.profile_id = r.profile_id
                  and g.place < r.place offset 0) g
            """,
            [
                _array(row.person_id for row in rows),
                _array(row.profile_id for row in rows),
                _array(row.place for row in rows),
            ],
        )
        return [Waiting(*row) for row in cursor.fetchall()]


CONTENT = 7  # the place of `content` in a row of Found


@dataclass(frozen=True, slots=True)
class Found:
    """A message as its batch needs it, with whom it is for; unwanted: they said no meanwhile."""

    person_id: int
    id: int
    profile_id: int
    campaign_id: int | None
    kind: str
    message_class: str
    body: str | None
    content: dict | None
    reply_to: int | None
    author_id: int | None
    created_at: datetime
    external_id: str
    is_unwanted: bool

    @property
    def is_advert(self) -> bool:
        return self.message_class == Message.Class.MARKETING


def _written(messenger: Messenger, lane: int, rows: Sequence[Waiting]) -> Batch:
    profiles = Profile.objects.select_related("business").in_bulk({r.profile_id for r in rows})
    messages = _messages(rows, {pk: one.business_id for pk, one in profiles.items()})
    campaigns = Campaign.objects.in_bulk({m.campaign_id for m in messages.values()} - {None})
    authors = User.objects.in_bulk({m.author_id for m in messages.values()} - {None})
    muted = mutes_of(m.person_id for m in messages.values() if m.is_advert)

    shown, sent, dropped, refused = [], {}, [], []
    for row in rows:
        key = row.key
        message = messages.get(key)
        if message is None or message.is_unwanted:
            dropped.append(key)
            continue
        campaign = campaigns.get(message.campaign_id or 0)
        if message.is_advert and muted and _is_muted(message, campaign, profiles, muted):
            dropped.append(key)
            continue
        if _is_stopped(message, campaign, profiles[row.profile_id]):
            dropped.append(key)
            refused += [key] if campaign is None else []
            continue
        one = _shown(message, campaign, authors)
        one["person"] = message.external_id
        one["profile"] = profiles[row.profile_id].handle
        shown.append(one)
        sent[one["id"]] = key
    about = {
        p.handle: {"name": p.name, "verified": p.shows_badge(), "logo_url": _absolute(p.logo_url)}
        for p in profiles.values()
    }
    batch_id = "batch_" + hashlib.sha256(" ".join(sent).encode()).hexdigest()[:32]
    body = {"batch": batch_id, "profiles": about, "messages": shown}
    return Batch(lane, batch_id, json.dumps(body).encode("ascii"), sent, dropped, refused)


def _messages(rows: Collection[Waiting], businesses: dict[int, int]) -> dict[MessageKey, Found]:
    """The rows' messages, in one statement. Unwanted is what people said no to while it waited: it
    stays in the web inbox, and goes nowhere else.

    Each row is looked up by its key, whatever the planner believes: it takes a table that was
    analyzed while its rows were not committed for an empty one, and would go through all of it for
    each row. An `offset` keeps it from that.

    Arguments:
        businesses: profile -> its business.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select m.person_id, m.id, m.profile_id, m.campaign_id, m.kind, m.message_class,
                   m.body, m.content, m.reply_to, m.author_id, m.created_at, p.external_id,
                   b.person_id is not null
                   or (m.message_class = 'marketing'
                       and (not p.marketing or not coalesce(n.granted, true)))
              from unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
                   r(person_id, id, profile_id, business_id)
             cross join lateral (
               select * from messaging_message
                where person_id = r.person_id and id = r.id offset 0) m
             cross join lateral (
               select external_id, marketing from audience_person
                where person_id = r.person_id offset 0) p
              left join audience_block b
                on b.person_id = r.person_id and b.profile_id = r.profile_id
              left join audience_consent n
                on n.person_id = r.person_id and n.kind = 'business_marketing'
               and n.scope_id = r.business_id
            """,
            [
                _array(row.person_id for row in rows),
                _array(row.message_id for row in rows),
                _array(row.profile_id for row in rows),
                _array(businesses[row.profile_id] for row in rows),
            ],
        )
        found = [Found(*_cells(row)) for row in cursor.fetchall()]
    return {MessageKey(message.person_id, message.id): message for message in found}


def _cells(row: Sequence) -> list:
    """A row of a cursor of Django's, which leaves JSON as text."""
    cells = list(row)
    if isinstance(cells[CONTENT], str):
        cells[CONTENT] = json.loads(cells[CONTENT])
    return cells


def _is_muted(
    message: Found,
    campaign: Campaign | None,
    profiles: dict[int, Profile],
    muted: set[tuple[int, str]],
) -> bool:
    """Whether the person wants no adverts about this any more."""
    trade = profiles[message.profile_id].vertical
    topics = topics_of(trade, campaign.audience.get("category", "") if campaign else "")
    return any((message.person_id, topic.value) in muted for topic in topics)


def _is_stopped(message: Found, campaign: Campaign | None, profile: Profile) -> bool:
    """Whether it may not go any more: of a campaign that was stopped while it waited, or of a
    sender without standing. Answers to who wrote were allowed when they were written, and go.
    """
    if campaign is not None and campaign.state == Campaign.State.STOPPED:
        return True
    begins = campaign is not None or message.kind == Message.Kind.TEMPLATE
    return begins and profile.standing in Profile.BADGE_OFF


def _shown(message: Found, campaign: Campaign | None, authors: dict[int, User]) -> dict:
    content = message.content or (campaign.content if campaign else None)
    shown: dict = {
        "id": message_ref(message.person_id, message.id),
        "kind": message.kind,
        "class": message.message_class,
        "text": message.body if message.body is not None else campaign.body if campaign else "",
        "sent_at": message.created_at.isoformat(),
    }
    if content:
        shown["content"] = content
        if link := _media_url(content):
            shown["media_url"] = link
    if message.message_class == Message.Class.MARKETING:
        shown["stop_url"] = stop_url(message.person_id, message.profile_id)
    if message.reply_to:
        shown["answers"] = message_ref(message.person_id, message.reply_to)
    if message.author_id in authors:
        shown["author"] = authors[message.author_id].get_short_name()
    return shown


def _media_url(content: dict) -> str:
    """A short-lived link to the message's file; a later try of the batch has a fresh one."""
    media_id = str(content.get("id", ""))
    return _absolute(path_of(Media(pk=int(media_id)))) if media_id.isdecimal() else ""


def _absolute(path: str) -> str:
    return settings.SITE_URL + path if path else ""


def forget_sent(keys: Collection[MessageKey]) -> None:
    """The messenger has them: they wait no more."""
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            delete from messaging_gatewaymessage g
             using unnest(%s::bigint[], %s::bigint[]) r(person_id, message_id)
             where g.person_id = r.person_id and g.message_id = r.message_id
            """,
            [_array(key.person_id for key in keys), _array(key.id for key in keys)],
        )


def is_waiting(messenger: Messenger) -> bool:
    """Whether anything waits for the messenger."""
    return GatewayMessage.objects.filter(messenger_id=messenger.pk).exists()
