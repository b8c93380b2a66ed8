"""Who is writing right now: members, so that two don't answer, and the person, so that one waits.

Kept in the cache only, for seconds; with the broker away nobody is said to be writing.
"""

import contextlib
from collections.abc import Iterable

import redis
from django.core.cache import cache

from messaging.models import Conversation
from portal.base.live import announce
from portal.base.pairwise import pairwise_number
from profiles.models import Membership, User

SECONDS = 8  # a pause longer than this is no writing
PERSON = "person"


def note_writing(conversation: Conversation, *, by: User) -> None:
    """The member is writing in this conversation; colleagues hear of it, and so does the person."""
    _remember(conversation, by.pk)
    announce(f"person:{conversation.person_id}", "writing", conversation.profile_id)


def note_person_writing(conversation: Conversation) -> None:
    """The person is writing. Heard only by a business that they have written to before: to others
    it would say that the person is there.
    """
    if conversation.written_at is not None:
        _remember(conversation, PERSON)


def note_sent(conversation: Conversation, *, by: User | None) -> None:
    """The member, or by None the person, has sent it, so is not writing any more."""
    with contextlib.suppress(redis.RedisError):
        cache.delete(_key(conversation, by.pk if by else PERSON))
    _tell_business(conversation)


def who_writes(
    conversation: Conversation, *, member: User, team: Iterable[Membership]
) -> tuple[list[str], bool]:
    """First names of the others of the team who are writing here now, and whether the person is."""
    others = {
        _key(conversation, row.user_id): row.user.get_short_name()
        for row in team
        if row.user_id != member.pk
    }
    person = _key(conversation, PERSON)
    found: dict[str, bool] = {}
    with contextlib.suppress(redis.RedisError):
        found = cache.get_many([*others, person])
    return [others[key] for key in found if key != person], person in found


def _remember(conversation: Conversation, who: int | str) -> None:
    with contextlib.suppress(redis.RedisError):
        cache.set(_key(conversation, who), True, SECONDS)
    _tell_business(conversation)


def _tell_business(conversation: Conversation) -> None:
    number = pairwise_number(conversation.business_id, conversation.person_id)
    announce(f"business:{conversation.business_id}", "writing", number)


def _key(conversation: Conversation, who: int | str) -> str:
    return f"writing:{conversation.profile_id}:{conversation.person_id}:{who}"
