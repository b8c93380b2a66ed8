"""POST /{profile}/messages, as existing Cloud-API clients use it."""

import json
from datetime import timedelta
from unittest import mock

from django.test import TestCase
from django.utils import timezone

from audience.services.consent import block
from audience.tests.people import make_person
from messaging.models import AccessToken, Message, WebhookEvent
from messaging.services.integrators import rates
from messaging.services.integrators.keys import create_app, create_token, revoke_token
from messaging.services.integrators.wamids import message_behind, wamid
from messaging.services.messages import receive_message
from messaging.tests.at_work import first_at_work
from messaging.tests.cast import ANA, RAVI, Cast, make_template
from portal.base.pairwise import pairwise_number


class ApiCase(Cast, TestCase):
    """Acme has an app and a token; Ana wrote to it five minutes ago."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.app = create_app(cls.acme, name="Shop", by=cls.alice)
        cls.token_row, cls.token = create_token(cls.app, name="server", by=cls.alice)
        other = create_app(cls.elsewhere, name="Other", by=cls.mallory)
        cls.other_token = create_token(other, name="server", by=cls.mallory)[1]
        make_person(ANA)
        make_person(RAVI)
        cls.from_ana = receive_message(
            ANA, cls.profile, body="Olá!", name="Ana", now=timezone.now() - timedelta(minutes=5)
        )
        cls.ana = pairwise_number(cls.acme.pk, ANA)

    def run(self, result=None):
        # Many tests send from one profile within seconds; its plan's rate is tested by itself.
        with mock.patch.dict(rates._plans, {self.acme.pk: (float("inf"), 1000)}):
            return super().run(result)

    def call(self, method: str, path: str, data=None, *, token: str | None = "", **headers):
        """One call with JSON; returns status and answer."""
        token = self.token if token == "" else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response = self.client.generic(
            method,
            path,
            json.dumps(data) if data is not None else "",
            content_type="application/json" if data is not None else "",
            headers=headers,
        )
        self.assertEqual(response["Content-Type"], "application/json")
        return response.status_code, response.json()

    def send(self, to: str | None = None, path: str = "", **data):
        message = {"messaging_product": "whatsapp", "to": to or f"999{self.ana}"}
        return self.call("POST", path or f"/v23.0/{self.profile.pk}/messages", message | data)

    def assertError(self, result, status: int, code: int, subcode: int | None = None) -> dict:
        error = result[1]["error"]
        self.assertEqual((result[0], error["code"]), (status, code), error)
        self.assertEqual(error.get("error_subcode"), subcode, error)
        self.assertIsInstance(error["message"], str)
        self.assertTrue(error["fbtrace_id"])
        return error


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


class RefusalTests(ApiCase):
    def test_strangers_profile_and_random_id_can_not_be_told_apart(self):
        results = []
        for node in (self.other_profile.pk, 999_999_999_999_999):
            result = self.send(path=f"/v23.0/{node}/messages", text={"body": "Hi"})
            error = self.assertError(result, 400, 100, 33)
            error.pop("fbtrace_id")
            results.append(json.dumps(error).replace(str(node), "ID"))
        self.assertEqual(*results)

    def test_who_is_unknown_blocked_or_a_phone_is_equally_undeliverable(self):
        block(ANA, self.profile.pk)
        told = set()
        for to in (
            pairwise_number(self.acme.pk, RAVI),  # never wrote
            pairwise_number(self.elsewhere.pk, ANA),  # another business's number
            self.ana,  # blocked
            "5511998765432",  # a phone
            "123456789012",
        ):
            error = self.assertError(self.send(to=to, text={"body": "Hi"}), 400, 131026)
            error.pop("fbtrace_id")
            told.add(json.dumps(error))
        self.assertEqual(len(told), 1)

    def test_a_campaigns_message_can_not_be_asked_for(self):
        sent = Message.objects.create(
            person_id=ANA,
            id=self.from_ana.id + 1,
            profile_id=self.profile.pk,
            campaign_id=5,
            direction="out",
            status="read",
            created_at=timezone.now(),
        )
        reaction = {"message_id": wamid(self.acme.pk, ANA, sent.id), "emoji": "👍"}
        self.assertError(self.send(type="reaction", reaction=reaction), 400, 131009)

    def test_tokens_that_open_nothing(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        data = {"messaging_product": "whatsapp", "to": self.ana, "text": {"body": "Hi"}}
        self.assertError(self.call("POST", path, data, token=None), 401, 0)
        self.assertError(self.call("POST", path, data, token="sgt_wrong"), 401, 190, 467)
        expired = create_token(
            self.app, name="old", by=self.alice, expires_at=timezone.now() - timedelta(1)
        )[1]
        self.assertError(self.call("POST", path, data, token=expired), 401, 190, 463)
        revoke_token(self.token_row, by=self.alice)
        self.assertError(self.call("POST", path, data), 401, 190, 460)
        reader = create_token(
            self.app, name="reader", by=self.alice, scopes=[AccessToken.Scope.MANAGEMENT]
        )[1]
        self.assertError(self.call("POST", path, data, token=reader), 403, 10)
        self.assertFalse(Message.objects.filter(direction="out").exists())

    def test_a_token_for_one_profile_does_not_see_another(self):
        from profiles.models import Profile

        second = Profile.objects.create(business=self.acme, handle="acme_two", name="Acme Two")
        narrow = create_token(self.app, name="two", by=self.alice, profiles=[second])[1]
        self.assertEqual(self.call("GET", f"/{second.pk}", token=narrow)[0], 200)
        self.assertError(self.call("GET", f"/{self.profile.pk}", token=narrow), 400, 100, 33)

    def test_what_is_missing_or_wrong_is_named(self):
        for data, code, word in (
            ({"text": {"body": "Hi"}, "messaging_product": "x"}, 100, "messaging_product"),
            ({"text": {}}, 131008, "text.body"),
            ({"type": "text"}, 131008, "text"),
            ({"text": {"body": "x" * 4097}}, 131009, "4096"),
            ({"type": "product", "product": {}}, 131051, "product"),
            ({"text": "Hi"}, 131009, "text"),
            ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, "lat"),
        ):
            with self.subTest(data=data):
                error = self.assertError(self.send(**data), 400, code)
                self.assertIn(word, error["error_data"]["details"])

    def test_rules_that_say_no_are_told_by_their_code(self):
        later = timezone.now() + timedelta(hours=25)
        Message.objects.all()  # the window closes by itself: Ravi wrote long ago
        receive_message(RAVI, self.profile, body="Hi", now=later - timedelta(hours=50))
        ravi = pairwise_number(self.acme.pk, RAVI)
        self.assertError(self.send(to=ravi, text={"body": "Hi"}), 400, 131047)
        for field, value, code, status in (
            ("paid_through", timezone.now(), 131042, 400),
            ("verified_until", timezone.now(), 131042, 400),
        ):
            setattr(self.acme, field, value)
            self.acme.save()
            self.assertError(self.send(to=ravi, text={"body": "Hi"}), status, code)

    def test_what_can_not_be_parsed_is_an_envelope_too(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        for body in ("{", "[]", '{"a": NaN}', '{"a": 1e999}', "[" * 100_000, '{"a":"\\ud800"}'):
            with self.subTest(body=body[:20]):
                response = self.client.post(
                    path,
                    body,
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {self.token}"},
                )
                self.assertEqual(response.json()["error"]["code"], 100)
                self.assertEqual(response.status_code, 400)

    def test_unknown_paths_and_methods_are_envelopes_too(self):
        self.assertError(self.call("GET", "/v23.0/nonsense"), 400, 2500)
        self.assertError(self.call("GET", f"/v23.0/{self.profile.pk}/nonsense"), 400, 2500)
        self.assertError(self.call("PUT", f"/v23.0/{self.profile.pk}/messages", {}), 405, 100)
        self.assertError(self.call("GET", f"/v23.0/{self.profile.pk}/messages"), 400, 100, 33)
        self.assertError(self.call("GET", "/v23.0/12345"), 400, 100, 33)


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
