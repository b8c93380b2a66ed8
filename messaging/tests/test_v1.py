"""The management API: strangers, scopes, pages, rates, bodies; then what each part does."""

from datetime import timedelta
from unittest import mock

from django.utils import timezone

from audience.models import SavedAudience
from messaging.models import ApiCall, Campaign, Contact, Template
from messaging.services.campaigns.launching import create_campaign
from messaging.services.integrators.keys import create_token, revoke_token
from messaging.tests.at_work import first_at_work
from messaging.tests.cast import ANA, NOW, make_template
from messaging.tests.v1 import V1Case
from portal.base.refused import Refused
from profiles.models import Membership
from profiles.services.members import change_role, remove_member

DEFINITION = {"country": "BR"}
COMPONENTS = [{"type": "BODY", "text": "Hello from our shop, 20% off today."}]


class DoorTests(V1Case):
    def test_who_has_no_key_reads_nothing(self):
        for key in ("", "sgt_nonsense", "x", "\u00e9"):
            status, said = self.call("GET", "profiles", key=key)
            self.assertEqual((status, said["error"]["code"]), (401, "no_key"))
            self.assertIn("Bearer", self.answer["WWW-Authenticate"])
        self.assertEqual(
            self.client.get(f"/api/v1/profiles?access_token={self.key}").status_code, 401
        )

    def test_a_stranger_gets_the_same_404_as_for_what_does_not_exist(self):
        mine = create_campaign(self.profile, by=self.alice, name="Sale")
        for path, random in (
            (f"profiles/{self.profile.pk}", "profiles/100000000000000"),
            (f"campaigns/{mine.uuid}", "campaigns/00000000-0000-4000-8000-000000000000"),
            ("nonsense/7", "nonsense/8"),
        ):
            foreign = self.call("GET", path, key=self.other_key)
            absent = self.call("GET", random, key=self.other_key)
            self.assertEqual(foreign[0], 404)
            foreign[1]["error"].pop("trace"), absent[1]["error"].pop("trace")
            self.assertEqual(foreign, absent)

    def test_other_methods_are_refused(self):
        for method in ("TRACE", "OPTIONS", "DISPATCH", "TOKEN"):
            self.assertEqual(self.call(method, "templates")[0], 405, method)

    def test_a_key_opens_what_its_scopes_say(self):
        reader = create_token(self.app, name="r", by=self.alice, scopes=["templates:read"])[1]
        self.assertEqual(self.call("GET", "templates", key=reader)[0], 200)
        self.assertEqual(self.call("GET", "me", key=reader)[1]["scopes"], ["templates:read"])
        status, said = self.call("GET", "campaigns", key=reader)
        self.assertEqual((status, said["error"]["code"]), (403, "not_allowed"))
        self.assertIn("campaigns:read", said["error"]["message"])
        self.assertEqual(self.call("POST", "templates", {}, key=reader)[0], 403)

    def test_a_key_does_no_more_than_its_maker_may(self):
        with self.assertRaises(Refused):
            create_token(self.app, name="x", by=self.bob, scopes=["campaigns:write"])
        with self.assertRaises(Refused):
            create_token(self.app, name="x", by=self.mallory, scopes=["profiles:read"])
        carol = Membership.objects.create(business=self.acme, user=self.mallory, role="admin")
        key = create_token(self.app, name="x", by=self.mallory, scopes=["members:read"])[1]
        self.assertEqual(self.call("GET", "members", key=key)[0], 200)
        change_role(carol, by=self.alice, role="agent")
        self.assertEqual(self.call("GET", "members", key=key)[0], 403)
        remove_member(carol, by=self.alice)
        self.assertEqual(self.call("GET", "members", key=key)[0], 403)

    def test_expired_and_revoked_keys_open_nothing(self):
        row, key = create_token(self.app, name="x", by=self.alice)
        self.assertEqual(self.call("GET", "me", key=key)[0], 200)
        revoke_token(row, by=self.alice)
        self.assertEqual(self.call("GET", "me", key=key)[0], 401)
        past = timezone.now() - timedelta(seconds=1)
        key = create_token(self.app, name="x", by=self.alice, expires_at=past)[1]
        self.assertEqual(self.call("GET", "me", key=key)[0], 401)

    def test_a_key_of_one_profile_sees_no_other(self):
        narrow = create_token(
            self.app, name="n", by=self.alice, scopes=["profiles:read"], profiles=[]
        )
        narrow[0].profile_ids = [self.other_profile.pk]
        narrow[0].save()
        self.assertEqual(self.call("GET", "profiles", key=narrow[1])[1]["data"], [])
        self.assertEqual(self.call("GET", f"profiles/{self.profile.pk}", key=narrow[1])[0], 404)

    def test_the_rate_is_told_and_kept(self):
        self.call("GET", "me")
        self.assertEqual(self.answer["RateLimit-Limit"], "800")
        with self.settings(API_CALLS_A_SECOND=0):
            status, said = self.call("GET", "me")
        self.assertEqual((status, said["error"]["code"]), (429, "too_fast"))
        self.assertGreater(int(self.answer["Retry-After"]), 0)
        self.assertEqual(self.answer["RateLimit-Remaining"], "0")

    def test_bodies_that_no_one_should_send_are_refused(self):
        for raw in (
            b"{", b"[]", b'{"name": NaN}', b'{"name": 1e400}', b'{"a": 1, "a": 2}', b"\xff",
            b'{"name": "\\u0000"}', b'{"name": "\\ud800"}',
            b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        ):  # fmt: skip
            status, said = self.call("POST", "templates", raw)
            self.assertEqual((status, said["error"]["code"]), (400, "invalid"), raw[:30])
        form = self.client.post(
            "/api/v1/templates", {"a": 1}, headers={"Authorization": f"Bearer {self.key}"}
        )
        self.assertEqual(form.status_code, 415)
        for query in ("after=%00", "after=nonsense", "limit=0", "limit=-1", "limit=x", "limit=²"):
            self.assertEqual(self.call("GET", f"templates?{query}")[0], 400, query)

    def test_a_fault_of_ours_has_the_same_shape_and_is_logged(self):
        with (
            mock.patch("messaging.v1.templates.create_template", side_effect=ZeroDivisionError),
            self.assertLogs("messaging.v1.errors", "ERROR"),
        ):
            body = {"name": "a", "category": "UTILITY", "components": COMPONENTS}
            status, said = self.call("POST", "templates", body)
        self.assertEqual((status, said["error"]["code"]), (500, "broken"))

    def test_each_call_is_in_the_log_without_its_key(self):
        with self.settings(API_LOG_AT_ONCE=True):
            self.call("GET", f"templates?limit=1&x={self.key}")
        row = ApiCall.objects.get()
        self.assertEqual((row.method, row.status), ("GET", 200))
        self.assertNotIn(self.key[9:], row.path)
        self.assertEqual(row.trace, self.answer["X-Trace"])

    def test_pages_go_on_until_there_is_no_more(self):
        made = [make_template(self.acme, name=f"t{n}").pk for n in range(5)]
        found, path = [], "templates?limit=2"
        while path:
            _status, page = self.call("GET", path)
            found += [int(row["id"]) for row in page["data"]]
            path = page["next"] and page["next"].split("/api/v1/")[1]
        self.assertEqual(found, sorted(made, reverse=True))

    def test_schema_and_its_page_are_public_and_whole(self):
        made = self.client.get("/api/v1/openapi.json").json()
        self.assertGreater(len(made["paths"]), 40)
        page = self.client.get("/api/docs/").content.decode()
        for path in made["paths"]:
            self.assertIn(path, page)


