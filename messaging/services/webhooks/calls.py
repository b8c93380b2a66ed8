"""Calling integrators: lease an endpoint, call it outside any transaction, write down what came.

One worker serves many endpoints at once, and an endpoint is served by one worker at a time: a slow
receiver holds nobody else up, and a person's events arrive in order.
"""

import base64
import hashlib
import hmac
import logging
import time
from collections import defaultdict
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from standardwebhooks.webhooks import Webhook

from messaging.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookEvent
from messaging.services.integrators.keys import next_secret_of, secret_of
from messaging.services.webhooks.bodies import Gone, make_body
from portal.base.fetch import NotAllowed, Unreachable, fetch
from portal.base.ids import new_id
from portal.base.services.wake import wake
from portal.base.turns import begin_turn
from profiles.services.notices import notify

logger = logging.getLogger(__name__)

# Pauses before each try of a call: the eighth and last comes after 27 h 35 min.
SCHEDULE = [timedelta(seconds=s) for s in (0, 5, 300, 1800, 7200, 18000, 36000, 36000)]
SECONDS = 10.0  # a receiver has to answer
LANES = 4  # calls to one endpoint at the same time
BATCH = 32  # calls of one endpoint in one turn
TURN = 15.0  # seconds after which no further call of a turn is begun
LEASE = timedelta(seconds=90)  # longer than a turn and one last call
THREADS = 16
LOOK = 0.25  # seconds between two looks for what is due while calls are under way
GIVE_UP_AFTER = timedelta(days=5)  # of failure, then the endpoint is switched off
REST = (timedelta(seconds=5), timedelta(minutes=5))  # of a failing endpoint: least and most
KEPT = 1000  # characters of an answer


@dataclass(frozen=True)
class Outcome:
    """One try: when, how long, and what came back. `status` None: no answer."""

    call: WebhookCall
    at: datetime
    milliseconds: int
    status: int | None
    error: str = ""
    response: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Turn:
    """An endpoint under lease, its calls in lanes, and what has come of them."""

    endpoint: WebhookEndpoint
    lanes: list[list[WebhookCall]]
    secret: str
    next_secret: str | None = None
    running: int = 0
    outcomes: list[Outcome] = field(default_factory=list)


@shared_task
def call_webhooks() -> int:
    """Call everybody whose calls are due. Safe in many workers at once. Returns calls made."""
    return serve_due()


def serve_due(now: datetime | None = None) -> int:
    """Serve endpoints until none has anything due; `now` is for simulated time."""
    made, lasts = 0, begin_turn(inf)
    running: dict[Future, Turn] = {}
    with ThreadPoolExecutor(THREADS, "webhook") as pool:
        while True:
            while lasts() and len(running) < THREADS and (turn := _lease(now or timezone.now())):
                for lane in turn.lanes:
                    running[pool.submit(_call_lane, turn, lane, now)] = turn
                    turn.running += 1
                if not turn.lanes:
                    _end_turn(turn, now or timezone.now())
            if not running:
                break
            # Not longer than LOOK: what falls due meanwhile, at others, waits for no slow receiver.
            for future in wait(running, LOOK, return_when=FIRST_COMPLETED).done:
                turn = running.pop(future)
                turn.outcomes += future.result()
                turn.running -= 1
                if not turn.running:
                    _end_turn(turn, now or timezone.now())
                    made += len(turn.outcomes)
    if not lasts():
        wake(call_webhooks)
    return made


