"""Events: remembered, signed, delivered to the registered endpoints, repeated until answered."""

import hashlib
import hmac
import json
import logging
import random
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from billing.devpeer.store import Store, Thing, new_id

logger = logging.getLogger(__name__)

API_VERSION = "2026-10-28.endive"
PAUSES = (0.2, 0.5, 1, 2, 5, 10, 30)  # seconds between tries; then reconciling must repair it


class Events:
    """The peer's list of events and their delivery.

    Arguments:
        chaos: "dup" delivers everything twice, "reorder" delivers in random order, "lost" nothing.
    """

    def __init__(self, store: Store, *, chaos: str = "") -> None:
        self.store, self.chaos = store, chaos

    def emit(self, type_: str, thing: Thing, *, account: str = "") -> Thing:
        event: Thing = {
            "id": new_id("evt"),
            "object": "event",
            "type": type_,
            "created": int(time.time()),
            "api_version": API_VERSION,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "data": {"object": thing},
        }
        if account:
            event["account"] = account
        self.store.put("event", event["id"], event)
        if "lost" not in self.chaos:
            for endpoint in self.store.all("webhook_endpoint"):
                if endpoint["status"] == "enabled" and _wants(endpoint, event):
                    threading.Thread(
                        target=self._deliver, args=(event, endpoint), daemon=True
                    ).start()
        return event

    def _deliver(self, event: Thing, endpoint: Thing) -> None:
        if "reorder" in self.chaos:
            time.sleep(random.random() * 0.4)
        times = 2 if "dup" in self.chaos else 1
        body = json.dumps(event).encode()
        for pause in PAUSES:
            answers = [_post(endpoint, body) for _ in range(times)]
            if all(answers):
                return
            time.sleep(pause)
        logger.warning("%s did not take %s.", endpoint["url"], event["type"])


def _wants(endpoint: Thing, event: Thing) -> bool:
    """An endpoint hears of our own account, or, with `connect`, of the businesses' accounts."""
    is_ours = bool(endpoint.get("connect")) == bool(event.get("account"))
    return is_ours and bool({"*", event["type"]} & set(endpoint["enabled_events"]))


def _post(endpoint: Thing, body: bytes) -> bool:
    request = urllib.request.Request(
        endpoint["url"],
        body,
        {
            "Content-Type": "application/json",
            "Stripe-Signature": signature(body, endpoint["secret"]),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return 200 <= answer.status < 300
    except (urllib.error.URLError, OSError):
        return False


def signature(body: bytes, secret: str, *, at: int | None = None) -> str:
    """The header that proves that `body` was sent by who knows `secret`, at the second `at`."""
    at = at or int(time.time())
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def listed(events: list[Thing], query: dict[str, Any]) -> list[Thing]:
    """Newest first, narrowed as the API's list of events is."""
    since = int((query.get("created") or {}).get("gte", 0))
    types = query.get("types") or ([query["type"]] if query.get("type") else [])
    return [
        event
        for event in reversed(events)
        if event["created"] >= since and (not types or event["type"] in types)
    ]
