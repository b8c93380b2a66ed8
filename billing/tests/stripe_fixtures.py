"""Signed events as Stripe would send them, for what no local peer can do."""

import hashlib
import hmac
import json
import time
from secrets import token_hex

from django.test import Client

SECRET = "whsec_of_the_tests"


def event(type_: str, thing: dict, **fields: object) -> dict:
    """An event about `thing`, in today's shape."""
    return {
        "id": f"evt_{token_hex(8)}",
        "object": "event",
        "type": type_,
        "created": int(time.time()),
        "api_version": "2026-10-28.endive",
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": thing},
    } | fields


def subscription_event(type_: str = "updated", id_: str = "sub_1", **fields: object) -> dict:
    return event(
        f"customer.subscription.{type_}",
        {"id": id_, "object": "subscription", "customer": "cus_1", "status": "active"},
        **fields,
    )


def signature(body: bytes, *, secret: str = SECRET, at: int | None = None) -> str:
    at = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def send(client: Client, sent: dict | bytes, *, header: str | None = None) -> int:
    """Post an event to our webhook; properly signed unless `header` says otherwise."""
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return client.post(
        "/stripe/webhook/",
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body) if header is None else header},
    ).status_code