def _lease(now: datetime) -> Turn | None:
    """The endpoint that waited longest among those with calls due, and those calls."""
    with transaction.atomic():
        due = WebhookCall.objects.filter(done_at=None, given_up_at=None, due_at__lte=now)
        endpoint = (
            WebhookEndpoint.objects.raw(
                """
                select e.* from messaging_webhookendpoint e
                 where e.disabled_at is null
                   and (e.leased_until is null or e.leased_until <= %(now)s)
                   and (e.resting_until is null or e.resting_until <= %(now)s)
                   and exists (select 1 from messaging_webhookcall c
                                where c.endpoint_id = e.id and c.due_at <= %(now)s
                                  and c.done_at is null and c.given_up_at is null)
                 order by e.leased_until nulls first limit 1 for update skip locked
                """,
                {"now": now},
            )[:]
            or [None]
        )[0]
        if endpoint is None:
            return None
        endpoint.leased_until = now + LEASE
        endpoint.save(update_fields=["leased_until"])
        # While it fails, one call at a time finds out whether it is back.
        size = 1 if endpoint.failing_since else BATCH
        calls = list(
            due.filter(endpoint=endpoint).select_related("event").order_by("due_at", "id")[:size]
        )
        calls = [call for call in calls if _has_body(call, now)]
    return Turn(endpoint, _lanes(calls), secret_of(endpoint.app), next_secret_of(endpoint.app))


def _has_body(call: WebhookCall, now: datetime) -> bool:
    """Make the event's bytes, unless an earlier dispatch did. False where there is nothing left."""
    event = call.event
    if event.body:
        return True
    try:
        event.body = make_body(event)
    except Gone:
        WebhookCall.objects.filter(pk=call.pk).update(given_up_at=now)
        return False
    # Who comes second keeps the first one's bytes.
    if not WebhookEvent.objects.filter(pk=event.pk, body="").update(body=event.body):
        event.refresh_from_db(fields=["body"])
    return True


def _lanes(calls: list[WebhookCall]) -> list[list[WebhookCall]]:
    """The calls spread over LANES, those about one person in one lane and in order."""
    lanes: dict[int, list[WebhookCall]] = defaultdict(list)
    for call in calls:
        lanes[(call.event.person_id or 0) % LANES].append(call)
    return list(lanes.values())


def _call_lane(turn: Turn, lane: list[WebhookCall], now: datetime | None) -> list[Outcome]:
    """Call one after the other until one gets no answer or the turn is over. No database here."""
    lasts = begin_turn(TURN)
    outcomes = []
    for call in lane:
        outcome = call_once(
            turn.endpoint, call, secret=turn.secret, next_secret=turn.next_secret, now=now
        )
        outcomes.append(outcome)
        if outcome.status is None or not lasts():
            break
    return outcomes


def call_once(
    endpoint: WebhookEndpoint,
    call: WebhookCall,
    *,
    secret: str,
    next_secret: str | None = None,
    now: datetime | None = None,
) -> Outcome:
    """POST the event's bytes to the endpoint; whatever happens becomes an outcome."""
    body = call.event.body.encode("ascii")
    begun = time.monotonic()
    at = now or timezone.now()

    def outcome(status: int | None, *, error: str = "", response: str = "") -> Outcome:
        milliseconds = round((time.monotonic() - begun) * 1000)
        return Outcome(call, at, milliseconds, status, error[:300], response)

    try:
        answer = fetch(
            endpoint.url,
            method="POST",
            body=body,
            headers=headers(
                body,
                secret=secret,
                next_secret=next_secret,
                event_id=call.event_id,
                # What a receiver compares with its own clock, also in simulated time.
                at=timezone.now(),
            ),
            seconds=SECONDS,
            most=4 * KEPT,
            loopback=settings.WEBHOOK_ALLOW_LOOPBACK,
        )
    except (NotAllowed, Unreachable) as error:
        return outcome(None, error=str(error))
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")[:KEPT]
    return outcome(answer.status, response=text)


