"""Notes: what members write to each other about a conversation."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from messaging.models import Conversation, Note
from messaging.services.conversations.handling import announce_change
from portal.base.ids import new_id
from portal.base.refused import Refused
from profiles.models import User

LONGEST = 2000  # characters
PAGE = 100


@transaction.atomic
def add_note(
    conversation: Conversation, body: str, *, by: User, now: datetime | None = None
) -> Note:
    """Put a note beside the conversation. Raises Refused where it is empty or too long."""
    now = now or timezone.now()
    body = body.replace("\x00", "").strip()
    if not body:
        raise Refused(_("Write something first."), code="empty")
    if len(body) > LONGEST:
        raise Refused(_("A note has at most %d characters.") % LONGEST, code="too_long")

    share_bucket(bucket_of(conversation.person_id))
    note = Note.objects.create(
        person_id=conversation.person_id,
        id=new_id(now),
        profile_id=conversation.profile_id,
        author_id=by.pk,
        body=body,
        created_at=now,
    )
    announce_change(conversation)
    return note


def notes_of(conversation: Conversation) -> list[Note]:
    """The newest notes of the conversation, oldest first."""
    rows = Note.objects.filter(
        person_id=conversation.person_id, profile_id=conversation.profile_id
    ).order_by("-id")
    return list(rows[:PAGE])[::-1]
