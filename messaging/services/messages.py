"""Single messages, out and in, and how far they got. Each holds the person's bucket shared, so that
a block comes wholly before or wholly after it.
"""

import json
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.eligibility import claim_advert
from audience.locks import share_bucket
from audience.models import Block, Person, bucket_of
from messaging import rules
from messaging.models import Contact, Conversation, Message, Template
from messaging.names import plain_name
from messaging.services.conversations.announcements import announce_business, announce_conversation
from messaging.services.counters import count
from messaging.services.people.receipts import change_messages, tell_moved, tell_trust
from messaging.signals import message_received, status_changed
from portal.base.ids import new_id
from portal.base.live import announce
from portal.base.prepared import run
from portal.base.refused import Refused
from portal.base.together import together
from profiles.models import Profile, User

Status = Message.Status
Direction = Message.Direction
LONGEST = 4096  # characters of a text, as in the Cloud API
PREVIEW = Conversation._meta.get_field("last_body").max_length


@transaction.atomic
def send_message(
    profile: Profile,
    person_id: int,
    *,
    by: User | None,
    kind: str = Message.Kind.TEXT,
    body: str = "",
    content: dict | None = None,
    template: Template | None = None,
    message_class: str | None = None,
    client_data: str | None = None,
    reply_to: int | None = None,
    now: datetime | None = None,
) -> Message:
    """Put one message into a person's inbox, from the profile.

    Arguments:
        by: the member who wrote it; None where a program sends.
        body: its words; of a template, as rendered.
        content: what the kind needs besides words, in Cloud-API shape.
        message_class: left out, the template's own, else service.
        client_data: echoed in the integrator's status webhooks.
        reply_to: id of the message in this conversation that it answers.

    Returns the message, sent. Raises Refused, with the codes of messaging.rules.
    """
    now = now or timezone.now()
    message_class = message_class or rules.class_of(template)
    _check_words(kind, body)
    recipient = rules.may_send(
        profile,
        person_id=person_id,
        message_class=message_class,
        kind=kind,
        template=template,
        now=now,
        hold=True,
    )
    if message_class == Message.Class.MARKETING and not recipient.window_open(now):
        _claim_advert(profile, person_id, now=now)

    message = Message(
        person_id=person_id,
        id=new_id(now),
        profile_id=profile.pk,
        direction=Direction.OUT,
        kind=kind,
        message_class=message_class,
        status=Status.SENT,
        body=body,
        content=content,
        reply_to=reply_to,
        author_id=by.pk if by else None,
        client_data=client_data,
        created_at=now,
    )
    with together():
        write_message(message)
        show_sent(message, profile)
        count(profile, "sent", now=now)
        if not recipient.window_open(now):
            count(profile, "started", now=now)
        status_changed.send(Message, message=message, profile=profile, recipient=recipient)

    announce_conversation(profile, person_id)
    return message


@transaction.atomic
def receive_message(
    person_id: int,
    profile: Profile,
    *,
    body: str = "",
    kind: str = Message.Kind.TEXT,
    content: dict | None = None,
    reply_to: int | None = None,
    name: str = "",
    now: datetime | None = None,
) -> Message:
    """Take what a person writes to a profile: it makes them its contact and opens 24 hours.

    Arguments:
        name: what the person wants to be called by this business; empty keeps the name that they
            chose for it before. Where they chose none the business learns none.

    Raises Refused where the person blocks the profile, or nobody is there to read.
    """
    now = now or timezone.now()
    _check_words(kind, body)
    share_bucket(bucket_of(person_id))
    if profile.closed_at or profile.business.closed_at:
        raise Refused(_("Nobody reads messages here any more."), code="closed")
    if Block.objects.filter(person_id=person_id, profile_id=profile.pk).exists():
        raise Refused(_("You blocked this sender. Unblock it to write."), code="blocked")

    contact = _meet(person_id, profile, name=name, now=now)
    answered = _campaign_answered(person_id, profile)
    message = Message.objects.create(
        person_id=person_id,
        id=new_id(now),
        profile_id=profile.pk,
        direction=Direction.IN,
        kind=kind,
        status=Status.DELIVERED,
        body=body,
        content=content,
        reply_to=reply_to,
        created_at=now,
    )
    heard = contact.blocked_at is None
    _show_received(message, profile, heard=heard)
    count(profile, "received", now=now)
    if answered:
        count(profile, "replied", campaign_id=answered, now=now)

    announce(f"person:{person_id}", "chat", profile.pk)
    if heard:
        message_received.send(Message, message=message, profile=profile, contact=contact)
        announce_business(profile, person_id)
    return message