def headers(
    body: bytes,
    *,
    secret: str,
    next_secret: str | None = None,
    event_id: int | None = None,
    at: datetime | None = None,
) -> dict[str, str]:
    """What goes with the bytes: two signatures, each over exactly these bytes.

    That of the Cloud API is by the secret of now; that of Standard Webhooks carries one by each
    secret while a new one takes over.
    """
    known = {
        "Content-Type": "application/json",
        "User-Agent": "Signet-Webhooks/1",
        "X-Hub-Signature-256": "sha256=" + sign(body, secret),
    }
    if event_id is None or at is None:
        return known
    name, text = f"evt_{event_id}", body.decode("ascii")
    signatures = [
        Webhook(standard_secret(each)).sign(name, at, text)
        for each in (secret, next_secret)
        if each
    ]
    return known | {
        "webhook-id": name,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def standard_secret(secret: str) -> str:
    """The app's secret as the libraries of Standard Webhooks want it."""
    return "whsec_" + base64.b64encode(secret.encode()).decode()


def sign(body: bytes, secret: str) -> str:
    """HMAC-SHA256 in 64 lower-case hex digits."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@transaction.atomic
def _end_turn(turn: Turn, now: datetime) -> None:
    """Write down all that came of a turn and let the endpoint go."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=turn.endpoint.pk)
    WebhookAttempt.objects.bulk_create(log_of(outcome) for outcome in turn.outcomes)
    for outcome in turn.outcomes:
        _write_down(outcome, now)

    endpoint.leased_until = now
    _judge(endpoint, turn.outcomes, now)
    endpoint.save(
        update_fields=[
            "leased_until",
            "failing_since",
            "resting_until",
            "disabled_at",
            "disabled_reason",
        ]
    )


def log_of(outcome: Outcome) -> WebhookAttempt:
    """The outcome as a row of the log."""
    return WebhookAttempt(
        id=new_id(outcome.at),
        call=outcome.call,
        at=outcome.at,
        milliseconds=outcome.milliseconds,
        status=outcome.status,
        error=outcome.error,
        response=outcome.response,
    )


def _write_down(outcome: Outcome, now: datetime) -> None:
    call = outcome.call
    attempts = call.attempts + 1
    changes: dict = {"attempts": attempts}
    if outcome.is_success:
        changes["done_at"] = now
    elif attempts >= len(SCHEDULE):
        changes["given_up_at"] = now
    else:
        changes["due_at"] = now + SCHEDULE[attempts]
        _wake_later(SCHEDULE[attempts])
    WebhookCall.objects.filter(pk=call.pk).update(**changes)


def _judge(endpoint: WebhookEndpoint, outcomes: list[Outcome], now: datetime) -> None:
    """Whether the endpoint works, fails and rests, or is switched off."""
    if any(outcome.status == 410 for outcome in outcomes):
        _disable(endpoint, _("It answered 410: it wants nothing more."), now)
    elif any(outcome.is_success for outcome in outcomes):
        if endpoint.failing_since:
            _hurry(endpoint, now)
        endpoint.failing_since = endpoint.resting_until = None
    elif outcomes:
        endpoint.failing_since = endpoint.failing_since or now
        failing = now - endpoint.failing_since
        endpoint.resting_until = now + min(max(failing / 4, REST[0]), REST[1])
        if failing > GIVE_UP_AFTER:
            _disable(endpoint, _("It failed for five days."), now)


def _hurry(endpoint: WebhookEndpoint, now: datetime) -> None:
    """It is back: what waits for its next try need not wait any longer."""
    WebhookCall.objects.filter(
        endpoint=endpoint, done_at=None, given_up_at=None, due_at__gt=now
    ).update(due_at=now)


def _disable(endpoint: WebhookEndpoint, reason: str, now: datetime) -> None:
    endpoint.disabled_at, endpoint.disabled_reason = now, reason
    notify(
        endpoint.app.business,
        "webhook_disabled",
        title=_("Webhook calls to %s are switched off") % endpoint.url[:120],
        body=_("%s Mend it and switch it on again; what was missed can be replayed.") % reason,
        link=f"/w/{endpoint.app.business.slug}/developers/",
        level="bad",
    )


def _wake_later(pause: timedelta) -> None:
    """Look again when the first, short pause is over; longer ones are the sweeper's."""
    if pause > timedelta(minutes=1):
        return

    def send() -> None:
        try:
            call_webhooks.apply_async(countdown=pause.total_seconds() + 0.2, retry=False)
        except (OperationalError, OSError) as error:
            logger.warning("The broker is away, webhooks wait for the sweeper: %s", error)

    transaction.on_commit(send, robust=True)
