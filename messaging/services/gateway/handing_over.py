"""Handing messages over to the operator's messengers: at least once, in order, as fast as they can.

One worker at a time serves a messenger, under a lease, and calls it on several lanes at once. A
person's messages are all in one lane, whose batches follow each other, so a conversation keeps its
order. Rows leave the queue when the messenger has said that it has them; whatever else happens (no
answer, an error, garbage, our own death) the same messages are sent again under the same ids.
No transaction is open during a call.
"""

import json
import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from messaging.models import Message, Messenger
from messaging.models.messengers import FULL_BATCH
from messaging.services.gateway.batches import (
    LANES,
    Batch,
    forget_sent,
    headers,
    is_waiting,
    take_batch,
)
from messaging.services.gateway.messengers import gateway_secret, gateways
from messaging.services.integrators.wamids import MessageKey
from messaging.services.messages import mark_failed
from portal.base.fetch import NotAllowed, Unreachable, fetch
from portal.base.services.wake import wake
from portal.base.turns import begin_turn

logger = logging.getLogger(__name__)

SECONDS = 10.0  # a messenger has to answer
SLOW, QUICK = 3.0, 1.0  # seconds: above, batches are halved; below, they are doubled again
LEAST_BATCH = 20  # messages, however slow it is
PROBE = 20  # messages with which one that failed is tried again
TURN = 20.0  # seconds a task serves one messenger before others have a turn
LEASE = timedelta(seconds=45)  # longer than a call and all that is done around it
# How long a messenger that fails is left alone, growing with each failure in a row.
PAUSES = [timedelta(seconds=s) for s in (5, 15, 30, 60, 120, 300)]
LONGEST_REST = timedelta(hours=1)  # that it may ask for itself
MOST_ANSWER = 256 * 1024  # bytes of its answer
UNDELIVERABLE = 131026  # the error of a message that a messenger will never take
LOCKED = 131031  # of one whose sender lost its standing while it waited


@dataclass(frozen=True)
class Outcome:
    """What came of one call. `error` empty: the messenger has the batch, but for `rejected`."""

    batch: Batch
    seconds: float
    error: str = ""
    rejected: list[str] = field(default_factory=list)
    rest: timedelta | None = None  # what it asked for
    is_too_large: bool = False


@shared_task
def serve_gateways() -> int:
    """Hand over what waits, to all messengers that can take it. Returns how many messages.

    May run in any number of workers at once, and any number of times.
    """
    return sum(serve_messenger(pk) for pk in gateways())


def serve_messenger(messenger_id: int, *, now: datetime | None = None) -> int:
    """Hand over what waits for one messenger, unless another worker is doing it or it rests.

    Arguments:
        now: for simulated time.

    Returns how many messages it took.
    """
    taken = 0
    # Once more after the lease was given back: what came just before that woke a task in vain.
    while messenger := _lease(messenger_id, now):
        done = _serve(messenger, now)
        taken += done.taken
        if not done.is_finished:
            wake(serve_gateways)
            break
    return taken


@dataclass
class Done:
    """What a turn came to; not finished: something waits that may go at once."""

    taken: int = 0
    is_finished: bool = True


def _lease(messenger_id: int, now: datetime | None) -> Messenger | None:
    moment = now or timezone.now()
    free = Messenger.objects.filter(
        _is_over("leased_until", moment, longest=LEASE),
        _is_over("resting_until", moment, longest=LONGEST_REST),
        ~Q(gateway_url=""),
        pk=messenger_id,
        closed_at=None,
    )
    messenger = free.first()
    if messenger is None or not is_waiting(messenger):
        return None
    messenger.leased_until = moment + LEASE
    # Of several that saw it free, one gets it.
    return messenger if free.update(leased_until=messenger.leased_until) else None


def _is_over(column: str, moment: datetime, *, longest: timedelta) -> Q:
    """Whether a time in the row has come, or is so far ahead that a wrong clock wrote it."""
    come, absurd = {f"{column}__lte": moment}, {f"{column}__gt": moment + 2 * longest}
    return Q(**{column: None}) | Q(**come) | Q(**absurd)


def _renew(messenger: Messenger, moment: datetime) -> bool:
    """Keep the lease; False where it ran out and somebody else has it."""
    until = max(moment + LEASE, messenger.leased_until or moment)
    if until == messenger.leased_until:
        return True
    kept = Messenger.objects.filter(pk=messenger.pk, leased_until=messenger.leased_until).update(
        leased_until=until
    )
    messenger.leased_until = until
    return bool(kept)


def _serve(messenger: Messenger, now: datetime | None) -> Done:
    """Call the messenger on as many lanes as it bears, until nothing waits or it fails."""
    done, lasts = Done(), begin_turn(TURN)
    secret = gateway_secret(messenger)
    idle, running = set(range(LANES)), dict[Future, int]()
    is_failing = False
    with ThreadPoolExecutor(LANES, "gateway") as pool:
        while True:
            moment = now or timezone.now()
            if not is_failing and lasts() and _renew(messenger, moment):
                for lane in sorted(idle):
                    if len(running) >= _lanes_at_once(messenger):
                        break
                    if batch := _next(messenger, lane, moment):
                        signed = headers(batch, secret=secret, now=moment)
                        running[pool.submit(call, messenger, batch, signed)] = lane
                        idle.remove(lane)
            elif not is_failing and not running:
                done.is_finished = False
            if not running:
                break
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                idle.add(running.pop(future))
                outcome = future.result()
                done.taken += _write_down(messenger, outcome, now or timezone.now())
                is_failing = is_failing or bool(outcome.error and not outcome.is_too_large)
    Messenger.objects.filter(pk=messenger.pk, leased_until=messenger.leased_until).update(
        leased_until=None
    )
    return done


