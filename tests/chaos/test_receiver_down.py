"""A receiver is away for 27 hours: all is delivered in the end, and nobody else waits for it."""

import json
import threading
import time
from datetime import timedelta
from statistics import median, quantiles

import pytest
from django.db import connections
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import WebhookCall, WebhookEndpoint
from messaging.services.integrators.keys import create_app
from messaging.services.messages import receive_message
from messaging.services.webhooks import calls as webhook_calls
from messaging.services.webhooks.addresses import set_webhook
from messaging.services.webhooks.calls import serve_due
from messaging.tests.cast import ANA, RAVI, Cast
from messaging.tests.receiver import receiving
from portal.base.report import at_most, report
from tests.chaos.size import FULL

HOURS = 27
STEP = timedelta(minutes=5)
EVERY = 4 if FULL else 12  # steps between two messages: 20 minutes, or an hour
ROUNDS = 200 if FULL else 15  # messages to the neighbour, each with and without the outage
HANGS = 2.0 if FULL else 0.6  # seconds that the broken receiver keeps a call


@pytest.fixture
def two(db, settings):
    """Acme and Elsewhere, each with an app; a person writes to each."""
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    return _cast()


def _cast():
    Cast.setUpTestData()
    make_person(ANA)
    make_person(RAVI)
    return (
        create_app(Cast.acme, name="Server", by=Cast.alice),
        create_app(Cast.elsewhere, name="Theirs", by=Cast.mallory),
    )


def bodies(receiver) -> list[str]:
    """What was written, in the order of its arrival."""
    return [
        json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"]
        for body, _headers in receiver.posts
    ]


def test_all_of_27_hours_arrives_once_the_receiver_is_back(two):
    app, other_app = two
    with receiving() as receiver, receiving() as other:
        set_webhook(app, url=receiver.url, verify_token="hush", by=Cast.alice)
        set_webhook(other_app, url=other.url, verify_token="hush", by=Cast.mallory)
        receiver.answer = lambda body, headers: (503, b"down")
        begun = now = timezone.now()
        written: list[str] = []
        late = 0
        while now < begun + timedelta(hours=HOURS):
            if (now - begun) // STEP % EVERY == 0:
                written.append(str(len(written)))
                receive_message(ANA, Cast.profile, body=written[-1], now=now)
                receive_message(RAVI, Cast.other_profile, body=written[-1], now=now)
            serve_due(now)
            late += len(written) - len(other.posts)
            now += STEP
        tries = len(receiver.posts)
        receiver.posts.clear()
        receiver.answer = lambda body, headers: (200, b"")
        back = now
        while WebhookCall.objects.filter(done_at=None).exists() and now < back + timedelta(hours=1):
            serve_due(now)
            now += STEP

    heard = bodies(receiver)
    assert late == 0 and bodies(other) == written  # the neighbour's came in the same round
    assert sorted(heard, key=int) == written  # each once, none lost
    assert not WebhookCall.objects.exclude(given_up_at=None).exists()
    assert WebhookEndpoint.objects.get(app=app).failing_since is None
    assert tries < 400  # one call at a time finds out whether it is back
    print(
        f"\n{len(written)} events in 27 h, {tries} tries while away, all there {now - back} later"
    )


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_hangs_delays_nobody_else(settings, monkeypatch):
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    monkeypatch.setattr(webhook_calls, "SECONDS", HANGS)
    monkeypatch.setattr(webhook_calls, "REST", (timedelta(0), timedelta(0)))
    app, other_app = _cast()
    hanging, called, over = threading.Event(), threading.Event(), threading.Event()

    def answer(body, headers):
        called.set()
        if hanging.is_set():
            over.wait(2 * HANGS)
        return 200, b""

    delays: dict[bool, list[float]] = {False: [], True: []}
    with receiving() as receiver, receiving() as other:
        set_webhook(app, url=receiver.url, verify_token="hush", by=Cast.alice)
        set_webhook(other_app, url=other.url, verify_token="hush", by=Cast.mallory)
        receiver.answer = answer
        workers = [threading.Thread(target=_serve, args=[over], daemon=True) for _n in range(2)]
        for worker in workers:
            worker.start()
        try:
            for n in range(2 * ROUNDS):
                away = n >= ROUNDS
                hanging.set() if away else hanging.clear()
                called.clear()
                receive_message(ANA, Cast.profile, body="x")
                assert called.wait(30)
                begun = time.monotonic()
                receive_message(RAVI, Cast.other_profile, body="x")
                other.wait_for(n + 1)
                delays[away].append(1000 * (time.monotonic() - begun))
        finally:
            over.set()
            for worker in workers:
                worker.join()
    good, bad = (quantiles(delays[away], n=20)[-1] for away in (False, True))
    held = report(
        "receiver_down",
        {
            "p95 delay of a neighbour, ms": round(good, 1),
            "the same while the other hangs, ms": round(bad, 1),
            "median of each, ms": [round(median(delays[away]), 1) for away in (False, True)],
            "messages each": ROUNDS,
        },
        # Ratios of a few milliseconds say something on a quiet machine only.
        {"p95 with / without": at_most(round(bad / good, 2), 1.1)}
        if FULL
        else {"p95 more while the other hangs, ms": at_most(round(bad - good), 1000 * HANGS)},
    )
    assert held


def _serve(over: threading.Event) -> None:
    """A worker's loop; in the site the events wake it."""
    while not over.wait(0.005):
        serve_due()
    connections.close_all()