@transaction.atomic
def mark_delivered(
    person_id: int, *, profile: Profile | None = None, now: datetime | None = None
) -> list[Message]:
    """The person's client has fetched what waited (of all profiles, where none is named).

    Returns the messages that moved on. Never moves one backwards.
    """
    now = now or timezone.now()
    only = profile.pk if profile else None
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select profile_id, coalesce(read_id, 0) from messaging_conversation
             where person_id = %s and unread > 0 and (%s::bigint is null or profile_id = %s)
            """,
            [person_id, only, only],
        )
        waiting = cursor.fetchall()
    moved: list[Message] = []
    for profile_id, read_id in waiting:
        moved += change_messages(
            """
            update messaging_message m set status = 'delivered', delivered_at = %s
             where person_id = %s and profile_id = %s and id > %s
               and direction = 'out' and status = 'sent'
            """,
            [now, person_id, profile_id, read_id],
        )
    tell_moved(moved, "delivered", now=now)
    tell_trust(moved, now=now)
    return moved


@transaction.atomic
def mark_read(
    person_id: int, profile: Profile, *, up_to: int | None = None, now: datetime | None = None
) -> list[Message]:
    """The person has read the profile's messages, up to and including the id `up_to`.

    Returns the messages that moved on. Read implies delivered.
    """
    now = now or timezone.now()
    conversation = (
        Conversation.objects.select_for_update()
        .filter(person_id=person_id, profile_id=profile.pk)
        .first()
    )
    if conversation is None:
        return []
    up_to = conversation.last_id if up_to is None else up_to
    mark_delivered(person_id, profile=profile, now=now)
    moved = change_messages(
        """
        update messaging_message m
           set status = 'read', read_at = %s
         where person_id = %s and profile_id = %s and id > %s and id <= %s
           and direction = 'out' and status = 'delivered'
        """,
        [now, person_id, profile.pk, conversation.read_id or 0, up_to],
    )
    conversation.read_id = max(up_to, conversation.read_id or 0)
    if up_to >= conversation.last_id:
        conversation.unread = 0
    else:
        conversation.unread = max(0, conversation.unread - len(moved))
    conversation.save(update_fields=["read_id", "unread"])

    tell_moved(moved, "read", now=now)
    return moved


@transaction.atomic
def mark_failed(message: Message, *, error: int, now: datetime | None = None) -> bool:
    """A message did not arrive, with the error's code as in the API. Returns whether it moved."""
    now = now or timezone.now()
    moved = Message.objects.filter(
        person_id=message.person_id, id=message.id, status__in=[Status.QUEUED, Status.SENT]
    ).update(status=Status.FAILED, error=error, failed_at=now)
    if moved:
        message.status, message.error = Status.FAILED, error
        tell_moved([message], "failed", now=now)
    return bool(moved)


def preview(message: Message) -> str:
    """The one line that lists show."""
    words = message.body or (message.content or {}).get("caption") or ""
    return str(words or Message.Kind(message.kind).label).replace("\x00", "")[:PREVIEW]


def _check_words(kind: str, body: str) -> None:
    if "\x00" in body:
        raise Refused(_("A message can't contain the character NUL."), code="invalid")
    if kind == Message.Kind.TEXT and not body.strip():
        raise Refused(_("Write something first."), code="empty")
    if len(body) > LONGEST:
        raise Refused(
            _("A message has at most %(n)s characters.") % {"n": f"{LONGEST:,}"}, code="too_long"
        )


def write_message(message: Message) -> None:
    """Insert the message: in plain words, since this is what is done most."""
    run(
        """
        insert into messaging_message
          (person_id, id, profile_id, direction, kind, message_class, status, body, content,
           reply_to, author_id, client_data, created_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s, %s)
        """,
        [
            message.person_id,
            message.id,
            message.profile_id,
            message.direction,
            message.kind,
            message.message_class,
            message.status,
            message.body,
            None if message.content is None else json.dumps(message.content),
            message.reply_to,
            message.author_id,
            message.client_data,
            message.created_at,
        ],
    )
    message._state.adding, message._state.db = False, connection.alias


