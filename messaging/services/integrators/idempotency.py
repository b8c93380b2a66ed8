"""Requests that name themselves by an Idempotency-Key: whatever they do is done once.

The answer is a row in the transaction of the effect. So a server that dies leaves both or neither,
and whoever asks again either gets the answer or does the work.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import App, IdempotentAnswer
from portal.base.prepared import run

KEPT_FOR = timedelta(days=7)
LONGEST = 255  # characters of a key


@dataclass(frozen=True)
class Answer:
    """An answer as it goes out: status and body. `is_replay`: the work was done before."""

    status: int
    body: str
    is_replay: bool = False


class KeyMisused(Exception):
    """The key can't be served. `is_busy`: its first request is still at work, ask again."""

    def __init__(self, sentence: str, *, is_busy: bool = False) -> None:
        super().__init__(sentence)
        self.sentence, self.is_busy = sentence, is_busy


class _NotKept(Exception):
    """The work came to nothing worth keeping: undo it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def fingerprint_of(method: str, path: str, body: bytes) -> str:
    """What makes two requests the same one."""
    return hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()


def once(app: App, *, key: str, request: str, do: Callable[[], Answer]) -> Answer:
    """Do the work of a request, or repeat what it was answered.

    Arguments:
        key: the client's name for it, 1 to 255 printable characters.
        request: `fingerprint_of` it.
        do: the work, in one transaction with the row that remembers it. Answers of 400 and above
            are undone and not remembered, so that they can be tried again.

    Raises KeyMisused: the key stands for another request, or its first one is still at work.
    """
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        raise KeyMisused(_("An Idempotency-Key has 1 to 255 printable characters."))
    try:
        with transaction.atomic():
            is_ours, known = _lock(app, key)
            if not is_ours:
                raise KeyMisused(
                    _("The first request with this Idempotency-Key is still at work."),
                    is_busy=True,
                )
            if known:
                return _replay(*known, request=request)
            answer = do()
            if answer.status >= 400:
                raise _NotKept(answer)
            _keep(app, key, request, answer)
            return answer
    except _NotKept as undone:
        return undone.answer
    except _AlreadyKept:  # the first ended while we took the lock: our work is undone
        replayed = known_answer(app, key=key, request=request)
        assert replayed
        return replayed


def known_answer(app: App, *, key: str, request: str) -> Answer | None:
    """What the request was answered before, if it was. Raises KeyMisused."""
    known = IdempotentAnswer.objects.filter(app=app, key=key).first()
    if known is None:
        return None
    return _replay(known.request, known.status, known.answer, request=request)


def _replay(first: str, status: int, answer: str, *, request: str) -> Answer:
    if first != request:
        raise KeyMisused(_("This Idempotency-Key stands for another request."))
    return Answer(status, answer, is_replay=True)


def _lock(app: App, key: str) -> tuple[bool, tuple[str, int, str] | None]:
    """Whether we are the only one at work on the key, until the transaction ends; and the request,
    status and answer that are known of it.

    In one statement, so what is known was looked up before the lock: `_keep` finds out where the
    first request ended between the two.
    """
    digest = hashlib.sha256(f"{app.pk}:{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    row = run(LOCK, [number, app.pk, key]).fetchone()
    assert row  # (it always gives one)
    return row[0], row[1:] if row[1] is not None else None


LOCK = """
    select pg_try_advisory_xact_lock(%s), a.request, a.status, a.answer
      from (select) as always
      left join messaging_idempotentanswer a on a.app_id = %s and a.key = %s
"""


class _AlreadyKept(Exception):
    """Somebody else has done the work."""


def _keep(app: App, key: str, request: str, answer: Answer) -> None:
    """Remember the answer. Raises _AlreadyKept."""
    kept = run(KEEP, [app.pk, key, request, answer.status, answer.body, timezone.now()])
    if not kept.rowcount:
        raise _AlreadyKept


KEEP = """
    insert into messaging_idempotentanswer (app_id, key, request, status, answer, at)
    values (%s, %s, %s, %s, %s, %s) on conflict (app_id, key) do nothing
"""


@shared_task
def forget_old_answers() -> int:
    """Delete answers older than KEPT_FOR. Returns how many."""
    return IdempotentAnswer.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
