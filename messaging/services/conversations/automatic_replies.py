"""What is said by itself: a greeting, a word while nobody is there, replies to keywords.

People read "automatic reply" beside it. It never counts as an answer, and is silent where a member
has taken the conversation.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.dispatch import receiver

from messaging.models import AutomaticReply, Contact, Conversation, Message
from messaging.services.messages import send_message
from messaging.signals import message_received
from portal.base.refused import Refused
from profiles.models import Business, Profile

Kind = AutomaticReply.Kind
AWAY_AGAIN = timedelta(hours=12)  # an away message is not repeated sooner
MARK = {"automatic": True}


@receiver(message_received)
def reply_by_itself(
    sender, *, message: Message, profile: Profile, contact: Contact, **kwargs
) -> None:
    """Say what fits, at most one thing: a keyword's reply, else away, else the greeting."""
    replies = list(AutomaticReply.objects.filter(business_id=profile.business_id))
    if not replies or _is_taken(message, profile):
        return
    reply = choose(replies, message, profile.business, is_first=contact.first_at == contact.last_at)
    if reply is None or (reply.kind == Kind.AWAY and _was_said(reply, message, profile)):
        return
    try:
        with transaction.atomic():
            send_message(
                profile,
                message.person_id,
                by=None,
                body=reply.body,
                content=MARK,
                # Ids are times: it comes after what it replies to.
                now=message.created_at + timedelta(milliseconds=1),
            )
    except Refused:
        return  # who may not send now stays silent here, too


def choose(
    replies: list[AutomaticReply], message: Message, business: Business, *, is_first: bool
) -> AutomaticReply | None:
    """The reply that fits what the person wrote, if one does."""
    words = set(re.findall(r"[\w']+", (message.body or "").casefold()))
    by_kind: dict[str, AutomaticReply] = {}
    for reply in replies:
        if reply.kind == Kind.KEYWORD and set(reply.keyword.casefold().split()) <= words:
            return reply
        by_kind.setdefault(reply.kind, reply)
    away = by_kind.get(Kind.AWAY)
    if away and is_away(away, business, message.created_at):
        return away
    return by_kind.get(Kind.GREETING) if is_first else None


def is_away(reply: AutomaticReply, business: Business, at: datetime) -> bool:
    """Whether nobody is there at this moment, by the business's clock."""
    local = at.astimezone(ZoneInfo(business.time_zone))
    return local.weekday() not in reply.days or not reply.opens <= local.hour < reply.closes


def _is_taken(message: Message, profile: Profile) -> bool:
    return Conversation.objects.filter(
        person_id=message.person_id, profile_id=profile.pk, assignee_id__isnull=False
    ).exists()


def _was_said(reply: AutomaticReply, message: Message, profile: Profile) -> bool:
    return Message.objects.filter(
        person_id=message.person_id,
        profile_id=profile.pk,
        direction=Message.Direction.OUT,
        body=reply.body,
        created_at__gt=message.created_at - AWAY_AGAIN,
    ).exists()
