"""Webhooks out: what is in them, how they are signed, and what happens when nobody answers."""

import hashlib
import hmac
import json
from datetime import timedelta
from unittest.mock import patch

from django.test import override_settings
from django.utils import timezone

from messaging.models import WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookEvent
from messaging.services.integrators.keys import finish_rotation, rotate_secret, secret_of
from messaging.services.integrators.wamids import wamid
from messaging.services.messages import mark_delivered, mark_read, receive_message, send_message
from messaging.services.webhooks.addresses import enable_webhook, set_webhook
from messaging.services.webhooks.calls import SCHEDULE, serve_due
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA, RAVI
from messaging.tests.receiver import receiving
from portal.base import turns
from portal.base.refused import Refused
from profiles.models import Notice


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class WebhookCase(ApiCase):
    def setUp(self) -> None:
        WebhookEvent.objects.all().delete()
        self.receiver = self.enterContext(receiving())
        self.endpoint = set_webhook(
            self.app, url=self.receiver.url, verify_token="hush", by=self.alice
        )

    def values(self) -> list[dict]:
        """The value of each body that arrived; each has one entry with one change."""
        found = []
        for body, _headers in self.receiver.posts:
            envelope = json.loads(body)
            self.assertEqual(envelope["object"], "whatsapp_business_account")
            (entry,) = envelope["entry"]
            self.assertIsInstance(entry["time"], int)
            (change,) = entry["changes"]
            found.append(change["value"])
        return found


class BodyTests(WebhookCase):
    def test_what_a_person_writes_arrives_signed_and_in_ascii(self):
        message = receive_message(ANA, self.profile, body="Olá \x7f 👋")
        self.assertEqual(serve_due(), 1)

        ((body, headers),) = self.receiver.posts
        self.assertTrue(body.isascii())
        self.assertIn(rb"Ol\u00e1 \u007f \ud83d\udc4b", body)
        mac = hmac.new(secret_of(self.app).encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["x-hub-signature-256"], f"sha256={mac}")
        self.assertEqual(headers["content-type"], "application/json")
        (value,) = self.values()
        self.assertEqual(value["metadata"]["phone_number_id"], str(self.profile.pk))
        self.assertEqual(
            value["contacts"],
            [
                {
                    "profile": {"name": "Ana"},
                    "wa_id": f"999{self.ana}",
                    "user_id": f"ZZ.{self.ana}",
                }
            ],
        )
        self.assertEqual(
            value["messages"],
            [
                {
                    "from": f"999{self.ana}",
                    "from_user_id": f"ZZ.{self.ana}",
                    "id": wamid(self.acme.pk, ANA, message.id),
                    "timestamp": str(int(message.created_at.timestamp())),
                    "type": "text",
                    "text": {"body": "Olá \x7f 👋"},
                }
            ],
        )

    def test_sent_delivered_and_read_arrive_in_order(self):
        message = send_message(
            self.profile, ANA, by=self.alice, body="Hello", client_data="order-7"
        )
        mark_delivered(ANA)
        mark_read(ANA, self.profile)
        serve_due()

        statuses = [value["statuses"][0] for value in self.values()]
        self.assertEqual([s["status"] for s in statuses], ["sent", "delivered", "read"])
        for status, value in zip(statuses, self.values(), strict=True):
            self.assertEqual(status["id"], wamid(self.acme.pk, ANA, message.id))
            self.assertEqual(status["recipient_id"], f"999{self.ana}")
            self.assertEqual(status["biz_opaque_callback_data"], "order-7")
            self.assertEqual(value["contacts"][0]["user_id"], f"ZZ.{self.ana}")

    def test_nothing_of_it_is_told_to_another_business(self):
        with receiving("other") as other:
            theirs = self.elsewhere.apps.get()
            set_webhook(theirs, url=other.url, verify_token="other", by=self.mallory)
            receive_message(ANA, self.profile, body="Secret")
            serve_due()
            self.assertEqual(other.posts, [])
            self.assertEqual(len(self.receiver.posts), 1)


class LevelTests(WebhookCase):
    def test_the_narrowest_address_counts(self):
        with receiving("account") as account, receiving("profile") as profile:
            set_webhook(self.app, url=account.url, verify_token="account", by=None, level="account")
            receive_message(ANA, self.profile, body="1")
            set_webhook(
                self.app,
                url=profile.url,
                verify_token="profile",
                by=None,
                level="profile",
                profile=self.profile,
            )
            receive_message(ANA, self.profile, body="2")
            serve_due()
            heard = [len(r.posts) for r in (self.receiver, account, profile)]
        self.assertEqual(heard, [0, 1, 1])


