"""Effects on the outside world: a row in the transaction, done after it, swept up if a worker
dies.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from portal.base.models import Outbox
from portal.base.services.wake import wake

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # longer than any handler may take
PAUSES = [timedelta(seconds=s) for s in (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)]
KEPT_FOR = timedelta(days=7)  # what is done; mails have codes and addresses in them
GIVEN_UP_KEPT_FOR = timedelta(days=90)  # what could not be done: staff may want to know why
HANDLERS: dict[str, Callable[[dict], None]] = {}
GIVING_UP: dict[str, Callable[[dict], None]] = {}


def handles(kind: str) -> Callable:
    """Register the function that does rows of this kind; it gets the payload and may run twice."""

    def register(function: Callable[[dict], None]) -> Callable[[dict], None]:
        HANDLERS[kind] = function
        return function

    return register


def gives_up(kind: str) -> Callable:
    """Register the function that is told when a row of this kind is tried no more.

    It gets the payload and runs in the transaction that gives the row up: what it writes there is
    for people, who have to see to it then.
    """

    def register(function: Callable[[dict], None]) -> Callable[[dict], None]:
        GIVING_UP[kind] = function
        return function

    return register


def post(kind: str, *, due_at: datetime | None = None, **payload: object) -> Outbox:
    """Write down an effect to be had after this transaction has committed."""
    row = Outbox.objects.create(kind=kind, payload=payload, due_at=due_at or timezone.now())
    wake(perform_due)
    return row


@shared_task
def perform_due(limit: int = 200) -> int:
    """Do what is due, one row at a time. Safe to run in many workers at once. Returns how many were
    done.
    """
    done = 0
    for _ in range(limit):
        if (row := _lease()) is None:
            break
        done += _perform(row)
    return done


@shared_task
def forget_done(now: datetime | None = None, limit: int = 5000) -> int:
    """Delete what was done KEPT_FOR ago, and what was given up long ago; `limit` at a time.

    Returns how many.
    """
    now = now or timezone.now()
    old = Outbox.objects.filter(
        Q(done_at__lt=now - KEPT_FOR) | Q(given_up_at__lt=now - GIVEN_UP_KEPT_FOR)
    )
    gone = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:limit]):
        gone += Outbox.objects.filter(pk__in=pks).delete()[0]
    return gone


def _lease() -> Outbox | None:
    now = timezone.now()
    with transaction.atomic():
        row = (
            Outbox.objects.select_for_update(skip_locked=True)
            .filter(
                Q(leased_until=None) | Q(leased_until__lt=now),
                done_at=None,
                given_up_at=None,
                due_at__lte=now,
            )
            .order_by("due_at")
            .first()
        )
        if row:
            row.leased_until, row.attempts = now + LEASE, row.attempts + 1
            row.save(update_fields=["leased_until", "attempts"])
    return row


def _perform(row: Outbox) -> bool:
    # No transaction is open here: the handler talks to somebody else.
    try:
        HANDLERS[row.kind](row.payload)
    except Exception as error:  # whatever a handler raises, the row must be tried again
        logger.warning("Outbox %s %s failed: %r", row.kind, row.pk, error)
        _postpone(row, error)
        return False
    Outbox.objects.filter(pk=row.pk).update(done_at=timezone.now(), leased_until=None)
    return True


def _postpone(row: Outbox, error: Exception) -> None:
    last = row.attempts > len(PAUSES)
    if last:  # an error, so that whoever watches the log hears of it
        logger.error("Outbox %s %s is given up: %r", row.kind, row.pk, error)
    with transaction.atomic():
        Outbox.objects.filter(pk=row.pk).update(
            leased_until=None,
            last_error=repr(error)[:2000],
            due_at=timezone.now() + PAUSES[min(row.attempts, len(PAUSES)) - 1],
            given_up_at=timezone.now() if last else F("given_up_at"),
        )
        if last and row.kind in GIVING_UP:
            GIVING_UP[row.kind](row.payload)
