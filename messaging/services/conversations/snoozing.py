"""Conversations that wait for a later moment: they come back by themselves."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Conversation
from messaging.services.conversations.handling import announce_change, change_conversation
from portal.base.refused import Refused
from profiles.models import Business, User

LONGEST = timedelta(days=90)
AT_ONCE = 500  # brought back in one run
MORNING, EVENING = time(9), time(18)


def moments(business: Business, *, now: datetime | None = None) -> dict[str, datetime]:
    """What a member may choose from, by the business's clock: hour, evening, tomorrow, monday."""
    local = (now or timezone.now()).astimezone(ZoneInfo(business.time_zone))

    def at(day: datetime, hour: time) -> datetime:
        return datetime.combine(day.date(), hour, tzinfo=local.tzinfo)

    found = {"hour": local + timedelta(hours=1)}
    if local.time() < EVENING:
        found["evening"] = at(local, EVENING)
    found["tomorrow"] = at(local + timedelta(days=1), MORNING)
    found["monday"] = at(local + timedelta(days=7 - local.weekday()), MORNING)
    return found


def snooze_conversation(
    conversation: Conversation, *, until: datetime, by: User, now: datetime | None = None
) -> None:
    """Put it away until then, or until the person writes. Raises Refused for a wrong moment."""
    now = now or timezone.now()
    if not now < until <= now + LONGEST:
        raise Refused(_("Choose a moment within the next 90 days."), code="invalid")
    change_conversation(conversation, state=Conversation.State.SNOOZED, snoozed_until=until)


@shared_task
def wake_snoozed_conversations() -> int:
    """Open what was snoozed until now. Returns how many."""
    due = Conversation.objects.filter(
        state=Conversation.State.SNOOZED, snoozed_until__lte=timezone.now()
    ).order_by("snoozed_until")
    return sum(_wake(row) for row in list(due[:AT_ONCE]))


@transaction.atomic
def _wake(row: Conversation) -> int:
    # Somebody may have resolved it, or the person written, since we looked.
    woken = Conversation.objects.filter(
        person_id=row.person_id,
        profile_id=row.profile_id,
        state=Conversation.State.SNOOZED,
        snoozed_until=row.snoozed_until,
    ).update(state=Conversation.State.OPEN, snoozed_until=None)
    if woken:
        announce_change(row)
    return woken