def _lanes_at_once(messenger: Messenger) -> int:
    """All of them, fewer while it is slow, one while it fails."""
    if messenger.failing_since:
        return 1
    return max(1, LANES * messenger.batch_size // FULL_BATCH)


def _next(messenger: Messenger, lane: int, now: datetime) -> Batch | None:
    """The lane's next batch that has anything to send; what nobody wants any more is put away."""
    size = min(messenger.batch_size, PROBE) if messenger.failing_since else messenger.batch_size
    while batch := take_batch(messenger, lane, size=size):
        with transaction.atomic():
            for key in batch.refused:
                _fail(key, LOCKED, now)
            if batch.refused or not batch.sent:
                forget_sent(batch.dropped)
        if batch.sent:
            return batch
    return None


def call(messenger: Messenger, batch: Batch, signed: dict[str, str]) -> Outcome:
    """POST the batch; whatever happens becomes an outcome. No database here."""
    begun = monotonic()

    def outcome(error: str = "", **more) -> Outcome:
        return Outcome(batch, monotonic() - begun, error[:300], **more)

    try:
        answer = fetch(
            messenger.gateway_url,
            method="POST",
            body=batch.body,
            headers=signed,
            seconds=SECONDS,
            most=MOST_ANSWER,
            loopback=settings.WEBHOOK_ALLOW_LOOPBACK,
            trusted=settings.GATEWAY_HOSTS,
        )
    except (NotAllowed, Unreachable) as error:
        return outcome(str(error))
    if not 200 <= answer.status < 300:
        said = {name.lower(): value for name, value in answer.headers.items()}
        return outcome(
            f"It answered {answer.status}.",
            rest=_asked_rest(said.get("retry-after", "")),
            is_too_large=answer.status == 413 and len(batch.sent) > 1,
        )
    try:
        return outcome(rejected=_rejected(batch, answer.body, is_whole=answer.is_whole))
    except ValueError as error:
        return outcome(f"It answered {answer.status} with what can't be read: {error}")


def _rejected(batch: Batch, body: bytes, *, is_whole: bool) -> list[str]:
    """The messages that the messenger will never take. Raises ValueError for an answer that is
    neither empty nor ours: it may come from something in between, so nothing is known.
    """
    if not body.strip():
        return []
    if not is_whole:
        raise ValueError("it has no end")
    answer = json.loads(body)
    if not isinstance(answer, dict) or not isinstance(answer.get("rejected", []), list):
        raise ValueError("it is no object with a list “rejected”")
    rejected = []
    for one in answer.get("rejected", []):
        ref = one.get("id") if isinstance(one, dict) else one
        if not isinstance(ref, str) or ref not in batch.sent:
            raise ValueError(f"it rejects what it did not get, {str(ref)[:60]}")
        rejected.append(ref)
    return rejected


def _asked_rest(retry_after: str) -> timedelta | None:
    if not (retry_after.isascii() and retry_after.isdecimal() and len(retry_after) < 8):
        return None
    return min(timedelta(seconds=int(retry_after)), LONGEST_REST)


@transaction.atomic
def _write_down(messenger: Messenger, outcome: Outcome, now: datetime) -> int:
    """Put away what the messenger has, and learn from how it went. Returns how many it took."""
    if outcome.error:
        _learn_failure(messenger, outcome, now)
        return 0
    batch = outcome.batch
    for ref in outcome.rejected:
        _fail(batch.sent[ref], UNDELIVERABLE, now)
    forget_sent(batch.keys)
    _learn_success(messenger, outcome, now)
    return len(batch.sent) - len(outcome.rejected)


def _fail(key: MessageKey, error: int, now: datetime) -> None:
    message = Message.objects.filter(person_id=key.person_id, id=key.id).first()
    if message:
        mark_failed(message, error=error, now=now)


def _learn_success(messenger: Messenger, outcome: Outcome, now: datetime) -> None:
    if outcome.seconds > SLOW:
        messenger.batch_size = max(LEAST_BATCH, messenger.batch_size // 2)
    elif outcome.seconds < QUICK and len(outcome.batch.sent) >= messenger.batch_size:
        messenger.batch_size = min(FULL_BATCH, messenger.batch_size * 2)
    messenger.failing_since = messenger.resting_until = None
    messenger.failures, messenger.last_error = 0, ""
    messenger.last_success_at = now
    _save(messenger)


def _learn_failure(messenger: Messenger, outcome: Outcome, now: datetime) -> None:
    messenger.last_error = outcome.error
    if outcome.is_too_large:
        messenger.batch_size = max(1, len(outcome.batch.sent) // 2)
        _save(messenger)
        return
    if outcome.seconds > SLOW:
        messenger.batch_size = max(LEAST_BATCH, messenger.batch_size // 2)
    # Calls that failed together are one failure.
    if messenger.resting_until is None or messenger.resting_until <= now:
        messenger.failures = min(messenger.failures + 1, 30_000)
    pause = PAUSES[min(messenger.failures, len(PAUSES)) - 1]
    messenger.resting_until = now + max(pause, outcome.rest or pause)
    messenger.failing_since = messenger.failing_since or now
    _save(messenger)
    logger.warning("The gateway of %s fails: %s", messenger, outcome.error)


def _save(messenger: Messenger) -> None:
    messenger.save(
        update_fields=[
            "batch_size",
            "failing_since",
            "resting_until",
            "failures",
            "last_error",
            "last_success_at",
        ]
    )
