"""Conversations as a business sees and handles them: pages by key, never counts or offsets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Contact, Conversation, Message
from messaging.names import name_for
from messaging.services.conversations.contact_list import contacts_page
from messaging.services.messages import announce_business
from portal.base.pairwise import pairwise_number, person_of
from portal.base.refused import Refused
from profiles.models import Membership, Profile, User
from profiles.tenancy import ANSWER

PAGE = 30  # lines of a first page; more come as somebody scrolls
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Line:
    """One line of a business's inbox: the conversation, the number and name it knows."""

    conversation: Conversation
    number: str
    contact: Contact | None

    @property
    def name(self) -> str:
        return name_for(self.contact, self.number)


@dataclass(frozen=True)
class Page:
    """A page of an inbox; `after` asks for the next, which begins with `beyond`; "" at the end."""

    lines: list[Line]
    after: str
    beyond: str = ""


FOLDERS = {
    "all": lambda member: Q(state=Conversation.State.OPEN),
    "mine": lambda member: Q(state=Conversation.State.OPEN, assignee_id=member.pk),
    "unassigned": lambda member: Q(state=Conversation.State.OPEN, assignee_id=None),
    "snoozed": lambda member: Q(state=Conversation.State.SNOOZED),
    "resolved": lambda member: Q(state=Conversation.State.RESOLVED),
}
COUNTED = ("mine", "unassigned", "all", "snoozed")
MOST_COUNTED = 99  # a folder's number is told up to this
MOST_FOUND = 200  # contacts whose conversations a search shows


def inbox_page(
    profile: Profile,
    *,
    member: User,
    folder: str = "all",
    label: str = "",
    words: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """The profile's conversations, newest first.

    Only what the business may see: its own side's columns, which what came by a campaign leaves
    empty until the person writes.

    Arguments:
        folder: a key of FOLDERS.
        label: only contacts with this label.
        words: the beginning of a contact's name, a customer number or a number; in all folders.
        after: `after` of the page before; whatever can't be read means the first page.
    """
    rows = Conversation.objects.filter(
        Q() if words else FOLDERS[folder](member),
        profile_id=profile.pk,
        business_last_at__isnull=False,
    ).order_by("-business_last_at", "person_id")
    if words or label:
        found = contacts_page(profile.business, words=words, label=label, limit=MOST_FOUND)
        rows = rows.filter(person_id__in=[line.contact.person_id for line in found.lines])
    if place := _read_place(profile, after):
        at, person_id = place
        rows = rows.filter(
            Q(business_last_at__lt=at) | Q(business_last_at=at, person_id__gt=person_id),
            business_last_at__lte=at,
        )
    page = list(rows[: limit + 1])
    shown = page[:limit]
    contacts = {
        contact.person_id: contact
        for contact in Contact.objects.filter(
            business_id=profile.business_id, person_id__in=[row.person_id for row in shown]
        )
    }
    lines = [
        Line(
            row,
            pairwise_number(profile.business_id, row.person_id),
            contacts.get(row.person_id),
        )
        for row in shown
    ]
    if len(page) == len(shown):
        return Page(lines, "")
    beyond = pairwise_number(profile.business_id, page[-1].person_id)
    return Page(lines, _place(profile, shown[-1]), beyond)


COUNTS = """
    select (select count(*) from (select 1 from messaging_conversation
             where profile_id = %(profile)s and business_last_at is not null
               and state = 'open' and assignee_id = %(member)s limit %(most)s) mine),
           (select count(*) from (select 1 from messaging_conversation
             where profile_id = %(profile)s and business_last_at is not null
               and state = 'open' and assignee_id is null limit %(most)s) unassigned),
           (select count(*) from (select 1 from messaging_conversation
             where profile_id = %(profile)s and business_last_at is not null
               and state = 'open' limit %(most)s) every),
           (select count(*) from (select 1 from messaging_conversation
             where profile_id = %(profile)s and business_last_at is not null
               and state = 'snoozed' limit %(most)s) snoozed)
"""


def folder_counts(profile: Profile, *, member: User) -> dict[str, int]:
    """How many conversations the open folders hold, each counted up to MOST_COUNTED + 1."""
    values = {"profile": profile.pk, "member": member.pk, "most": MOST_COUNTED + 1}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, values)
        return dict(zip(COUNTED, cursor.fetchone(), strict=True))


