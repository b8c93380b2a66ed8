"""How long people wait for an answer: counted in steps, so that a median needs no single talk.

What is said by itself (away, greeting, keyword) is no answer.
"""

from datetime import UTC, datetime, timedelta

from django.db.models import Sum
from django.dispatch import receiver
from django.utils import timezone

from messaging.models import Conversation, CounterDelta, Message
from messaging.rules import Recipient
from messaging.services.counters import count
from messaging.signals import message_received, status_changed
from profiles.models import Profile

STEPS = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)  # seconds; each is counted as "answered_60", ...
LATER = "answered_later"
METRICS = [*(f"answered_{step}" for step in STEPS), LATER]


@receiver(message_received)
def begin_waiting(sender, *, message: Message, profile: Profile, **kwargs) -> None:
    """The person waits from their first word that nobody has answered."""
    rows = Conversation.objects.filter(person_id=message.person_id, profile_id=profile.pk)
    rows.filter(waiting_since=None).update(waiting_since=message.created_at)


@receiver(status_changed)
def end_waiting(
    sender, *, message: Message, profile: Profile, recipient: Recipient | None = None, **kwargs
) -> None:
    """A member or a program answered: how long it took is counted."""
    is_answer = message.direction == Message.Direction.OUT and message.status == "sent"
    if not is_answer or (message.content or {}).get("automatic"):
        return
    if recipient and recipient.waiting_since is None:
        return
    rows = Conversation.objects.filter(person_id=message.person_id, profile_id=profile.pk)
    if recipient:
        since = recipient.waiting_since
    else:
        since = rows.values_list("waiting_since", flat=True).first()
    if since is None or not rows.filter(waiting_since=since).update(waiting_since=None):
        return
    count(profile, _metric(message.created_at - since), now=message.created_at)


def median_minutes(profile: Profile, *, days: int = 1, now: datetime | None = None) -> float | None:
    """About how many minutes half of the people waited at most, over so many days (UTC).

    Straight within a step. None where nobody was answered; above a day it is said as a day.
    """
    today = (now or timezone.now()).astimezone(UTC).date()
    rows = CounterDelta.objects.filter(
        business_id=profile.business_id,
        profile_id=profile.pk,
        metric__in=METRICS,
        day__gt=today - timedelta(days=days),
    )
    found = dict(rows.values_list("metric").annotate(n=Sum("n")).values_list("metric", "n"))
    half, below, lower = sum(found.values()) / 2, 0, 0
    if not half:
        return None
    for step in STEPS:
        here = found.get(f"answered_{step}", 0)
        if here and below + here >= half:
            return (lower + (step - lower) * (half - below) / here) / 60
        below, lower = below + here, step
    return STEPS[-1] / 60


def _metric(waited: timedelta) -> str:
    seconds = waited.total_seconds()
    return next((f"answered_{step}" for step in STEPS if seconds <= step), LATER)
