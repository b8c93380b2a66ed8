"""Who is writing an answer right now, so that two don't. Kept in the cache only, for seconds."""

from django.core.cache import cache

from messaging.models import Conversation
from portal.base.live import announce
from portal.base.pairwise import pairwise_number
from profiles.models import Membership, User
from profiles.tenancy import ANSWER

SECONDS = 8  # a pause longer than this is no writing


def note_writing(conversation: Conversation, *, by: User) -> None:
    """The member is writing in this conversation; the others' pages hear of it."""
    cache.set(_key(conversation, by.pk), True, SECONDS)
    number = pairwise_number(conversation.business_id, conversation.person_id)
    announce(f"business:{conversation.business_id}", "writing", number)


def note_sent(conversation: Conversation, *, by: User) -> None:
    """The member has sent it, so is not writing any more."""
    cache.delete(_key(conversation, by.pk))
    number = pairwise_number(conversation.business_id, conversation.person_id)
    announce(f"business:{conversation.business_id}", "writing", number)


def others_writing(conversation: Conversation, *, member: User) -> list[str]:
    """First names of the other members who are writing here now."""
    others = {
        _key(conversation, row.user_id): row.user.get_short_name()
        for row in Membership.objects.select_related("user")
        .filter(business_id=conversation.business_id, removed_at=None, role__in=ANSWER)
        .exclude(user=member)
    }
    return [others[key] for key in cache.get_many(others)]


def _key(conversation: Conversation, user_id: int) -> str:
    return f"writing:{conversation.profile_id}:{conversation.person_id}:{user_id}"
