"""The platform API: who may call, people in, links, look-ups, erasure, errors, the schema."""

import io
import json
from datetime import timedelta

from django.conf import settings
from django.test import Client, TestCase
from django.utils import timezone
from drf_spectacular.validation import validate_schema

from audience.models import Consent, ImportRun, Person, PersonKey
from audience.services.consent import opt_out
from messaging.models import Member, MessengerKey
from messaging.platform.urls import operations
from messaging.services.gateway.members import join_everybody
from messaging.services.gateway.messengers import close_messenger, create_key, revoke_key
from messaging.services.people.blocking import block_profile
from messaging.services.people.sessions import person_behind
from messaging.tests.cast import ANA, Cast
from messaging.tests.crowd import make_crowd
from messaging.tests.messengers import make_messenger
from portal.base.refused import Refused

MIA = {"external_id": "mia", "name": "Mia", "country": "BR", "birth_year": 1990, "marketing": True}


class PlatformCase(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.messenger, cls.papo = make_messenger()


class KeyTests(PlatformCase):
    def test_a_stranger_gets_nothing_anywhere(self):
        for route in operations:
            path = "/platform/v1/" + str(route.pattern).replace("<int:import_id>", "1")
            for method in ("get", "post"):
                response = getattr(Client(), method)(path)
                self.assertEqual(response.status_code, 401, path)
                self.assertEqual(response.json()["error"]["code"], "no_key")

    def test_a_wrong_key_a_token_of_a_business_and_a_session_of_staff_open_nothing(self):
        for raw in ("plk_nonsense", "sgt_nonsense", "plk_" + "x" * 5000, "plk_é"):
            response = Client().get(
                "/platform/v1/imports", headers={"Authorization": f"Bearer {raw}"}
            )
            self.assertEqual(response.status_code, 401, raw)
        staff = Client()
        staff.force_login(self.alice)
        self.assertEqual(staff.get("/platform/v1/imports").status_code, 401)

    def test_a_key_is_kept_as_a_hash_and_opens_nothing_once_it_is_revoked(self):
        self.assertEqual(self.papo.get("imports").status_code, 200)
        key = MessengerKey.objects.get()
        self.assertIsNotNone(key.last_used_at)
        self.assertNotIn(self.papo.raw, json.dumps(MessengerKey.objects.values()[0], default=str))
        revoke_key(key, by=self.alice)
        self.assertEqual(self.papo.get("imports").json()["error"]["code"], "unknown_key")
        with self.assertRaises(Refused):
            revoke_key(key, by=self.alice)

    def test_no_key_of_a_closed_messenger_opens_anything(self):
        close_messenger(self.messenger, by=self.alice, reason="It moved.")
        self.messenger.refresh_from_db()
        self.assertEqual(self.papo.get("imports").status_code, 401)
        with self.assertRaises(Refused):
            create_key(self.messenger, name="another", by=self.alice)


class PeopleTests(PlatformCase):
    def test_people_come_in_with_their_devices_and_are_members(self):
        answer = self.papo.load(MIA | {"device": "SM-A145M"}).json()
        self.assertEqual((answer["lines"], answer["added"], answer["rejected"]), (1, 1, 0))
        person = Person.objects.get(external_id="mia")
        self.assertEqual((person.name, person.device, person.marketing), ("Mia", "SM-A145M", True))
        self.assertEqual(Member.objects.get().person_id, person.person_id)

    def test_loading_them_again_changes_what_is_new_only(self):
        self.papo.load(MIA)
        answer = self.papo.load({"external_id": "mia", "country": "BR", "device": "X"}).json()
        self.assertEqual((answer["added"], answer["known"]), (0, 1))
        person = Person.objects.get(external_id="mia")
        self.assertEqual((person.device, person.name), ("X", "Mia"))
        self.assertEqual(Member.objects.count(), 1)

    def test_each_line_that_is_left_out_is_named(self):
        answer = self.papo.load(MIA, "{broken", {"external_id": "bo", "country": "Brazil"}).json()
        self.assertEqual((answer["added"], answer["rejected"]), (1, 2))
        self.assertEqual(
            answer["rejects"],
            [
                {"line": 2, "reason": "not a JSON object"},
                {"line": 3, "reason": "country is not an ISO 3166-1 code"},
            ],
        )
        page = self.papo.get(f"imports/{answer['id']}/rejects", limit=1).json()
        self.assertEqual([reject["line"] for reject in page["results"]], [2])
        page = self.papo.client.get(page["next"]).json()
        self.assertEqual([reject["line"] for reject in page["results"]], [3])
        self.assertIsNone(page["next"])

    def test_many_batches_of_a_body_without_a_length_all_arrive(self):
        lines = b"".join(
            json.dumps({"external_id": f"p{n}", "country": "BR"}).encode() + b"\n"
            for n in range(20_500)
        )
        response = self.papo.client.generic(
            "POST",
            "/platform/v1/people",
            headers={"Transfer-Encoding": "chunked"},
            **{"wsgi.input": Dripping(lines), "CONTENT_LENGTH": ""},
        )
        self.assertEqual(response.json()["added"], 20_500)
        self.assertEqual(Member.objects.count(), 20_500)

    def test_an_endless_line_is_one_reject_and_the_rest_goes_on(self):
        answer = self.papo.load('{"external_id": "' + "x" * 200_000 + '"}', MIA).json()
        self.assertEqual((answer["added"], answer["rejected"]), (1, 1))
        self.assertIn("longer than", answer["rejects"][0]["reason"])

    def test_no_people_are_no_fault(self):
        response = self.papo.client.generic("POST", "/platform/v1/people", b"")
        self.assertEqual((response.status_code, response.json()["lines"]), (200, 0))

    def test_imports_are_listed_newest_first_in_pages(self):
        for _n in range(3):
            self.papo.load(MIA)
        page = self.papo.get("imports", limit=2).json()
        self.assertEqual(len(page["results"]), 2)
        rest = self.papo.client.get(page["next"]).json()["results"]
        ids = [run["id"] for run in page["results"] + rest]
        self.assertEqual(ids, sorted(ids, reverse=True)[:3])
        self.assertEqual(self.papo.get("imports/404404/rejects").status_code, 404)
        self.assertEqual(self.papo.get(f"imports/{2**70}/rejects").status_code, 404)
        self.assertEqual(self.papo.get("imports", after="nonsense").status_code, 404)
        self.assertEqual(ImportRun.objects.filter(name="Papo: people").count(), 3)

    def test_everybody_who_is_in_no_messenger_can_be_made_a_member_at_once(self):
        make_crowd(50)
        self.papo.load(MIA)
        self.assertEqual(join_everybody(self.messenger), 50)
        self.assertEqual(join_everybody(self.messenger), 0)
        self.assertEqual(Member.objects.filter(messenger_id=self.messenger.pk).count(), 51)


class Dripping(io.RawIOBase):
    """A body as a2wsgi gives it: no length, and no more at the end."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self.data.read(min(size, 1000) if size >= 0 else -1)


class PersonTests(PlatformCase):
    def setUp(self):
        self.meet(ANA)

    def test_a_link_opens_the_inbox_of_its_person_once(self):
        response = self.papo.post("sessions", {"person": f"user-{ANA}"})
        self.assertEqual(response.status_code, 201)
        url = response.json()["url"]
        self.assertTrue(url.startswith(settings.SITE_URL + "/m/in/"))
        browser = Client()
        first = browser.get(url.removeprefix(settings.SITE_URL))
        self.assertRedirects(first, "/m/")
        cookie = browser.cookies["signet_person"].value
        self.assertEqual(person_behind(cookie).person_id, ANA)

        stranger = Client()
        used = stranger.get(url.removeprefix(settings.SITE_URL))
        self.assertEqual(used.status_code, 410)
        self.assertNotIn("signet_person", stranger.cookies)

    def test_an_altered_or_expired_link_opens_nothing(self):
        path = self.papo.post("sessions", {"person": f"user-{ANA}"}).json()["url"].split("/m/")[1]
        for wrong in (path[:-2] + ("A" if path[-2] != "A" else "B") + "/", "in/x/"):
            self.assertEqual(Client().get(f"/m/{wrong}").status_code, 410, wrong)
        self.assertEqual(Client().get("/m/in/%00/").status_code, 404)
        from messaging.models import SignInLink

        SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        browser = Client()
        self.assertEqual(browser.get(f"/m/{path}").status_code, 410)
        self.assertNotIn("signet_person", browser.cookies)

    def test_a_link_can_lead_to_one_chat_and_nowhere_else(self):
        for handle, to in (("acme", "/m/c/acme/"), ("//evil.example", "/m/"), ("../x", "/m/")):
            url = self.papo.post("sessions", {"person": f"user-{ANA}", "profile": handle}).json()
            response = Client().get(url["url"].removeprefix(settings.SITE_URL))
            self.assertEqual(response.headers["Location"], to)

    def test_a_person_is_looked_up_with_what_their_messenger_needs_to_show(self):
        block_profile(ANA, self.profile)
        opt_out(ANA)
        self.assertEqual(
            self.papo.post("people/look-up", {"person": f"user-{ANA}"}).json(),
            {"person": f"user-{ANA}", "marketing": False, "member": False, "blocked": ["acme"]},
        )

    def test_a_person_is_exported_and_erased(self):
        export = self.papo.post("exports", {"person": f"user-{ANA}"}).json()
        self.assertEqual(export["audience_person"][0]["external_id"], f"user-{ANA}")
        self.assertEqual(export["messaging_message"][0]["body"], "Olá!")
        self.assertGreater(
            self.papo.post("erasures", {"person": f"user-{ANA}"}).json()["erased"], 3
        )
        self.assertFalse(Person.objects.filter(pk=ANA).exists())
        self.assertFalse(PersonKey.objects.exists() or Consent.objects.exists())
        for path in ("exports", "erasures", "sessions", "people/look-up"):
            response = self.papo.post(path, {"person": f"user-{ANA}"})
            self.assertEqual(response.status_code, 404, path)
            self.assertEqual(response.json()["error"]["code"], "unknown_person")


class ProfilesTests(PlatformCase):
    def test_verified_businesses_are_listed_in_pages_and_found(self):
        page = self.papo.get("profiles", limit=1).json()
        self.assertEqual([p["handle"] for p in page["results"]], ["acme"])
        page = self.papo.client.get(page["next"]).json()
        self.assertEqual([p["handle"] for p in page["results"]], ["elsewhere"])
        self.assertIsNone(page["next"])
        self.assertEqual(len(self.papo.get("profiles", q="@ELSE").json()["results"]), 1)
        self.profile.standing = "revoked"
        self.profile.save()
        self.assertEqual(self.papo.get("profiles", q="acme").json()["results"], [])


class ErrorTests(PlatformCase):
    def test_every_failure_is_json_that_says_what_to_do(self):
        cases = [
            (self.papo.get("nothing/here"), 404, "not_found"),
            (self.papo.get("events"), 405, "method_not_allowed"),
            (self.papo.post("sessions", "{"), 400, "not_json"),
            (self.papo.post("sessions", b"\xff"), 400, "not_json"),
            (self.papo.post("sessions", '{"person": NaN}'), 400, "not_json"),
            (self.papo.post("sessions", '{"person": 1e400}'), 400, "not_json"),
            (self.papo.post("sessions", '{"person": "a", "person": "b"}'), 400, "not_json"),
            (self.papo.post("sessions", "[" * 100_000), 400, "not_json"),
            (self.papo.post("sessions", "[" * 50 + "]" * 50), 400, "not_json"),
            (self.papo.post("sessions", {}), 400, "invalid"),
            (self.papo.post("sessions", {"person": 7}), 400, "invalid"),
            (self.papo.post("sessions", {"person": "a\x00b"}), 400, "invalid"),
            (self.papo.post("sessions", '{"person": "\\ud800"}'), 400, "invalid"),
            (self.papo.post("sessions", {"person": "a", "else": 1}), 400, "invalid"),
            (self.papo.post("sessions", []), 400, "invalid"),
            (self.papo.post("sessions", {"person": "a" * 11_000_000}), 413, "too_large"),
        ]
        for response, status, code in cases:
            error = response.json()["error"]
            self.assertEqual((response.status_code, error["code"]), (status, code))
            self.assertTrue(error["message"])
        wrong = self.papo.client.post("/platform/v1/sessions", "a=b", content_type="text/plain")
        self.assertEqual(wrong.status_code, 415)


class SchemaTests(PlatformCase):
    def test_the_schema_is_sound_and_names_every_operation(self):
        schema = Client().get("/platform/v1/schema").json()
        validate_schema(schema)
        self.assertEqual(
            set(schema["paths"]),
            {
                "/" + str(route.pattern).replace("<int:import_id>", "{import_id}")
                for route in operations
            },
        )
        for path in schema["paths"].values():
            for operation in path.values():
                self.assertEqual(operation["security"], [{"messengerKey": []}])
                self.assertTrue(operation["summary"])