class CampaignTests(V1Case):
    def setUp(self) -> None:
        self.template = make_template(self.acme)
        self.body = {
            "name": "Sale",
            "profile_id": str(self.profile.pk),
            "template_id": str(self.template.pk),
            "audience": DEFINITION,
        }

    def test_a_draft_is_written_changed_and_cancelled(self):
        status, made = self.call("POST", "campaigns", self.body)
        self.assertEqual((status, made["state"]), (201, "draft"))
        path = f"campaigns/{made['id']}"
        status, changed = self.call("PATCH", path, {"name": "Better", "max_recipients": 9})
        self.assertEqual((status, changed["name"], changed["max_recipients"]), (200, "Better", 9))
        self.assertEqual(changed["audience"]["country"], "BR")
        self.assertEqual(self.call("POST", f"{path}/pause")[0], 409)
        status, ended = self.call("POST", f"{path}/cancel")
        self.assertEqual((status, ended["state"]), (200, "cancelled"))
        status, progress = self.call("GET", f"{path}/progress")
        self.assertEqual((status, progress["percent"]), (200, 0))

    def test_another_businesss_profile_or_template_is_no_choice(self):
        theirs = make_template(self.elsewhere)
        for field, pk in (("profile_id", self.other_profile.pk), ("template_id", theirs.pk)):
            status, said = self.call("POST", "campaigns", self.body | {field: str(pk)})
            self.assertEqual((status, list(said["error"]["fields"])), (400, [field]))

    def test_what_may_not_be_launched_says_why(self):
        _status, made = self.call("POST", "campaigns", self.body)
        for path in ("plan", "launch"):
            method = "GET" if path == "plan" else "POST"
            status, said = self.call(method, f"campaigns/{made['id']}/{path}")
            self.assertEqual(status, 409, said)
            self.assertTrue(said["error"]["message"])


