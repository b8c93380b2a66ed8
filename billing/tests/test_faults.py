"""Stripe that acts and does not answer, answers late, is too busy or broken (lane S, over a real
wire).
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.test import TestCase, override_settings

from billing import stripe_gateway
from billing.stripe_gateway import StripeUnavailable

CUSTOMER = {"id": "cus_1", "object": "customer"}


@contextmanager
def stripe_that(*behaviours: str) -> Iterator[list[str]]:
    """A server that does the behaviours in turn, then answers well: the idempotency keys it saw."""
    keys: list[str] = []
    turns = iter(behaviours)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            match next(turns, "well"):
                case "hangs up":  # it has acted, but nobody hears of it
                    self.close_connection = True
                    self.connection.close()
                case "busy":
                    self.say(429, {"error": {"type": "rate_limit", "message": "Slow down"}})
                case "broken":
                    self.say(500, {"error": {"type": "api_error", "message": "Oh"}})
                case "no json":
                    self.say(502, "<html>")
                case _:
                    self.say(200, CUSTOMER)

        def say(self, status: int, what: object) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with override_settings(
        STRIPE_API_BASE=f"http://127.0.0.1:{server.server_port}", STRIPE_SECRET_KEY="sk_test_x"
    ):
        yield keys
    server.shutdown()
    server.server_close()


def create() -> str:
    return stripe_gateway.create_customer(business_id=7, key="customer:7:first")


class FaultTests(TestCase):
    def test_a_time_out_after_stripe_acted_is_repeated_with_the_same_key(self):
        with stripe_that("hangs up") as keys:
            self.assertEqual(create(), "cus_1")
        self.assertEqual(keys, ["customer:7:first"] * 2)

    def test_a_broken_stripe_is_asked_again_with_the_same_key(self):
        with stripe_that("broken", "no json") as keys:
            self.assertEqual(create(), "cus_1")
        self.assertEqual(keys, ["customer:7:first"] * 3)

    def test_a_busy_stripe_is_unavailable(self):
        with stripe_that("busy", "busy", "busy"), self.assertRaises(StripeUnavailable):
            create()

    def test_a_stripe_that_stays_broken_is_unavailable(self):
        with stripe_that(*["broken"] * 3), self.assertRaises(StripeUnavailable):
            create()

    def test_a_connection_that_is_always_reset_is_unavailable(self):
        with stripe_that(*["hangs up"] * 3) as keys, self.assertRaises(StripeUnavailable):
            create()
        self.assertEqual(len(keys), 3)

    def test_nobody_there_is_unavailable(self):
        with (
            override_settings(STRIPE_API_BASE="http://127.0.0.1:9"),
            self.assertRaises(StripeUnavailable),
        ):
            create()

    def test_a_request_inside_a_transaction_is_a_fault_of_ours(self):
        from django.db import transaction

        with (
            stripe_that(),
            self.assertRaisesMessage(RuntimeError, "while a transaction holds locks"),
            transaction.atomic(),
        ):
            create()
