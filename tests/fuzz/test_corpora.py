"""Hostile texts, bodies and filters: stored exactly or refused with 400, never a fault of ours."""

import json
import os
from collections import Counter

import pytest
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import Message
from messaging.services.integrators.wamids import message_behind
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA
from messaging.tests.crowd import allow_campaigns
from messaging.tests.v1 import V1Case
from tests.permissions.routes import routes

TEXTS = {
    "nul": "a\x00b",
    "high surrogate": "a\ud800b",
    "low surrogate": "\udc00",
    "bidi": "\u202egpj.exe\u202c",
    "isolates": "\u2066x\u2069",
    "zalgo": "Z\u0351\u036b\u0343a\u0335\u0321l\u0334go" * 20,
    "zero width": "a\u200bb\ufeffc",
    "formula": "=cmd|' /C calc'!A0",
    "formula plus": "+1+1",
    "at": "@SUM(1+1)",
    "crlf": "x\r\nSet-Cookie: a=b",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "template": "{{7*7}}${7*7}{% debug %}",
    "quote": "' OR 1=1; DROP TABLE messaging_message; --",
    "percent": "%s%n%(x)s{0}",
    "path": "../../etc/passwd",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈",
    "spaces": " \u00a0\u2003 ",
    "long": "x" * 1_000_000,
}
BODIES = {
    "twice the same key": b'{"text": "a", "text": "b"}',
    "nan": b'{"text": NaN}',
    "infinity": b'{"text": -Infinity}',
    "1e400": b'{"text": 1e400}',
    "deep lists": b'{"text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep objects": b'{"text":' * 10_000 + b"1" + b"}" * 10_000,
    "huge number": b'{"text": ' + b"9" * 5_000 + b"}",
    "half a character": b'{"text": "\xe2\x82"}',
    "utf-16": '{"text": "a"}'.encode("utf-16"),
    "a list": b"[1]",
    "a text": b'"x"',
    "nothing": b"null",
    "cut off": b'{"text": "a',
    "bytes": bytes(range(256)),
}
FILTERS = [
    "'", "' OR '1'='1", "1; SELECT pg_sleep(10)--", "1 UNION SELECT NULL--", "\\", "%", "%00",
    "0x1", "-1", "1e9", "9" * 40, "²", "true", "null", "[]", "{}", "../", "\u202e", "a" * 5_000,
]  # fmt: skip


FULL = bool(os.getenv("N"))


@pytest.mark.usefixtures("_no_limits")
class CorpusTests(V1Case):
    def setUp(self) -> None:
        allow_campaigns(self.profile, now=timezone.now())  # the largest plan's rate
        make_person(ANA)
        receive_message(ANA, self.profile, body="Hi", now=timezone.now())
        self.seen: Counter = Counter()

    def tearDown(self) -> None:
        print(dict(self.seen))

    def exact(self, status: int, stored: str | None, sent: str, what: str) -> None:
        """Stored as it was sent (but for space around it), or refused."""
        self.seen[status] += 1
        if status in (200, 201):
            assert stored is not None
            self.assertEqual(stored.strip(), sent.strip(), what)
        else:
            self.assertIn(status, (400, 409, 413), what)

    def test_texts_in_fields_of_the_management_api(self):
        profile = f"profiles/{self.profile.pk}"
        contact = f"contacts/{self.ana}"
        talk = f"conversations/{self.profile.pk}/{self.ana}/messages"
        fields = {
            "about": ("PATCH", profile, lambda t: {"about": t}, lambda a: a["about"]),
            "name": ("PATCH", profile, lambda t: {"name": t}, lambda a: a["name"]),
            "address": ("PATCH", profile, lambda t: {"address": t}, lambda a: a["address"]),
            "email": ("PATCH", profile, lambda t: {"email": t}, lambda a: a["email"]),
            "website": ("PATCH", profile, lambda t: {"website": t}, lambda a: a["website"]),
            "label": ("PATCH", contact, lambda t: {"labels": [t]}, lambda a: "".join(a["labels"])),
            "text": ("POST", talk, lambda t: {"text": t}, lambda a: a["text"]),
            "campaign": (
                "POST",
                "campaigns",
                lambda t: {"name": t, "profile_id": str(self.profile.pk)},
                lambda a: a["name"],
            ),
            "invitation": (
                "POST",
                "invitations",
                lambda t: {"email": t, "role": "agent"},
                lambda a: a["email"],
            ),
        }
        for name, (method, path, body, stored) in fields.items():
            for what, text in TEXTS.items():
                status, answer = self.call(method, path, body(text))
                if name == "name":  # what people read of a sender is one line
                    text = " ".join(text.split())
                self.exact(status, stored(answer) if status < 300 else None, text, f"{name} {what}")

    def test_texts_in_templates(self):
        for n, (what, text) in enumerate(TEXTS.items()):
            words = [{"type": "BODY", "text": f"Your order {text} was shipped."}]
            body = {"name": f"t_{n}", "category": "UTILITY", "components": words}
            status, answer = self.call("POST", "templates", body)
            stored = answer["components"][0]["text"] if status == 201 else None
            self.exact(status, stored, words[0]["text"], what)

    def test_texts_in_messages_of_the_cloud_api_face(self):
        for what, text in TEXTS.items():
            body = {"messaging_product": "whatsapp", "to": f"999{self.ana}", "text": {"body": text}}
            answer = self.graph(json.dumps(body).encode())
            stored = None
            if answer.status_code == 200:
                key = message_behind(self.acme.pk, answer.json()["messages"][0]["id"])
                stored = Message.objects.get(person_id=key.person_id, id=key.id).body
            self.exact(answer.status_code, stored, text, what)

    def test_bodies_that_are_no_json_objects(self):
        for what, raw in BODIES.items():
            with self.subTest(what):
                path = f"conversations/{self.profile.pk}/{self.ana}/messages"
                self.assertEqual(self.call("POST", path, raw)[0], 400)
                answer = self.graph(raw)
                self.assertEqual(answer.status_code, 400)
                self.assertIsInstance(answer.json()["error"]["code"], int)

    def test_hostile_filters_and_orders(self):
        lists = [
            route.path({"profile_id": self.profile.pk, "number": self.ana})
            for route in routes()
            if route.face == "management" and route.name.endswith(("list", "s", "audit"))
        ]
        self.assertGreater(len(lists), 12)
        for path in lists:
            for text in FILTERS if FULL else FILTERS[::4]:
                for name in ("after", "limit", "reference", "folder", "order", "q"):
                    answer = self.client.get(
                        path, {name: text}, headers={"Authorization": f"Bearer {self.key}"}
                    )
                    self.assertLess(answer.status_code, 500, (path, name, text))
                    self.seen[answer.status_code] += 1
        for edge in ("message_templates", "phone_numbers", "subscribed_apps"):
            for text in FILTERS if FULL else FILTERS[::4]:
                for name in ("after", "before", "limit", "fields", "name", "status", "summary"):
                    answer = self.client.get(
                        f"/v23.0/{self.acme.pk}/{edge}",
                        {name: text},
                        headers={"Authorization": f"Bearer {self.key}"},
                    )
                    self.assertLess(answer.status_code, 500, (edge, name, text))
                    self.seen[answer.status_code] += 1

    def graph(self, raw: bytes):
        return self.client.post(
            f"/v23.0/{self.profile.pk}/messages",
            raw,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"},
        )


@pytest.fixture
def _no_limits(settings):
    settings.API_CALLS_A_SECOND = 1_000_000