class ChallengeTests(WebhookCase):
    def test_an_address_that_does_not_repeat_the_challenge_is_not_saved(self):
        with self.assertRaisesMessage(Refused, "hub.challenge"):
            set_webhook(self.app, url=self.receiver.url, verify_token="wrong", by=self.alice)
        with self.assertRaises(Refused):
            set_webhook(self.app, url="http://127.0.0.1:1/", verify_token="hush", by=self.alice)
        self.assertEqual(WebhookEndpoint.objects.get().verify_token, "hush")

    def test_private_addresses_are_refused(self):
        with override_settings(WEBHOOK_ALLOW_LOOPBACK=False):
            for url in (self.receiver.url, "https://10.0.0.1/", "https://localhost/"):
                with self.assertRaises(Refused) as refusal:
                    set_webhook(self.app, url=url, verify_token="hush", by=self.alice)
                self.assertEqual(refusal.exception.code, "address_not_allowed")


class RollOutTests(WebhookCase):
    def test_a_worker_asked_to_end_finishes_the_call_in_hand_and_leaves_the_rest(self):
        for body in ("one", "two", "three"):
            receive_message(ANA, self.profile, body=body, now=timezone.now())
        self.receiver.answer = lambda body, headers: turns.end_turns() or (200, b"")
        with patch.object(turns, "_ends", bytearray(1)):
            self.assertEqual(serve_due(), 1)
            self.assertEqual(serve_due(), 0)  # none is begun any more
        self.assertEqual(WebhookCall.objects.filter(done_at=None).count(), 2)

        self.receiver.answer = lambda body, headers: (200, b"")
        WebhookEndpoint.objects.update(leased_until=None)
        self.assertEqual(serve_due(), 2)
        said = [value["messages"][0]["text"]["body"] for value in self.values()]
        self.assertEqual(said, ["one", "two", "three"])


class RetryTests(WebhookCase):
    def test_the_same_bytes_are_sent_again_by_the_schedule(self):
        self.receiver.answer = lambda body, headers: (500, b"oh no")
        now = timezone.now()
        receive_message(ANA, self.profile, body="Hi", now=now)
        for pause in SCHEDULE:
            now += pause
            self.assertEqual(serve_due(now), 1)
            self.assertEqual(serve_due(now), 0)
            # What the message's sender is called later does not change the bytes.
            receive_message(RAVI, self.other_profile, body="elsewhere", name="Other", now=now)

        self.assertEqual(len({body for body, _headers in self.receiver.posts}), 1)
        call = WebhookCall.objects.get(endpoint=self.endpoint)
        self.assertEqual((call.attempts, call.given_up_at), (8, now))
        self.assertEqual(call.tries.filter(status=500, response="oh no").count(), 8)

    def test_a_receiver_that_comes_back_gets_all_of_it(self):
        self.receiver.answer = lambda body, headers: (503, b"")
        now = timezone.now()
        for n in range(20):
            receive_message(ANA, self.profile, body=str(n), now=now)
        serve_due(now)
        made_while_down = len(self.receiver.posts)
        self.assertLessEqual(made_while_down, 20)

        self.receiver.answer = lambda body, headers: (200, b"")
        for _turn in range(4):
            now += timedelta(minutes=6)
            serve_due(now)
        self.assertFalse(WebhookCall.objects.filter(done_at=None).exists())
        self.endpoint.refresh_from_db()
        self.assertIsNone(self.endpoint.failing_since)

    def test_a_redirect_is_a_failure(self):
        self.receiver.answer = lambda body, headers: (302, b"")
        receive_message(ANA, self.profile, body="Hi")
        serve_due()
        self.assertEqual(WebhookCall.objects.get().done_at, None)

    def test_410_switches_it_off_and_the_business_is_told(self):
        self.receiver.answer = lambda body, headers: (410, b"")
        receive_message(ANA, self.profile, body="Hi")
        serve_due()
        self.endpoint.refresh_from_db()
        self.assertTrue(self.endpoint.disabled_at)
        self.assertTrue(Notice.objects.filter(kind="webhook_disabled").exists())

        self.receiver.answer = lambda body, headers: (200, b"")
        enable_webhook(self.endpoint, by=self.alice)
        serve_due(timezone.now() + timedelta(seconds=10))
        self.assertEqual(WebhookAttempt.objects.filter(status=200).count(), 1)

    def test_five_days_of_failure_switch_it_off(self):
        self.receiver.answer = lambda body, headers: (500, b"")
        now = timezone.now()
        for _day in range(7):
            receive_message(ANA, self.profile, body="Hi", now=now)
            serve_due(now)
            now += timedelta(days=1)
        self.endpoint.refresh_from_db()
        self.assertIn("five days", self.endpoint.disabled_reason)

    def test_a_leased_endpoint_is_left_to_its_worker(self):
        receive_message(ANA, self.profile, body="Hi")
        later = timezone.now() + timedelta(seconds=60)
        WebhookEndpoint.objects.update(leased_until=later)
        self.assertEqual(serve_due(), 0)
        self.assertEqual(serve_due(later + timedelta(seconds=1)), 1)


class RotationTests(WebhookCase):
    def test_the_old_secret_signs_until_the_new_one_takes_over(self):
        old = secret_of(self.app)
        new = rotate_secret(self.app, by=self.alice)
        self.app.refresh_from_db()
        self.assertEqual(secret_of(self.app), old)
        finish_rotation(self.app, by=self.alice)
        self.app.refresh_from_db()
        self.assertEqual(secret_of(self.app), new)
