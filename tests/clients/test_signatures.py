"""Signatures as receivers check them: with libraries of Standard Webhooks, and as X-Hub says."""

import base64
import hashlib
import hmac
import random
from datetime import timedelta

import pytest
from django.utils import timezone
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from audience.tests.people import make_person
from messaging.models import WebhookEvent
from messaging.services.integrators.keys import (
    create_app,
    finish_rotation,
    next_secret_of,
    rotate_secret,
    secret_of,
)
from messaging.services.messages import receive_message
from messaging.services.webhooks.addresses import set_webhook
from messaging.services.webhooks.calls import serve_due, standard_secret
from messaging.tests.cast import ANA, Cast
from messaging.tests.receiver import receiving
from tests.clients.environments import run_node

SEED = 8
ALTERED = 10_000
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(settings):
    """An app, and what it was called with, before and during a change of secrets."""
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    Cast.setUpTestData()
    app = create_app(Cast.acme, name="Server", by=Cast.alice)
    make_person(ANA)
    with receiving() as receiver:
        set_webhook(app, url=receiver.url, verify_token="hush", by=Cast.alice)
        receive_message(ANA, Cast.profile, body="Olá 👋")
        serve_due()
        old = secret_of(app)
        rotate_secret(app, by=Cast.alice)
        receive_message(ANA, Cast.profile, body="Again")
        serve_due()
        app.refresh_from_db()
        new = next_secret_of(app)
        finish_rotation(app, by=Cast.alice)
        app.refresh_from_db()
        receive_message(ANA, Cast.profile, body="Third")
        serve_due()
        assert secret_of(app) == new
        yield old, new, [(body.decode(), headers) for body, headers in receiver.posts]


def accepts(secret: str, body: str, headers: dict) -> bool:
    """Whether PyPI's library takes the request."""
    try:
        Webhook(standard_secret(secret)).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


def hub_accepts(secret: str, body: str, headers: dict) -> bool:
    """Whether a Cloud-API client takes it."""
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={mac}", headers.get("x-hub-signature-256", ""))


def node_accepts(secret: str, requests: list) -> list[bool]:
    """Which requests npm's library takes."""
    given = [{"body": body, "headers": {n: h[n] for n in NAMES if n in h}} for body, h in requests]
    about = {"secret": standard_secret(secret), "requests": given}
    (said,) = run_node("standardwebhooks", about)
    return said["accepted"]


def test_both_libraries_take_what_we_send_while_secrets_change(delivered):
    old, new, posts = delivered
    assert [accepts(old, *post) for post in posts] == [True, True, False]
    assert [accepts(new, *post) for post in posts] == [False, True, True]
    assert [hub_accepts(old, *post) for post in posts] == [True, True, False]
    assert [hub_accepts(new, *post) for post in posts] == [False, False, True]
    assert node_accepts(old, posts) == [True, True, False]
    assert node_accepts(new, posts) == [False, True, True]


def test_of_ten_thousand_altered_requests_none_is_taken(delivered):
    old, _new, posts = delivered
    chance = random.Random(SEED)
    altered = [alter(chance, *chance.choice(posts[:2])) for _n in range(ALTERED)]
    assert not any(accepts(old, *request) for request in altered)
    assert not any(node_accepts(old, altered))
    sent = {body for body, _headers in posts}
    bodies = [(body, headers) for body, headers in altered if body not in sent]
    assert len(bodies) > ALTERED / 4
    assert not any(hub_accepts(old, *request) for request in bodies)


def alter(chance: random.Random, body: str, headers: dict) -> tuple[str, dict]:
    """One change to a request that somebody in between could make."""
    headers = dict(headers)
    place = chance.randrange(len(body))
    letter = chance.choice("abcdefghijklmnopqrstuvwxyz0123456789 {}[],:")
    moment = int(headers["webhook-timestamp"]) + chance.choice([-400, -1, 1, 400])
    kind = chance.randrange(8)
    if kind == 0:
        body = body[:place] + (letter if letter != body[place] else "#") + body[place + 1 :]
    elif kind == 1:
        body = body[:place] + body[place + 1 :]
    elif kind == 2:
        body += letter
    elif kind == 3:
        headers["webhook-timestamp"] = str(moment)
    elif kind == 4:
        headers["webhook-id"] += letter.strip() or "x"
    elif kind == 5:
        headers["webhook-signature"] = "v1," + base64.b64encode(chance.randbytes(32)).decode()
    elif kind == 6:
        headers.pop(chance.choice(NAMES))
    else:
        headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    return body, headers


def test_an_old_request_is_not_taken_again_later(delivered, monkeypatch):
    old, _new, posts = delivered
    body, headers = posts[0]
    past = str(int((timezone.now() - timedelta(minutes=6)).timestamp()))
    assert not accepts(old, body, headers | {"webhook-timestamp": past})
    assert WebhookEvent.objects.count() == 3