class OnceTests(V1Case):
    def test_the_same_request_is_done_once_and_answered_alike(self):
        body = {"name": "Sale", "profile_id": str(self.profile.pk)}
        first = self.call("POST", "campaigns", body, **{"Idempotency-Key": "k1"})
        self.assertEqual(first[0], 201)
        again = self.call("POST", "campaigns", body, **{"Idempotency-Key": "k1"})
        self.assertEqual(again, first)
        self.assertEqual(self.answer["Idempotent-Replayed"], "true")
        self.assertEqual(Campaign.objects.count(), 1)

        other = self.call("POST", "campaigns", body | {"name": "B"}, **{"Idempotency-Key": "k1"})
        self.assertEqual((other[0], other[1]["error"]["code"]), (422, "key_misused"))
        their = self.call(
            "POST", "campaigns", body, key=self.other_key, **{"Idempotency-Key": "k1"}
        )
        self.assertEqual(their[0], 400)  # (a key of theirs, and no profile of theirs)

    def test_while_the_first_is_at_work_the_second_is_told_to_wait(self):
        body = {"name": "Sale", "profile_id": str(self.profile.pk)}
        with first_at_work(self.app, "k"):
            status, _said = self.call("POST", "campaigns", body, **{"Idempotency-Key": "k"})
            self.assertEqual((status, Campaign.objects.count()), (409, 0))
        self.assertEqual(self.call("POST", "campaigns", body, **{"Idempotency-Key": "k"})[0], 201)

    def test_a_refusal_is_undone_and_may_be_tried_again(self):
        body = {"name": "", "profile_id": str(self.profile.pk)}
        for _time in range(2):
            self.assertEqual(
                self.call("POST", "campaigns", body, **{"Idempotency-Key": "k"})[0], 400
            )
            self.assertNotIn("Idempotent-Replayed", self.answer)

    def test_a_fault_leaves_nothing_behind(self):
        body = {"name": "Sale", "profile_id": str(self.profile.pk)}
        with (
            mock.patch(
                "messaging.v1.base.JSONRenderer.render", side_effect=[ZeroDivisionError, b"{}"]
            ),
            self.assertLogs("messaging.v1.errors", "ERROR"),
        ):
            self.call("POST", "campaigns", body, **{"Idempotency-Key": "k"})
        self.assertEqual(Campaign.objects.count(), 0)
        self.assertEqual(self.call("POST", "campaigns", body, **{"Idempotency-Key": "k"})[0], 201)

    def test_a_key_is_printable_and_not_too_long(self):
        for key in ("", "x" * 256, "a\x01"):
            status, _said = self.call("POST", "campaigns", {}, **{"Idempotency-Key": key})
            self.assertEqual(status, 422)


class TalkTests(V1Case):
    def setUp(self) -> None:
        self.meet(ago=NOW - timezone.now() + timedelta(minutes=5))
        self.place = f"conversations/{self.profile.pk}/{self.ana}"

    def test_a_conversation_is_read_answered_and_put_away(self):
        status, page = self.call("GET", f"conversations/{self.profile.pk}")
        self.assertEqual([row["number"] for row in page["data"]], [self.ana])
        status, sent = self.call("POST", f"{self.place}/messages", {"text": "Hello Ana"})
        self.assertEqual((status, sent["direction"]), (201, "out"))
        status, page = self.call("GET", f"{self.place}/messages?limit=1")
        self.assertEqual([row["text"] for row in page["data"]], ["Hello Ana"])
        status, page = self.call("GET", f"{self.place}/messages?after={page['after']}")
        self.assertEqual([row["text"] for row in page["data"]], ["Olá!"])
        status, row = self.call("POST", f"{self.place}/assign", {"email": "bob@acme.example"})
        self.assertEqual((status, row["assignee"]), (200, "bob@acme.example"))
        self.assertEqual(self.call("POST", f"{self.place}/assign", {"email": None})[0], 200)
        for act, state in (("resolve", "resolved"), ("reopen", "open")):
            self.assertEqual(self.call("POST", f"{self.place}/{act}")[1]["state"], state)

    def test_a_stranger_finds_neither_conversation_nor_contact(self):
        for path in (f"conversations/{self.profile.pk}", self.place, f"contacts/{self.ana}"):
            self.assertEqual(self.call("GET", path, key=self.other_key)[0], 404)
        self.assertEqual(self.call("GET", "contacts", key=self.other_key)[1]["data"], [])

    def test_a_contact_is_labelled_and_blocked(self):
        self.assertEqual(self.call("GET", "contacts")[1]["data"][0]["number"], self.ana)
        path = f"contacts/{self.ana}"
        status, row = self.call("PATCH", path, {"labels": ["vip", "vip", " late "]})
        self.assertEqual((status, row["labels"]), (200, ["vip", "late"]))
        self.assertTrue(self.call("POST", f"{path}/block")[1]["blocked_at"])
        self.assertIsNone(self.call("POST", f"{path}/unblock")[1]["blocked_at"])
        self.assertEqual(Contact.objects.get(person_id=ANA).labels, ["vip", "late"])

    def test_contacts_come_in_pages(self):
        for person_id in range(20, 25):
            self.meet(person_id, ago=timedelta(minutes=person_id))
        found, path = [], "contacts?limit=2"
        while path:
            page = self.call("GET", path)[1]
            found += [row["number"] for row in page["data"]]
            path = page["next"] and page["next"].split("/api/v1/")[1]
        self.assertEqual(len(set(found)), 6)


