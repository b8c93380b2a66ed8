"""What a member's page of one conversation is made of: messages and notes in one line."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from messaging.models import Conversation, Media, Message, Note
from messaging.rules import WINDOW
from messaging.services.chats import Bubble, bubbles_for_business
from messaging.services.conversations import PAGE
from messaging.services.media import path_of
from messaging.services.notes import notes_of
from messaging.services.webhook_bodies import FILES
from profiles.models import Business, Membership, Profile, User
from profiles.tenancy import ANSWER


@dataclass(frozen=True)
class Item:
    """One line of the talk: a bubble, or a note with who wrote it."""

    id: int
    at: datetime
    bubble: Bubble | None = None
    note: Note | None = None
    author: str = ""
    file: str = ""  # where the message's file is, for some minutes


@dataclass(frozen=True)
class Talk:
    """A page of items, oldest first; `older` asks for the page before, None at the beginning."""

    items: list[Item]
    older: int | None
    newest: int


def talk_of(conversation: Conversation, profile: Profile, *, before: int | None = None) -> Talk:
    """Messages and notes, by time. Notes older than the page's first message wait for its page."""
    bubbles = bubbles_for_business(conversation, profile, before=before)
    items = [_item(bubble) for bubble in bubbles]
    older = bubbles[0].message.id if len(bubbles) == PAGE else None
    notes = [
        note
        for note in notes_of(conversation)
        if (older is None or note.id > older) and (before is None or note.id < before)
    ]
    authors = User.objects.in_bulk({note.author_id for note in notes})
    items += [
        Item(note.id, note.created_at, note=note, author=authors[note.author_id].get_short_name())
        for note in notes
    ]
    newest = max((bubble.message.id for bubble in bubbles), default=0)
    return Talk(sorted(items, key=lambda item: item.id), older, newest)


def _item(bubble: Bubble) -> Item:
    message, file = bubble.message, ""
    media = str(bubble.content.get("id", ""))
    if message.kind in FILES and media.isdecimal():
        file = path_of(Media(pk=int(media)))
    return Item(message.id, message.created_at, bubble=bubble, file=file)


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
