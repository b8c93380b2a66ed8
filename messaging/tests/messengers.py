"""A messenger with a key, and calls as it makes them."""

import json

from django.test import Client

from messaging.models import Messenger
from messaging.services.gateway.messengers import add_messenger, create_key


def make_messenger(name: str = "Papo") -> tuple[Messenger, "Caller"]:
    """A messenger and who calls in its name."""
    messenger = add_messenger(name, by=None)
    _key, raw = create_key(messenger, name="server", by=None)
    return messenger, Caller(raw)


class Caller:
    """Calls the platform API with a key."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.client = Client(
            headers={"Authorization": f"Bearer {raw}"}, raise_request_exception=True
        )

    def get(self, path: str, **query: object):
        return self.client.get(f"/platform/v1/{path}", query)

    def post(self, path: str, body: object):
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.post(f"/platform/v1/{path}", data, content_type="application/json")

    def load(self, *people: dict | str):
        lines = [p if isinstance(p, str) else json.dumps(p) for p in people]
        return self.client.post(
            "/platform/v1/people", "\n".join(lines) + "\n", content_type="application/x-ndjson"
        )

    def tell(self, *events: dict) -> list[dict]:
        """The events' results."""
        response = self.post("events", {"events": list(events)})
        assert response.status_code == 200, response.content
        return response.json()["results"]