def conversation_of(profile: Profile, number: str) -> Conversation | None:
    """The conversation with the person the business knows by `number`, if it may see it."""
    if (person_id := person_of(profile.business_id, number)) is None:
        return None
    return Conversation.objects.filter(
        person_id=person_id, profile_id=profile.pk, business_last_at__isnull=False
    ).first()


def messages_page(
    conversation: Conversation, *, before: int | None = None, limit: int = PAGE
) -> list[Message]:
    """What the business may see of a conversation, oldest first, a page ending before the id.

    Campaign messages are left out: which filter matched is not for the business to know.
    """
    rows = Message.objects.filter(
        person_id=conversation.person_id,
        profile_id=conversation.profile_id,
        campaign_id__isnull=True,
    ).order_by("-id")
    if before:
        rows = rows.filter(id__lt=before)
    return list(rows[:limit])[::-1]


def mark_seen(conversation: Conversation, *, now: datetime | None = None) -> None:
    """A member has read what the person wrote: the person sees it, the list's mark goes."""
    if not conversation.business_unread:
        return
    _mark_seen(conversation, now or timezone.now())


@transaction.atomic
def _mark_seen(conversation: Conversation, now: datetime) -> None:
    # A colleague may have opened it since we looked.
    seen = Conversation.objects.filter(
        person_id=conversation.person_id,
        profile_id=conversation.profile_id,
        business_unread__gt=0,
    ).update(business_unread=0)
    if not seen:
        return
    Message.objects.filter(
        person_id=conversation.person_id,
        profile_id=conversation.profile_id,
        direction=Message.Direction.IN,
        status=Message.Status.DELIVERED,
        id__lte=conversation.business_last_id,
    ).update(status=Message.Status.READ, read_at=now)
    announce_change(conversation)


@transaction.atomic
def assign_conversation(conversation: Conversation, *, by: User, to: User | None) -> None:
    """Give the conversation to a member, or to nobody. Raises Refused for who may not answer."""
    if (
        to is not None
        and not Membership.objects.filter(
            business_id=conversation.business_id, user=to, removed_at=None, role__in=ANSWER
        ).exists()
    ):
        raise Refused(_("%(who)s can't answer conversations here.") % {"who": to}, code="not_agent")
    change_conversation(conversation, assignee_id=to.pk if to else None)


def resolve_conversation(conversation: Conversation, *, by: User) -> None:
    """Put it away; the person's next message opens it again."""
    change_conversation(conversation, state=Conversation.State.RESOLVED, waiting_since=None)


def reopen_conversation(conversation: Conversation, *, by: User) -> None:
    """Bring it back now."""
    change_conversation(conversation, state=Conversation.State.OPEN, snoozed_until=None)


@transaction.atomic
def change_conversation(conversation: Conversation, **columns: object) -> None:
    """Set columns of the conversation, and tell the business's open pages."""
    Conversation.objects.filter(
        person_id=conversation.person_id, profile_id=conversation.profile_id
    ).update(**columns)
    for name, value in columns.items():
        setattr(conversation, name, value)
    announce_change(conversation)


def announce_change(conversation: Conversation) -> None:
    """The business's open pages fetch the conversation anew."""
    profile = Profile(id=conversation.profile_id, business_id=conversation.business_id)
    announce_business(profile, conversation.person_id)


def _place(profile: Profile, row: Conversation) -> str:
    assert row.business_last_at is not None
    microseconds = (row.business_last_at - EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{pairwise_number(profile.business_id, row.person_id)}"


def _read_place(profile: Profile, after: str) -> tuple[datetime, int] | None:
    microseconds, _dot, number = after.partition(".")
    if not microseconds.isdecimal() or len(microseconds) > 17:
        return None
    person_id = person_of(profile.business_id, number)
    if person_id is None:
        return None
    return EPOCH + timedelta(microseconds=int(microseconds)), person_id