def show_sent(message: Message, profile: Profile) -> None:
    """Both sides' lists show what the business wrote to a contact."""
    run(
        """
        insert into messaging_conversation as v
          (person_id, profile_id, business_id, last_id, last_at, last_body, unread,
           business_last_id, business_last_at, business_last_body, business_unread, state)
        values (%(person)s, %(profile)s, %(business)s, %(id)s, %(at)s, %(body)s, 1,
                %(id)s, %(at)s, %(body)s, 0, 'open')
        on conflict (person_id, profile_id) do update set
          last_id = excluded.last_id, last_at = excluded.last_at,
          last_body = excluded.last_body, unread = least(v.unread + 1, 9999),
          business_last_id = excluded.last_id, business_last_at = excluded.last_at,
          business_last_body = excluded.last_body, business_unread = 0
        """,
        _columns(message, profile),
    )


def _show_received(message: Message, profile: Profile, *, heard: bool) -> None:
    """The person's list shows what they wrote; the business's too, unless it blocked them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            insert into messaging_conversation as v
              (person_id, profile_id, business_id, last_id, last_at, last_body, unread,
               business_last_id, business_last_at, business_last_body, business_unread,
               written_at, state)
            values (%(person)s, %(profile)s, %(business)s, %(id)s, %(at)s, %(body)s, 0,
                    %(heard_id)s, %(heard_at)s, %(heard_body)s, %(heard)s,
                    %(heard_at)s, 'open')
            on conflict (person_id, profile_id) do update set
              last_id = excluded.last_id, last_at = excluded.last_at,
              last_body = excluded.last_body,
              business_last_id = coalesce(excluded.business_last_id, v.business_last_id),
              business_last_at = coalesce(excluded.business_last_at, v.business_last_at),
              business_last_body = case when excluded.business_unread = 1
                then excluded.business_last_body else v.business_last_body end,
              business_unread = least(v.business_unread + excluded.business_unread, 9999),
              written_at = coalesce(excluded.written_at, v.written_at),
              state = case when excluded.business_unread = 1 then 'open' else v.state end
            """,
            _columns(message, profile)
            | {
                "heard": int(heard),
                "heard_id": message.id if heard else None,
                "heard_at": message.created_at if heard else None,
                "heard_body": preview(message) if heard else "",
            },
        )


def _columns(message: Message, profile: Profile) -> dict:
    return {
        "person": message.person_id,
        "profile": profile.pk,
        "business": profile.business_id,
        "id": message.id,
        "at": message.created_at,
        "body": preview(message),
    }


def _meet(person_id: int, profile: Profile, *, name: str, now: datetime) -> Contact:
    """The business's contact, made at the person's first word."""
    if not Person.objects.filter(person_id=person_id).exists():
        raise Refused(_("This person does not exist."), code="unknown_recipient")
    name = plain_name(name)
    contact, is_new = Contact.objects.get_or_create(
        person_id=person_id,
        business_id=profile.business_id,
        defaults={
            "name": name,
            "source": Contact.Source.WROTE,
            "first_at": now,
            "last_at": now,
        },
    )
    if not is_new:
        contact.last_at, contact.name = now, name or contact.name
        contact.save(update_fields=["last_at", "name"])
    return contact


def _campaign_answered(person_id: int, profile: Profile) -> int | None:
    """The campaign whose message the person is answering: the newest in the chat, if it is one."""
    newest = (
        Message.objects.filter(person_id=person_id, profile_id=profile.pk)
        .order_by("-id")
        .only("person_id", "id", "direction", "campaign_id")
        .first()
    )
    return newest.campaign_id if newest and newest.direction == Direction.OUT else None


def _claim_advert(profile: Profile, person_id: int, *, now: datetime) -> None:
    """What the person set for adverts holds for single ones too; test people set nothing."""
    if not profile.is_test and not claim_advert(person_id, now=now):
        raise Refused(
            _("This person takes no more adverts now. Try again next week."), code="advert_limit"
        )
