"""A person's no to a profile, and what it says about the sender."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from audience.models import Block, Person
from audience.services import consent
from messaging.models import Message
from messaging.services.counters import count
from messaging.services.messages import announce_conversation
from messaging.weights import cluster_of, unit_of, weight_of
from profiles.models import Profile
from trust.models import Mark
from trust.services.complaints import record_complaint

# What a person's reason for blocking means for the judgement of the sender.
MARK_REASONS = {
    Block.Reason.NOT_INTERESTED: Mark.Reason.NO_LONGER,
    Block.Reason.UNKNOWN_SENDER: Mark.Reason.NEVER_SIGNED_UP,
    Block.Reason.TOO_MANY: Mark.Reason.SPAM,
    Block.Reason.SCAM: Mark.Reason.SCAM,
}


@transaction.atomic
def block_profile(
    person_id: int,
    profile: Profile,
    *,
    reason: str = Block.Reason.NONE,
    now: datetime | None = None,
) -> bool:
    """Nothing more from this profile, from this commit on. Returns False where it was so already.

    It counts against the sender if something was delivered to the person before.
    """
    now = now or timezone.now()
    if not consent.block(person_id, profile.pk, reason=reason, now=now):
        return False

    person = Person.objects.get(person_id=person_id)
    blamed = last_delivery(person_id, profile)
    record_complaint(
        profile,
        person_id=person_id,
        kind=Mark.Kind.BLOCK,
        reason=MARK_REASONS.get(Block.Reason(reason), Mark.Reason.NONE),
        weight=weight_of(person, now.date()),
        cluster=cluster_of(person),
        unit=unit_of(blamed) if blamed else None,
        now=now,
    )
    count(profile, "blocked", campaign_id=blamed.campaign_id if blamed else None, now=now)
    announce_conversation(profile, person_id)
    return True


def unblock_profile(person_id: int, profile: Profile) -> bool:
    """The person wants to hear from the profile again. Returns False where nothing was blocked."""
    return consent.unblock(person_id, profile.pk)


def last_delivery(person_id: int, profile: Profile) -> Message | None:
    """The newest message that the profile sent the person."""
    return (
        Message.objects.filter(
            person_id=person_id, profile_id=profile.pk, direction=Message.Direction.OUT
        )
        .order_by("-id")
        .first()
    )
