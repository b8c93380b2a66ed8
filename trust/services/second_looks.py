"""A few decisions are judged twice, blind, so that we know how far two people agree."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record
from trust.models import Decision, SecondLook

PARTS = 1_000_000


def draw_second_look(decision: Decision) -> SecondLook | None:
    """Put one decision in fifty aside to be judged again: by its random uuid, so nobody chooses."""
    share = decision.policy.rules.second_look
    if not decision.is_against or decision.uuid.int % PARTS >= share * PARTS:
        return None
    return SecondLook.objects.create(
        decision=decision, created_at=decision.made_at, first_decider=decision.by
    )


@transaction.atomic
def answer_second_look(
    look: SecondLook, *, by: User, standing: str, reason: str, now: datetime | None = None
) -> SecondLook:
    """What another person would have decided. Changes nothing by itself; a difference is shown."""
    look = SecondLook.objects.select_for_update(of=("self",)).get(pk=look.pk)
    if look.answered_at:
        raise Refused(_("This was looked at already."), code="already_decided")
    if look.first_decider_id == by.pk:
        raise Refused(_("You made the first decision. Somebody else looks now."), code="own")
    look.by, look.standing, look.reason = by, Profile.Standing(standing), reason.strip()
    look.answered_at = now or timezone.now()
    look.save(update_fields=["by", "standing", "reason", "answered_at"])
    record(look, "second_look.answered", by=by, standing=standing, agrees=look.agrees)
    return look
