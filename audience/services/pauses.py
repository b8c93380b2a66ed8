"""A no to adverts that ends by itself: for a while, from one business, from all, or of a topic."""

from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from audience import signals
from audience.locks import hold_bucket
from audience.models import Consent, MutedTopic
from audience.services.consent import answer

AT_ONCE = 500  # ended in one run
OVER = "pause over"  # the source of what holds afterwards


@shared_task
def end_pauses() -> int:
    """End the pauses that are over. Returns how many."""
    now = timezone.now()
    due = Consent.objects.filter(until__lte=now).order_by("until")
    ended = sum(_end(row, now) for row in list(due[:AT_ONCE]))
    topics = MutedTopic.objects.filter(until__lte=now).order_by("until")
    return ended + sum(_end_topic(row) for row in list(topics[:AT_ONCE]))


@transaction.atomic
def _end(row: Consent, now: datetime) -> bool:
    hold_bucket(row.person_id)
    # The person may have answered anew since we looked.
    same = Consent.objects.filter(
        person_id=row.person_id, kind=row.kind, scope_id=row.scope_id, until=row.until
    )
    if not same.exists():
        return False

    if row.kind == Consent.Kind.MARKETING:
        # Who pauses has said yes before, and says from when on it holds again.
        answer(row.person_id, Consent.Kind.MARKETING, granted=True, source=OVER, now=now)
        return True
    # Of one business nothing is left: the answer to all adverts decides again.
    same.delete()
    row.granted, row.until, row.at = True, None, now
    signals.consent_changed.send(Consent, consent=row, is_news=True)
    return True


@transaction.atomic
def _end_topic(row: MutedTopic) -> bool:
    hold_bucket(row.person_id)
    same = MutedTopic.objects.filter(person_id=row.person_id, topic=row.topic, until=row.until)
    deleted, _by_model = same.delete()
    return bool(deleted)
