"""What a person sees: their chats, one chat's messages, and why a message came. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from billing.models import PaymentRequest
from messaging.models import Campaign, Conversation, Message
from messaging.models.messages import Message as Row
from messaging.services.conversations.handling import messages_page
from messaging.services.payments import payments_of
from profiles.models import Profile, User

PAGE = 30


@dataclass(frozen=True)
class Chat:
    """One line of the person's list."""

    conversation: Conversation
    profile: Profile
    badge: bool


@dataclass(frozen=True)
class Bubble:
    """One message as the person sees it, with who wrote it."""

    message: Row
    text: str
    campaign: Campaign | None = None
    author: str = ""
    content: dict = field(default_factory=dict)
    payment: PaymentRequest | None = None

    @property
    def mine(self) -> bool:
        return self.message.direction == Row.Direction.IN

    @property
    def is_advert(self) -> bool:
        return self.message.message_class == Row.Class.MARKETING and not self.mine


def chats_of(
    person_id: int,
    *,
    adverts: bool = False,
    before: datetime | None = None,
    now: datetime | None = None,
) -> list[Chat]:
    """The person's chats, newest first, one page of PAGE.

    Arguments:
        adverts: the chats in which nothing but adverts has come; else all others.
        before: the last page's oldest time.
    """
    rows = Conversation.objects.filter(
        person_id=person_id, business_last_at__isnull=adverts
    ).order_by("-last_at")
    if before:
        rows = rows.filter(last_at__lt=before)
    page = list(rows[:PAGE])
    profiles = Profile.objects.select_related("business").in_bulk({row.profile_id for row in page})
    now = now or timezone.now()
    return [
        Chat(row, profiles[row.profile_id], profiles[row.profile_id].shows_badge(now))
        for row in page
        if row.profile_id in profiles
    ]


def bubbles_of(
    person_id: int, profile: Profile, *, before: int | None = None, limit: int = PAGE
) -> list[Bubble]:
    """One page of the chat, oldest first; `before` is the id of the oldest message already
    shown.
    """
    rows = Message.objects.filter(person_id=person_id, profile_id=profile.pk).order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    page = list(rows[:limit])
    campaigns = Campaign.objects.in_bulk({row.campaign_id for row in page if row.campaign_id})
    authors = authors_of(row.author_id for row in page if row.author_id)
    payments = payments_of(page)
    return [_bubble(row, campaigns, authors, profile, payments) for row in reversed(page)]


def _bubble(row: Row, campaigns: dict, authors: dict, profile: Profile, payments: dict) -> Bubble:
    campaign = campaigns.get(row.campaign_id)
    text = row.body if row.body is not None else (campaign.body if campaign else "")
    content = row.content or (campaign.content if campaign else None) or {}
    author = ""
    if row.direction == Row.Direction.OUT and not campaign and row.author_id in authors:
        author = f"{authors[row.author_id].get_short_name()}, {profile.name}"
    payment = payments.get(content.get("payment")) if row.kind == Row.Kind.PAYMENT else None
    return Bubble(row, text or "", campaign, author, content, payment)


def authors_of(ids: Iterable[int], *, known: Mapping[int, User] | None = None) -> dict[int, User]:
    """The users with these ids; only those who are not `known` are fetched."""
    wanted, here = set(ids), dict(known or {})
    missing = wanted - here.keys()
    return here | (User.objects.in_bulk(missing) if missing else {})


def waiting_chats(person_id: int) -> int:
    """In how many chats something is unread, adverts left out; told as at most 99."""
    waiting = Conversation.objects.filter(
        person_id=person_id, unread__gt=0, business_last_at__isnull=False
    )
    return len(waiting.values_list("profile_id", flat=True)[:99])


def bubbles_for_business(
    conversation: Conversation,
    profile: Profile,
    *,
    before: int | None = None,
    limit: int = PAGE,
    known: Mapping[int, User] | None = None,
) -> list[Bubble]:
    """What the business may see of the conversation, with who of it wrote what.

    Arguments:
        known: users who need not be fetched, by id.
    """
    page = messages_page(conversation, before=before, limit=limit)
    authors = authors_of((row.author_id for row in page if row.author_id), known=known)
    payments = payments_of(page)
    return [_bubble(row, {}, authors, profile, payments) for row in page]
