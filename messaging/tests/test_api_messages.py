"""POST /{profile}/messages, as existing Cloud-API clients use it."""

import json
from unittest import mock

from messaging.models import Message, WebhookEvent
from messaging.services.integrators import rates
from messaging.services.integrators.wamids import message_behind, wamid
from messaging.tests.api import ApiCase
from messaging.tests.at_work import first_at_work
from messaging.tests.cast import ANA, RAVI, make_template
from portal.base.pairwise import pairwise_number


class SendTests(ApiCase):
    def test_a_text_is_accepted_and_in_the_persons_inbox(self):
        status, answer = self.send(text={"body": "Hello Ana"}, biz_opaque_callback_data="order-7")

        self.assertEqual(status, 200)
        self.assertEqual(
            answer["contacts"],
            [
                {
                    "input": f"999{self.ana}",
                    "wa_id": f"999{self.ana}",
                    "user_id": f"ZZ.{self.ana}",
                }
            ],
        )
        key = message_behind(self.acme.pk, answer["messages"][0]["id"])
        message = Message.objects.get(person_id=key.person_id, id=key.id)
        self.assertEqual((message.person_id, message.body), (ANA, "Hello Ana"))
        self.assertEqual(message.client_data, "order-7")

    def test_every_way_of_writing_the_path_is_the_same(self):
        for path in (
            "/v13.0/{}/messages",
            "/v26.0/{}/messages/",
            "/v99/{}/messages",
            "/{}/messages",
            "/{}/messages/",
            "//v23.0//{}//messages//",
        ):
            with self.subTest(path=path):
                path = path.format(self.profile.pk)
                self.assertEqual(self.send(path=path, text={"body": "Hi"})[0], 200)

    def test_every_way_of_writing_the_person_is_the_same(self):
        for written in (
            self.ana,
            f"999{self.ana}",
            f"+999 {self.ana[:4]}-({self.ana[4:8]}) {self.ana[8:]}",
            f"ZZ.{self.ana}",
        ):
            with self.subTest(written=written):
                status, answer = self.send(to=written, text={"body": "Hi"})
                self.assertEqual(status, 200)
                self.assertEqual(answer["contacts"][0]["input"], written)

    def test_recipient_in_place_of_to(self):
        data = {
            "messaging_product": "whatsapp",
            "recipient": f"ZZ.{self.ana}",
            "text": {"body": "Hi"},
        }
        path = f"/v23.0/{self.profile.pk}/messages"
        self.assertEqual(self.call("POST", path, data)[0], 200)
        data["to"] = f"999{pairwise_number(self.acme.pk, RAVI)}"
        self.assertError(self.call("POST", path, data), 400, 131009)

    def test_nulls_and_unknown_keys_are_as_if_absent(self):
        status, _answer = self.send(
            text={"body": "Hi", "preview_url": None},
            type="text",
            context=None,
            recipient=None,
            context_message_id="x",
        )
        self.assertEqual(status, 200)

    def test_every_kind_of_body(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        headers = {"Authorization": f"Bearer {self.token}"}
        fields = {"messaging_product": "whatsapp", "to": self.ana, "text": '{"body": "Hi"}'}
        form = self.client.post(path, fields, headers=headers)  # multipart
        encoded = self.client.post(
            path,
            f"messaging_product=whatsapp&to={self.ana}&text=%7B%22body%22%3A%22Hi%22%7D",
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )
        plain = self.client.post(
            path,
            json.dumps(fields | {"text": {"body": "Hi"}}),
            content_type="text/plain",
            headers=headers,
        )
        query = self.client.post(
            f"{path}?messaging_product=whatsapp&to={self.ana}&access_token={self.token}",
            '{"text": {"body": "Hi"}}',
            content_type="application/json",
        )
        self.assertEqual([r.status_code for r in (form, encoded, plain, query)], [200] * 4)

    def test_interactive_location_contacts_and_reaction(self):
        buttons = [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]
        for kind, content in {
            "interactive": {
                "type": "button",
                "body": {"text": "Coming?"},
                "footer": {"text": "Acme"},
                "action": {"buttons": buttons},
            },
            "location": {"latitude": "-23.5", "longitude": -46.6, "name": "Shop"},
            "contacts": [{"name": {"formatted_name": "Bob B", "first_name": "Bob"}}],
            "reaction": {
                "message_id": wamid(self.acme.pk, ANA, self.from_ana.id),
                "emoji": "👍",
            },
        }.items():
            with self.subTest(kind=kind):
                status, answer = self.send(type=kind, **{kind: content})
                self.assertEqual(status, 200, answer)
                self.assertEqual(Message.objects.filter(person_id=ANA, kind=kind).count(), 1)

    def test_a_quoted_message_is_linked(self):
        quoted = wamid(self.acme.pk, ANA, self.from_ana.id)
        self.send(text={"body": "Yes"}, context={"message_id": quoted})
        self.assertTrue(
            Message.objects.filter(person_id=ANA, reply_to=self.from_ana.id, body="Yes").exists()
        )


class TemplateSendTests(ApiCase):
    def test_a_template_is_filled_in_and_accepted(self):
        make_template(
            self.acme,
            "gate",
            category="UTILITY",
            components=[
                {"type": "HEADER", "format": "TEXT", "text": "Flight {{1}}"},
                {"type": "BODY", "text": "Dear {{1}}, your gate is now {{2}}. Safe travels!"},
                {"type": "FOOTER", "text": "Acme Air"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}]},
            ],
        )
        components = [
            {"type": "HEADER", "parameters": [{"type": "text", "text": "AC12"}]},
            {
                "type": "body",
                "parameters": [{"type": "TEXT", "text": "Ana"}, {"type": "text", "text": "{{1}}"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "P"}],
            },
        ]
        status, answer = self.send(
            type="template",
            template={"name": "gate", "language": {"code": "en"}, "components": components},
        )
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["messages"][0]["message_status"], "accepted")
        message = Message.objects.get(person_id=ANA, kind="template")
        # What is filled in is never read as a variable again.
        self.assertEqual(message.body, "Dear Ana, your gate is now {{1}}. Safe travels!")
        self.assertEqual(message.content["header"]["text"], "Flight AC12")
        self.assertEqual(message.content["buttons"][0]["payload"], "P")

    def test_each_refusal_has_the_code_that_clients_know(self):
        body = [{"type": "BODY", "text": "Dear {{1}}, hello to you."}]
        make_template(self.acme, "one", category="UTILITY", components=body)
        make_template(self.acme, "pending", status="PENDING")
        make_template(self.acme, "paused", status="PAUSED")
        make_template(self.acme, "disabled", status="DISABLED")
        make_template(self.elsewhere, "theirs")
        for name, status, code in (
            ("one", 400, 132000),
            ("pending", 404, 132001),
            ("theirs", 404, 132001),
            ("none", 404, 132001),
            ("paused", 400, 132015),
            ("disabled", 400, 132016),
        ):
            with self.subTest(name=name):
                template = {"name": name, "language": {"code": "en"}}
                self.assertError(self.send(type="template", template=template), status, code)

    def test_a_value_that_is_no_text_is_132012(self):
        body = [{"type": "BODY", "text": "Dear {{1}}, hello to you."}]
        make_template(self.acme, "one", components=body)
        template = {
            "name": "one",
            "language": {"code": "en"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": ""}]}],
        }
        self.assertError(self.send(type="template", template=template), 400, 132012)


class ReadTests(ApiCase):
    def test_an_incoming_message_is_marked_read(self):
        status, answer = self.call(
            "POST",
            f"/v23.0/{self.profile.pk}/messages",
            {
                "messaging_product": "whatsapp",
                "status": "read",
                "message_id": wamid(self.acme.pk, ANA, self.from_ana.id),
                "typing_indicator": {"type": "text"},
            },
        )
        self.assertEqual((status, answer), (200, {"success": True}))
        self.assertEqual(Message.objects.get(id=self.from_ana.id).status, "read")

    def test_an_unknown_message_is_131009(self):
        for message_id in ("wamid.x", wamid(self.acme.pk, ANA, 1), "☃"):
            data = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
            result = self.call("POST", f"/{self.profile.pk}/messages", data)
            self.assertError(result, 400, 131009)


class EventRowTests(ApiCase):
    def test_a_message_and_its_statuses_are_events_in_the_same_transaction(self):
        self.assertEqual(WebhookEvent.objects.get().facts["kind"], "message")
        self.send(text={"body": "Hi"})
        self.assertEqual(
            [event.facts["kind"] for event in WebhookEvent.objects.order_by("id")],
            ["message", "status"],
        )


class RateTests(ApiCase):
    def test_more_messages_than_the_plan_allows_are_told_to_wait(self):
        with mock.patch.dict(rates._plans, {self.acme.pk: (float("inf"), 0)}):
            path = f"/v23.0/{self.profile.pk}/messages"
            response = self.client.post(
                path,
                json.dumps(
                    {"messaging_product": "whatsapp", "to": self.ana, "text": {"body": "Hi"}}
                ),
                content_type="application/json",
                headers={"Authorization": f"Bearer {self.token}"},
            )
        self.assertEqual((response.status_code, response.json()["error"]["code"]), (429, 130429))
        self.assertLessEqual(int(response["Retry-After"]), 10)


class OnceTests(ApiCase):
    def send(self, body: str, key: str = "k"):
        path = f"/v23.0/{self.profile.pk}/messages"
        data = {"messaging_product": "whatsapp", "to": f"999{self.ana}", "text": {"body": body}}
        return self.call("POST", path, data, **{"Idempotency-Key": key})

    def test_a_request_that_names_itself_is_done_once(self):
        first = self.send("Hello")
        self.assertEqual(first[0], 200)
        self.assertEqual(self.send("Hello"), first)
        self.assertNotEqual(self.send("Hello", "other"), first)
        self.assertEqual(Message.objects.filter(direction="out", body="Hello").count(), 2)
        self.assertError(self.send("Another"), 422, 100)

    def test_while_the_first_is_at_work_the_second_is_told_to_wait(self):
        with first_at_work(self.app, "k"):
            self.assertError(self.send("Hello"), 409, 100)
            self.assertEqual(self.send("Hello", "other")[0], 200)
        self.assertEqual(self.send("Hello")[0], 200)
        self.assertEqual(Message.objects.filter(direction="out", body="Hello").count(), 2)

    def test_a_refusal_may_be_tried_again(self):
        self.assertEqual(self.send("")[0], 400)
        self.assertEqual(self.send("Hello")[0], 200)


class WrittenTwiceTests(ApiCase):
    def test_parts_that_are_json_in_a_text_are_opened(self):
        """Some clients send objects and lists as texts; a text that looks so stays a text."""
        path = f"/v23.0/{self.profile.pk}/messages"
        head = {"messaging_product": "whatsapp", "to": f"999{self.ana}"}
        cards = json.dumps([{"name": {"formatted_name": "Ana S", "first_name": "Ana"}}])
        for body in (
            {"type": "contacts", "contacts": cards},
            {"type": "text", "text": json.dumps({"body": "Hi"})},
            {"type": "text", "text": {"body": '{"not": "opened"}'}},
        ):
            self.assertEqual(self.call("POST", path, head | body)[0], 200)
        self.assertTrue(Message.objects.filter(body='{"not": "opened"}').exists())
        status = self.call("POST", path, head | {"type": "contacts", "contacts": "[" * 10_000})[0]
        self.assertEqual(status, 400)
