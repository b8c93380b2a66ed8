"""What our webhook keeps, and what it does not."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import Client, SimpleTestCase, TestCase, TransactionTestCase, override_settings

from billing.apps import refuse_unsafe_keys
from billing.models import StripeEvent
from billing.tests.stripe_fixtures import SECRET, event, send, signature, subscription_event


@override_settings(STRIPE_WEBHOOK_SECRETS=[SECRET], STRIPE_SECRET_KEY="sk_test_x")
class SignatureTests(TestCase):
    def refused(self, body: bytes, header: str) -> None:
        self.assertEqual(send(self.client, body, header=header), 400)
        self.assertFalse(StripeEvent.objects.exists())

    def test_wrong_secret(self):
        body = json.dumps(subscription_event()).encode()
        self.refused(body, signature(body, secret="whsec_other"))

    def test_301_seconds_old(self):
        body = json.dumps(subscription_event()).encode()
        self.refused(body, signature(body, at=int(time.time()) - 301))

    def test_one_byte_altered(self):
        body = json.dumps(subscription_event()).encode()
        self.refused(body.replace(b"sub_1", b"sub_2"), signature(body))

    def test_no_signature_no_json_and_no_event(self):
        self.refused(json.dumps(subscription_event()).encode(), "")
        self.refused(b"not json", signature(b"not json"))
        self.refused(b"[]", signature(b"[]"))
        self.refused(b'{"id": "evt_1"}', signature(b'{"id": "evt_1"}'))

    def test_two_secrets_while_one_is_replaced(self):
        body = json.dumps(subscription_event()).encode()
        with override_settings(STRIPE_WEBHOOK_SECRETS=["whsec_new", SECRET]):
            self.assertEqual(send(self.client, body, header=signature(body)), 200)
            new = json.dumps(subscription_event()).encode()
            self.assertEqual(send(self.client, new, header=signature(new, secret="whsec_new")), 200)

        self.assertEqual(StripeEvent.objects.count(), 2)

    def test_a_live_event_with_a_test_key(self):
        self.assertEqual(send(self.client, subscription_event(livemode=True)), 400)
        self.assertFalse(StripeEvent.objects.exists())

    def test_a_browser_gets_nothing_here(self):
        self.assertEqual(self.client.get("/stripe/webhook/").status_code, 405)

    def test_kinds_we_ignore_are_kept_and_answered_too(self):
        self.assertEqual(send(self.client, event("radar.early", {"id": "x", "object": "y"})), 200)
        self.assertEqual(StripeEvent.objects.get().type, "radar.early")

    def test_nothing_of_the_payload_is_kept_but_ids(self):
        send(self.client, subscription_event(id_="sub_7"))

        row = StripeEvent.objects.get()
        self.assertEqual((row.subscription_id, row.customer_id), ("sub_7", "cus_1"))


class SameEventTests(TransactionTestCase):
    @override_settings(STRIPE_WEBHOOK_SECRETS=[SECRET], STRIPE_SECRET_KEY="sk_test_x")
    def test_the_same_event_five_times_in_parallel_is_one_row(self):
        same = subscription_event()

        def deliver(n: int) -> int:
            try:
                return send(Client(), same)
            finally:
                connection.close()

        with ThreadPoolExecutor(5) as pool:
            answers = list(pool.map(deliver, range(5)))

        self.assertEqual(answers, [200] * 5)
        self.assertEqual(StripeEvent.objects.count(), 1)


class UnsafeKeysTests(SimpleTestCase):
    def test_a_live_key_and_a_local_stripe_stop_the_start(self):
        for key in ("sk_live_x", "rk_live_x"):
            with self.assertRaisesMessage(Exception, "STRIPE_API_BASE names a local Stripe"):
                refuse_unsafe_keys(key, "http://localhost:8003", debug=False)

    def test_a_live_key_and_debug_stop_the_start(self):
        with self.assertRaisesMessage(Exception, "DEBUG is on"):
            refuse_unsafe_keys("sk_live_x", "", debug=True)

    def test_all_else_starts(self):
        refuse_unsafe_keys("sk_live_x", "", debug=False)
        refuse_unsafe_keys("sk_test_x", "http://localhost:8003", debug=True)
