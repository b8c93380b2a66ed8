"""Ways in which requests come: without a length, from scripts, in forms of other languages."""

import io
import json
from unittest import mock

from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from messaging.models import Message
from messaging.services.integrators import idempotency
from messaging.services.integrators.keys import create_token
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA, make_template
from messaging.tests.test_media import MediaCase, picture
from profiles.models import Profile
from profiles.tests.people import verify


class Stream(io.RawIOBase):
    """A body as servers give it where it has no length: no more at its end."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self.data.read(min(size, 1000) if size >= 0 else -1)


class LengthlessTests(MediaCase):
    def stream(self, path: str, data: bytes, kind: str = "application/json", **environ):
        response = self.client.generic(
            "POST",
            path,
            headers={"Authorization": f"Bearer {environ.pop('token', self.token)}"},
            **{"wsgi.input": Stream(data), "CONTENT_LENGTH": "", "CONTENT_TYPE": kind} | environ,
        )
        return response.status_code, response.json()

    def test_a_chunked_body_is_read_like_any_other(self):
        text = {"messaging_product": "whatsapp", "to": self.ana, "text": {"body": "In pieces"}}
        path = f"/v23.0/{self.profile.pk}/messages"
        for environ in (
            {"HTTP_TRANSFER_ENCODING": "chunked"},
            {"SERVER_PROTOCOL": "HTTP/2"},
        ):
            with self.subTest(environ):
                status, answer = self.stream(path, json.dumps(text).encode(), **environ)
                self.assertEqual(status, 200, answer)
        self.assertEqual(Message.objects.filter(person_id=ANA, body="In pieces").count(), 2)

    def form(self) -> bytes:
        return (
            b'--x\r\nContent-Disposition: form-data; name="messaging_product"\r\n\r\nwhatsapp\r\n'
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
            b"Content-Type: image/jpeg\r\n\r\n" + picture() + b"\r\n--x--\r\n"
        )

    def test_a_file_comes_in_pieces(self):
        status, answer = self.stream(
            f"/{self.profile.pk}/media",
            self.form(),
            "multipart/form-data; boundary=x",
            HTTP_TRANSFER_ENCODING="chunked",
        )
        self.assertEqual((status, list(answer)), (200, ["id"]), answer)

    def test_a_form_that_is_called_json_is_seen_for_what_it_is(self):
        status, answer = self.stream(
            f"/{self.profile.pk}/media", self.form(), HTTP_TRANSFER_ENCODING="chunked"
        )
        self.assertEqual((status, list(answer)), (200, ["id"]), answer)
        broken = self.form().replace(b"\r\n--x--", b"")
        result = self.stream(
            f"/{self.profile.pk}/media", broken[:90], HTTP_TRANSFER_ENCODING="chunked"
        )
        self.assertError(result, 400, 131008)

    def test_what_is_too_long_is_not_read_to_its_end(self):
        with mock.patch("messaging.api.graph.LARGEST_BODY", 5000):
            result = self.stream(
                f"/{self.profile.pk}/messages", b" " * 6000, HTTP_TRANSFER_ENCODING="chunked"
            )
        self.assertError(result, 413, 100)

    def test_the_management_api_reads_it_too(self):
        scopes = ["templates:write"]
        key = create_token(self.app, name="templates", by=self.alice, scopes=scopes)[1]
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=5000):
            for length, expected in ((10, "valid JSON"), (6000, "too large")):
                _status, answer = self.stream(
                    "/api/v1/templates", b"x" * length, HTTP_TRANSFER_ENCODING="chunked", token=key
                )
                self.assertIn(expected, answer["error"]["message"])


class ScriptTests(ApiCase):
    def test_scripts_of_other_pages_may_ask_and_read(self):
        path = f"/v23.0/{self.profile.pk}/messages"
        asked = self.client.options(
            path,
            headers={
                "Origin": "https://app.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,x-api-key",
            },
        )
        self.assertEqual(asked.status_code, 200)
        self.assertIn("DELETE", asked["Access-Control-Allow-Methods"])
        self.assertEqual(asked["Access-Control-Allow-Headers"], "authorization,x-api-key")
        refused = self.client.get(path)
        self.assertEqual(refused["Access-Control-Allow-Origin"], "*")
        self.assertNotIn("Access-Control-Allow-Credentials", refused)

    def test_head_is_a_get_without_its_body(self):
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.client.head(f"/v23.0/{self.profile.pk}", headers=bearer)
        self.assertEqual((answer.status_code, answer.content), (200, b""))
        self.assertEqual(self.client.head("/v23.0/1", headers=bearer).status_code, 400)

    def test_a_method_that_is_none_says_which_there_are(self):
        bearer = {"Authorization": f"Bearer {self.token}"}
        answer = self.client.put(f"/v23.0/{self.profile.pk}", headers=bearer)
        self.assertEqual(answer.status_code, 405)
        self.assertIn("POST", answer["Allow"])


class BracketTests(ApiCase):
    def post(self, form: dict):
        response = self.client.post(
            f"/v23.0/{self.profile.pk}/messages",
            "&".join(f"{name}={value}" for name, value in form.items()),
            content_type="application/x-www-form-urlencoded",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        return response.status_code, response.json()

    def test_objects_and_lists_as_php_writes_them(self):
        head = {"messaging_product": "whatsapp", "to": self.ana}
        status, answer = self.post(head | {"type": "text", "text[body]": "Hello"})
        self.assertEqual(status, 200, answer)
        button = "interactive[action][buttons][{n}]"
        buttons = {
            f"{button.format(n=n)}{part}": value
            for n, title in enumerate(("Yes", "No"))
            for part, value in (
                ("[type]", "reply"),
                ("[reply][id]", str(n)),
                ("[reply][title]", title),
            )
        }
        words = {"interactive[type]": "button", "interactive[body][text]": "Coming?"}
        status, answer = self.post(head | {"type": "interactive"} | words | buttons)
        self.assertEqual(status, 200, answer)
        sent = Message.objects.filter(person_id=ANA, kind="interactive").latest("id")
        titles = [b["reply"]["title"] for b in sent.content["action"]["buttons"]]
        self.assertEqual(titles, ["Yes", "No"])

    def test_what_can_not_be_put_together_is_refused(self):
        head = {"messaging_product": "whatsapp", "to": self.ana}
        for wrong in ({"a[b]": "1", "a[b][c]": "2"}, {"a" + "[b]" * 50: "1"}):
            self.assertError(self.post(head | wrong), 400, 100)

    def test_fields_that_come_one_by_one(self):
        path = f"/v23.0/{self.profile.pk}?fields[]=status&fields[]=verified_name"
        self.assertEqual(set(self.call("GET", path)[1]), {"id", "status", "verified_name"})


class FurtherPlacesTests(ApiCase):
    def test_who_the_token_stands_for(self):
        _status, answer = self.call("GET", "/v23.0/me")
        self.assertEqual(answer, {"id": str(self.alice.pk), "name": "Shop"})
        _status, answer = self.call("GET", "/me/businesses")
        self.assertEqual(answer, {"data": [{"id": str(self.acme.pk), "name": "Acme"}]})
        self.assertError(self.call("GET", "/me", token=None), 401, 0)

    def test_there_is_no_library_of_templates(self):
        path = "/v23.0/message_template_library?search=order"
        self.assertEqual(self.call("GET", path), (200, {"data": []}))
        self.assertError(self.call("GET", path, token="sgt_none"), 401, 190, 467)

    def test_health_says_what_stands_in_the_way(self):
        path = f"/v23.0/{self.acme.pk}?fields=health_status"
        health = self.call("GET", path)[1]["health_status"]
        self.assertEqual(health["can_send_message"], "AVAILABLE")
        kinds = [entity["entity_type"] for entity in health["entities"]]
        self.assertEqual(kinds, ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"])

        self.acme.verified_until = None
        self.acme.save()
        path = f"/v23.0/{self.profile.pk}?fields=health_status"
        health = self.call("GET", path)[1]["health_status"]
        self.assertEqual(health["can_send_message"], "BLOCKED")
        (error,) = health["entities"][0]["errors"]
        self.assertEqual(error["error_code"], 131042)
        self.assertIn("not verified", error["possible_solution"])

    def test_another_name_is_asked_for_and_waits_for_a_look(self):
        verify(self.acme)
        path = f"/v23.0/{self.profile.pk}?new_display_name=Acme%20Store"
        self.assertEqual(self.call("POST", path), (200, {"success": True}))
        fields = "?fields=verified_name,new_display_name,new_name_status"
        answer = self.call("GET", f"/{self.profile.pk}{fields}")[1]
        self.assertEqual(answer["verified_name"], "Acme")
        self.assertEqual(answer["new_display_name"], "Acme Store")
        self.assertEqual(answer["new_name_status"], "PENDING_REVIEW")
        deceiving = f"/v23.0/{self.profile.pk}?new_display_name=Acme%20%E2%9C%93"
        self.assertError(self.call("POST", deceiving), 400, 100)

    def test_test_profiles_are_told_apart(self):
        Profile.objects.create(business=self.acme, handle="trial", name="Trial", is_test=True)
        for mode, names in (("LIVE", ["Acme"]), ("SANDBOX", ["Trial"])):
            condition = [{"field": "account_mode", "operator": "EQUAL", "value": mode}]
            path = f"/{self.acme.pk}/phone_numbers?filtering={json.dumps(condition)}"
            listed = self.call("GET", path)[1]["data"]
            self.assertEqual([row["verified_name"] for row in listed], names)
        self.assertError(
            self.call("GET", f'/{self.acme.pk}/phone_numbers?filtering=[{{"field":"id"}}]'),
            400,
            131009,
        )

    def test_one_template_goes_by_its_id(self):
        template = make_template(self.acme)
        kept = make_template(self.acme, language="pt_BR")
        foreign = make_template(self.elsewhere)
        self.assertError(self.call("DELETE", f"/v23.0/{foreign.pk}"), 400, 100, 33)
        self.assertEqual(self.call("DELETE", f"/v23.0/{template.pk}"), (200, {"success": True}))
        listed = self.call("GET", f"/{self.acme.pk}/message_templates")[1]["data"]
        self.assertEqual([row["id"] for row in listed], [str(kept.pk)])
        path = f"/{self.acme.pk}/message_templates?hsm_id={kept.pk}"
        self.assertEqual(self.call("DELETE", path), (200, {"success": True}))
        self.assertError(self.call("DELETE", path), 400, 100, 2593002)


class NamedRequestTests(ApiCase):
    """What an Idempotency-Key costs, and what it is worth when two come at the same moment."""

    def send_named(self, body: str = "Hello", **data):
        message = {"messaging_product": "whatsapp", "to": f"999{self.ana}"}
        message |= data or {"text": {"body": body}}
        path = f"/v23.0/{self.profile.pk}/messages"
        return self.call("POST", path, message, **{"Idempotency-Key": "k"})

    def test_a_template_that_is_gone_does_not_change_the_answer(self):
        template = make_template(self.acme, category="UTILITY")
        data = {
            "type": "template",
            "template": {"name": template.name, "language": {"code": template.language}},
        }
        first = self.send_named(**data)
        self.assertEqual(first[0], 200, first)
        template.delete()
        self.assertEqual(self.send_named(**data), first)

    def test_who_comes_a_moment_too_late_undoes_and_repeats_the_answer(self):
        first = self.send_named()
        # The second one looked before the first had ended, and got the lock after that.
        with mock.patch.object(idempotency, "_lock", return_value=(True, None)):
            self.assertEqual(self.send_named(), first)
        self.assertEqual(Message.objects.filter(direction="out", body="Hello").count(), 1)

    def test_it_costs_two_statements_and_the_marks_around_them(self):
        ran: list[str] = []

        def counting(statement, values):
            ran.append(statement)
            return real(statement, values)

        real = idempotency.run
        with (
            mock.patch.object(idempotency, "run", counting),
            CaptureQueriesContext(connection) as captured,
        ):
            self.assertEqual(self.send_named()[0], 200)
        self.assertEqual(ran, [idempotency.LOCK, idempotency.KEEP])
        asked = [row for row in captured if "idempotentanswer" in row["sql"]]
        self.assertEqual(asked, [])
