"""What a member's page of one conversation is made of: messages and notes in one line."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import date as format_date
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Conversation, Media, Message, Note
from messaging.rules import WINDOW
from messaging.services.conversations.notes import notes_of
from messaging.services.media import path_of
from messaging.services.messages import send_message
from messaging.services.people.chats import Bubble, authors_of, bubbles_for_business
from messaging.services.webhooks.bodies import FILES
from portal.base.refused import Refused
from profiles.models import Business, Membership, Profile, User
from profiles.tenancy import ANSWER

SHOWN = 30  # messages of a page
MOST_SHOWN = 300  # messages that one page grows to, as somebody scrolls back


@dataclass
class Item:
    """One line of the talk: a bubble, or a note with who wrote it.

    Attributes:
        at: in the reader's zone.
        day: the date, where the line is the first of its day on the page; else "".
        file: where the message's file is, for some minutes.
    """

    id: int
    at: datetime
    bubble: Bubble | None = None
    note: Note | None = None
    author: str = ""
    file: str = ""
    day: str = ""

    @property
    def clock(self) -> str:
        return f"{self.at:%H:%M}"

    @property
    def may_retry(self) -> bool:
        return self.bubble is not None and _may_retry(self.bubble.message)

    @property
    def iso(self) -> str:
        return self.at.isoformat(timespec="seconds")


@dataclass(frozen=True)
class Talk:
    """A page of items, oldest first; `older` asks for the page before, None at the beginning."""

    items: list[Item]
    older: int | None
    newest: int


def talk_of(
    conversation: Conversation,
    profile: Profile,
    *,
    before: int | None = None,
    limit: int = SHOWN,
    known: Mapping[int, User] | None = None,
) -> Talk:
    """Messages and notes, by time. Notes older than the page's first message wait for its page.

    Arguments:
        before: the id of the oldest message already shown.
        limit: how many messages.
        known: users whose names need not be fetched, by id.
    """
    bubbles = bubbles_for_business(
        conversation, profile, before=before, limit=limit + 1, known=known
    )
    older = bubbles[1].message.id if len(bubbles) > limit else None
    items = [_item(bubble) for bubble in bubbles[-limit:]]
    notes = [
        note
        for note in notes_of(conversation)
        if (older is None or note.id > older) and (before is None or note.id < before)
    ]
    authors = authors_of((note.author_id for note in notes), known=known)
    items += [
        Item(
            note.id,
            timezone.localtime(note.created_at),
            note=note,
            author=authors[note.author_id].get_short_name(),
        )
        for note in notes
    ]
    newest = max((bubble.message.id for bubble in bubbles), default=0)
    return Talk(_by_day(sorted(items, key=lambda item: item.id)), older, newest)


def _by_day(items: list[Item]) -> list[Item]:
    before = None
    for item in items:
        if (day := item.at.date()) != before:
            item.day, before = format_date(item.at, "j F"), day
    return items


def _item(bubble: Bubble) -> Item:
    message, file = bubble.message, ""
    media = str(bubble.content.get("id", ""))
    if message.kind in FILES and media.isdecimal():
        file = path_of(Media(pk=int(media)))
    return Item(message.id, timezone.localtime(message.created_at), bubble=bubble, file=file)


def answered_meanwhile(conversation: Conversation, *, seen: int, member: User) -> str:
    """Who else answered after the message `seen`: a colleague's first name, "" for nobody."""
    row = (
        Message.objects.filter(
            person_id=conversation.person_id,
            profile_id=conversation.profile_id,
            direction=Message.Direction.OUT,
            author_id__isnull=False,
            id__gt=seen,
        )
        .exclude(author_id=member.pk)
        .order_by("-id")
        .first()
    )
    author = User.objects.filter(pk=row.author_id or 0).first() if row else None
    return author.get_short_name() if author else ""


def _may_retry(message: Message) -> bool:
    is_ours = message.direction == Message.Direction.OUT and message.author_id is not None
    is_words = message.kind == Message.Kind.TEXT and bool(message.body)
    return is_ours and is_words and message.status == Message.Status.FAILED


def send_again(
    conversation: Conversation, profile: Profile, message_id: int, *, by: User
) -> Message:
    """Send the words of a message that failed once more, as a new message.

    The failed one stays as it is. Raises Refused: it did not fail, or the rules say no.
    """
    row = Message.objects.filter(
        person_id=conversation.person_id, id=message_id, profile_id=conversation.profile_id
    ).first()
    if row is None or not _may_retry(row):
        raise Refused(_("Only words that did not arrive can be sent again."), code="invalid")
    return send_message(profile, conversation.person_id, by=by, body=row.body or "")


def reply_until(conversation: Conversation, *, now: datetime | None = None) -> datetime | None:
    """Until when a reply is free; None where that is over."""
    if conversation.written_at is None:
        return None
    until = conversation.written_at + WINDOW
    return until if until > (now or timezone.now()) else None


def who_may_answer(business: Business) -> list[Membership]:
    """The members whom a conversation can be given to, by name."""
    rows = Membership.objects.select_related("user").filter(
        business=business, removed_at=None, role__in=ANSWER
    )
    return sorted(rows, key=lambda row: row.user.get_short_name().casefold())