class PartsTests(V1Case):
    def test_templates(self):
        body = {"name": "sale", "language": "en", "category": "MARKETING", "components": COMPONENTS}
        status, made = self.call("POST", "templates", body)
        self.assertEqual(status, 201, made)
        path = f"templates/{made['id']}"
        status, lint = self.call("POST", "templates/lint", body)
        self.assertEqual((status, lint["category"]), (200, "MARKETING"))
        status, changed = self.call(
            "PATCH", path, {"components": [{"type": "BODY", "text": "All shoes 10% off."}]}
        )
        self.assertEqual((status, changed["version"]), (200, 2))
        self.assertEqual(self.call("DELETE", path)[0], 204)
        self.assertEqual(self.call("GET", path)[0], 404)
        self.assertTrue(Template.objects.get().deleted_at)

    def test_audiences_are_refused_before_anyone_was_counted(self):
        for method, path, body in (
            ("POST", "estimates", DEFINITION),
            ("POST", "audiences", {"name": "All", "definition": DEFINITION}),
        ):
            status, said = self.call(method, path, body)
            self.assertEqual(status, 409, said)
        self.assertEqual(self.call("POST", "estimates", {"country": "XX"})[0], 409)

    def test_saved_audiences(self):
        row = SavedAudience.objects.create(
            business=self.acme, name="Brazil", definition=DEFINITION, created_by=self.alice
        )
        path = f"audiences/{row.uuid}"
        self.assertEqual(self.call("GET", path)[1]["definition"], DEFINITION)
        self.assertEqual(self.call("DELETE", path, key=self.other_key)[0], 404)
        self.assertEqual(self.call("DELETE", path)[0], 204)

    def test_profiles_and_members(self):
        path = f"profiles/{self.profile.pk}"
        status, row = self.call("PATCH", path, {"about": "We sell", "standing": "revoked"})
        self.assertEqual((status, row["about"], row["standing"]), (200, "We sell", "clear"))
        bob = self.acme.memberships.get(user=self.bob)
        self.assertEqual(self.call("GET", f"members/{bob.pk}", key=self.other_key)[0], 404)
        self.assertEqual(self.call("PATCH", f"members/{bob.pk}", {"role": "analyst"})[0], 200)
        self.assertEqual(self.call("DELETE", f"members/{bob.pk}")[0], 204)
        status, row = self.call("POST", "invitations", {"email": "eve@x.example", "role": "agent"})
        self.assertEqual((status, row["email"]), (201, "eve@x.example"))
        self.assertNotIn("token", row)
        self.assertEqual(self.call("DELETE", f"invitations/{row['id']}")[0], 204)
        self.assertEqual(len(self.call("GET", "members")[1]["data"]), 1)

    def test_quality_subscription_usage_and_audit(self):
        status, row = self.call("GET", f"quality/{self.profile.pk}")
        self.assertEqual((status, row["standing"], len(row["rungs"])), (200, "clear", 4))
        self.assertEqual(self.call("GET", f"quality/{self.profile.pk}", key=self.other_key)[0], 404)
        self.assertEqual(self.call("GET", "subscription")[1]["plan"], "free")
        self.assertEqual(len(self.call("GET", "usage")[1]["lines"]), 3)
        for path in ("decisions", "invoices"):
            self.assertEqual(self.call("GET", path)[1]["data"], [])
        self.call("PATCH", f"profiles/{self.profile.pk}", {"about": "We sell"})
        rows = self.call("GET", "audit")[1]["data"]
        self.assertEqual((rows[0]["event"], rows[0]["by"]), ("profile.changed", self.alice.email))
        self.assertNotIn(self.alice.email, str(self.call("GET", "audit", key=self.other_key)))
