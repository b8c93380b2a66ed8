"""The sandbox: real rules, made-up people."""

import json
from io import StringIO

from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from billing.models import PaymentRequest
from messaging.models import App, Message, WebhookEvent
from messaging.services.integrators.sandbox import act, open_sandbox, states
from messaging.services.webhooks.bodies import make_body
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA
from messaging.tests.test_api_orders import order
from messaging.tests.test_api_orders import status as order_status
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Business, Profile
from profiles.tests.people import sign_in
from trust.models import SpamReport


class SandboxTests(ApiCase):
    def setUp(self) -> None:
        # Neither verified nor paid for.
        Business.objects.filter(pk=self.acme.pk).update(verified_until=None, paid_through=None)
        self.sandbox = open_sandbox(self.acme, by=self.alice)
        self.people = {p.name: p for p in self.sandbox.test_people.all()}
        self.path = f"/v23.0/{self.sandbox.pk}/messages"

    def to(self, name: str) -> str:
        return pairwise_number(self.acme.pk, self.people[name].person_id)

    def test_each_test_person_answers_as_their_part_says(self):
        advert = {"name": "sample_offer", "language": {"code": "en_US"}}
        self.assertEqual(self.send(self.to("Ana"), self.path, text={"body": "Hi"})[0], 200)
        for name, code, message in (
            ("Chandra", 131047, {"text": {"body": "Hi"}}),
            ("Divya", 131026, {"text": {"body": "Hi"}}),
            ("Emil", 131050, {"type": "template", "template": advert}),
        ):
            self.assertError(self.send(self.to(name), self.path, **message), 400, code)
        hello = {"name": "hello_world", "language": {"code": "en_US"}}
        sent = self.send(self.to("Chandra"), self.path, type="template", template=hello)
        self.assertEqual(sent[0], 200)

    def test_nobody_real_is_reached_from_it(self):
        ana = pairwise_number(self.acme.pk, ANA)
        self.assertError(self.send(ana, self.path, text={"body": "Hi"}), 400, 131030)

    def test_it_is_opened_once(self):
        self.assertEqual(open_sandbox(self.acme, by=self.alice).pk, self.sandbox.pk)
        self.assertEqual(Profile.objects.filter(business=self.acme, is_test=True).count(), 1)
        self.assertFalse(self.sandbox.shows_badge())

    def test_a_test_person_pays_a_bill_and_the_integrator_hears_of_it(self):
        ana = self.people["Ana"]
        with self.assertRaises(Refused):  # nothing is owed
            act(self.sandbox, ana, "pay")
        App.objects.filter(business=self.acme).update(
            subscribed_at=timezone.now(), fields=["messages"]
        )
        self.assertEqual(self.send(self.to("Ana"), self.path, **order())[0], 200)
        self.assertError(self.send(self.to("Ana"), self.path, **order()), 400, 131009)
        act(self.sandbox, ana, "pay")
        self.assertEqual(self.send(self.to("Ana"), self.path, **order_status("shipped"))[0], 200)

        event = WebhookEvent.objects.filter(facts__kind="payment").get()
        told = json.loads(make_body(event))["entry"][0]["changes"][0]["value"]["statuses"][0]
        self.assertEqual((told["type"], told["status"]), ("payment", "captured"))
        self.assertEqual(told["payment"]["reference_id"], "A-1001")
        self.assertEqual(told["payment"]["amount"], {"value": 2500, "offset": 100})
        self.assertEqual(told["payment"]["transaction"]["status"], "success")
        self.assertFalse(PaymentRequest.objects.exists())  # no money moved
        with self.assertRaises(Refused):  # twice
            act(self.sandbox, ana, "pay")

    def test_people_press_read_block_report_and_mute(self):
        ana = self.people["Ana"]
        reply = {"type": "reply", "reply": {"id": "y", "title": "Yes"}}
        self.send(
            self.to("Ana"),
            self.path,
            type="interactive",
            interactive={
                "type": "button",
                "body": {"text": "Coming?"},
                "action": {"buttons": [reply]},
            },
        )
        act(self.sandbox, ana, "press", text="Yes")
        pressed = Message.objects.get(person_id=ana.person_id, kind="interactive", direction="in")
        self.assertEqual(pressed.content["button_reply"]["id"], "y")
        act(self.sandbox, ana, "read")
        kinds = [e.facts.get("status") for e in WebhookEvent.objects.order_by("id")]
        self.assertEqual(kinds[-2:], ["delivered", "read"])
        act(self.sandbox, ana, "mute")
        act(self.sandbox, ana, "report")
        self.assertFalse(SpamReport.objects.exists())
        state = states(self.sandbox)[0]
        self.assertTrue(state.blocks and state.mutes and state.window_open)
        for name in ("dance", "press"):
            with self.assertRaises(Refused):
                act(self.sandbox, ana, name, text="No such button")

    def test_strangers_do_not_find_the_panel_nor_its_people(self):
        url = reverse("sandbox_act", kwargs={"slug": "acme", "number": self.to("Ana")})
        for user, status in ((self.mallory, 404), (self.bob, 403)):
            sign_in(self.client, user)
            self.assertEqual(self.client.post(url, {"act": "block"}).status_code, status)
        sign_in(self.client, self.alice)
        real = reverse("sandbox_act", kwargs={"slug": "acme", "number": self.ana})
        self.assertEqual(self.client.post(real, {"act": "block"}).status_code, 404)


class CommandTests(ApiCase):
    def test_it_prints_what_a_client_needs_and_it_works(self):
        out = StringIO()
        call_command("sandbox", "--json", stdout=out)
        about = json.loads(out.getvalue())
        status, answer = self.call(
            "POST",
            f"/v23.0/{about['profile_id']}/messages",
            {"messaging_product": "whatsapp", "to": about["user_id"], "text": {"body": "Hi"}},
            token=about["access_token"],
        )
        self.assertEqual(status, 200, answer)
        again = StringIO()
        call_command("sandbox", "--json", stdout=again)
        self.assertEqual(json.loads(again.getvalue())["profile_id"], about["profile_id"])
        call_command("sandbox", "--act", "write", "--text", "Hello you", stdout=StringIO())
        self.assertTrue(Message.objects.filter(body="Hello you", direction="in").exists())
