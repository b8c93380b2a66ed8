import json
import threading
from base64 import urlsafe_b64encode
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import SimpleTestCase, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import PushSubscription
from messaging.services.messages import mark_read, receive_message, send_message
from messaging.services.people.push import subscribe
from messaging.services.people.push_sealing import decode, public_key, seal_push
from messaging.services.people.sessions import close_session, hash_of, open_session
from messaging.tests.cast import ANA, Cast, make_template
from portal.base.models import Outbox
from portal.base.refused import Refused
from portal.base.services.outbox import perform_due


class Browser:
    """A browser's end of web push: its keys, and a push service of its own on this machine."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.secret = b"sixteen bytes..."
        self.taken: list[tuple[dict, bytes]] = []
        self.answer = 201
        browser = self

        class Service(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                browser.taken.append((dict(self.headers), body))
                self.send_response(browser.answer)
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Service)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/push/abc"

    @property
    def keys(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "p256dh": urlsafe_b64encode(point).rstrip(b"=").decode(),
            "auth": urlsafe_b64encode(self.secret).rstrip(b"=").decode(),
        }

    def read(self, n: int = -1) -> dict:
        """What the push says, opened by an implementation that is not ours."""
        body = self.taken[n][1]
        words = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        return json.loads(words)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class SampleTests(SimpleTestCase):
    def test_the_sample_of_rfc_8291(self):
        sender = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
        ours = ec.derive_private_key(int.from_bytes(decode(sender), "big"), ec.SECP256R1())
        body = seal_push(
            b"When I grow up, I want to be a watermelon",
            p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx"
            "aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            auth="BTBZMqHH6r4Tts7J_aSIgg",
            ours=ours,
            salt=decode("DGv6ra1nlYgDCS1FRnbzlw"),
        )
        self.assertEqual(
            body,
            decode(
                "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
                "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
                "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
            ),
        )


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class PushTests(Cast, TestCase):
    def setUp(self):
        self.browser = Browser()
        self.addCleanup(self.browser.close)
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, self.profile, body="Hello?")
        self.cookie = open_session(ANA, browser="Firefox on Android")
        self.client.cookies[COOKIE] = self.cookie

    def subscribe(self, **values) -> PushSubscription:
        return subscribe(
            ANA,
            endpoint=self.browser.endpoint,
            session_hash=hash_of(self.cookie),
            **self.browser.keys | values,
        )

    def send(self, body="Your card was used in Kyiv."):
        return send_message(self.profile, ANA, by=self.bob, body=body)

    def test_nothing_but_the_senders_name_travels_and_it_is_sealed(self):
        self.subscribe()
        self.send()
        perform_due()

        headers, body = self.browser.taken[0]
        self.assertEqual(self.browser.read(), {"from": "Acme"})
        self.assertNotIn(b"Acme", body)
        self.assertEqual(headers["Content-Encoding"], "aes128gcm")
        self.assertEqual(headers["TTL"], "86400")

    def test_the_push_service_learns_who_sends(self):
        self.subscribe()
        self.send()
        perform_due()

        scheme, token, key = self.browser.taken[0][0]["Authorization"].split(" ")
        point = decode(key.removeprefix("k="))
        claims = jwt.decode(
            token.removeprefix("t=").rstrip(","),
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point),
            algorithms=["ES256"],
            audience=self.browser.endpoint.removesuffix("/push/abc"),
        )
        self.assertEqual((scheme, key), ("vapid", f"k={public_key()}"))
        self.assertTrue(claims["sub"].startswith("mailto:"))

    def test_the_words_travel_only_where_the_person_wants_them(self):
        self.subscribe()
        self.client.post(reverse("inbox_push"), {"act": "words", "shows": "1"})
        self.send("Your parcel is here.")
        perform_due()
        self.assertEqual(
            self.browser.read(), {"from": "Acme", "text": "Your parcel is here.", "chat": "acme"}
        )

    def test_a_browser_that_is_gone_is_forgotten(self):
        for status in (404, 410):
            with self.subTest(status):
                self.subscribe()
                self.browser.answer = status
                self.send()
                perform_due()
                self.assertFalse(PushSubscription.objects.exists())

    def test_a_service_that_is_busy_is_asked_again(self):
        self.subscribe()
        self.browser.answer = 503
        self.send()
        perform_due()
        row = Outbox.objects.get(kind="push")
        self.assertIsNone(row.done_at)

        self.browser.answer = 201
        Outbox.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        perform_due()
        row.refresh_from_db()
        self.assertIsNotNone(row.done_at)
        self.assertEqual(len(self.browser.taken), 2)

    def test_what_was_read_meanwhile_is_not_told(self):
        self.subscribe()
        self.send()
        mark_read(ANA, self.profile)
        perform_due()
        self.assertEqual(self.browser.taken, [])

    def test_who_signed_out_is_told_nothing_there(self):
        self.subscribe()
        self.send()
        close_session(self.cookie)
        perform_due()
        self.assertEqual(self.browser.taken, [])
        self.assertFalse(PushSubscription.objects.exists())

    def test_ones_own_words_and_the_statuses_are_not_told(self):
        self.subscribe()
        receive_message(ANA, self.profile, body="And now?")
        self.assertFalse(Outbox.objects.filter(kind="push").exists())

    def test_adverts_never_buzz(self):
        self.subscribe()
        template = make_template(self.acme)
        send_message(self.profile, ANA, by=None, kind="template", body="Sale!", template=template)
        self.assertFalse(Outbox.objects.filter(kind="push").exists())

    def test_a_message_to_who_has_no_browser_makes_no_row(self):
        self.send()
        self.assertFalse(Outbox.objects.filter(kind="push").exists())

    def test_addresses_inside_and_broken_keys_are_refused(self):
        with override_settings(WEBHOOK_ALLOW_LOOPBACK=False):
            for endpoint in (
                "http://127.0.0.1/x",
                "ftp://push.example",
                "https://a:b@push.example",
            ):
                with self.subTest(endpoint), self.assertRaises(Refused):
                    self.subscribe_to(endpoint)
        for keys in ({"auth": "short"}, {"p256dh": "x" * 87}, {"p256dh": "é"}):
            with self.subTest(keys), self.assertRaises(Refused):
                self.subscribe(**keys)

    def subscribe_to(self, endpoint):
        subscribe(ANA, endpoint=endpoint, session_hash="x", **self.browser.keys)

    def test_a_browser_subscribes_and_stops_by_itself(self):
        keys = self.browser.keys | {"endpoint": self.browser.endpoint, "act": "on"}
        self.assertEqual(self.client.post(reverse("inbox_push"), keys).status_code, 204)
        self.assertEqual(PushSubscription.objects.get().person_id, ANA)
        self.client.post(reverse("inbox_push"), {"act": "off"})
        self.assertFalse(PushSubscription.objects.exists())

    def test_a_stranger_subscribes_to_nothing(self):
        self.client.cookies.clear()
        self.client.post(reverse("inbox_push"), {"act": "on"} | self.browser.keys)
        self.assertFalse(PushSubscription.objects.exists())
