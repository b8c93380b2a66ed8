"""The rest of the Cloud-API compatible face: profile, templates, blocking, links, webhooks."""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit

from django.test import override_settings

from audience.models import Consent
from audience.services.consent import mute
from messaging.models import Contact, MessageLink, Template, WebhookEndpoint, WebhookEvent
from messaging.services.counters import count
from messaging.services.integrators.keys import create_token, secret_of
from messaging.services.messages import receive_message
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA, RAVI, make_template
from messaging.tests.receiver import receiving
from messaging.tests.test_media import picture
from portal.base.pairwise import pairwise_number
from profiles.services.profiles import change_logo
from trust.signals import standing_changed


class ProfileTests(ApiCase):
    def test_a_profile_in_the_words_of_a_phone_number(self):
        status, answer = self.call("GET", f"/v23.0/{self.profile.pk}")
        self.assertEqual((status, answer["verified_name"]), (200, "Acme"))
        self.assertRegex(answer["display_phone_number"], r"^\d{15}$")
        status, answer = self.call(
            "GET", f"/{self.profile.pk}?fields=status,whatsapp_business_account{{id,name}},nonsense"
        )
        self.assertEqual(set(answer), {"id", "status", "whatsapp_business_account"})

    def test_what_people_read_is_changed_in_part(self):
        path = f"/v23.0/{self.profile.pk}/whatsapp_business_profile"
        change = {
            "messaging_product": "whatsapp",
            "about": "We sell",
            "vertical": "retail",
            "websites": ["https://acme.example"],
            "address": None,
        }
        self.assertEqual(self.call("POST", path, change), (200, {"success": True}))
        status, answer = self.call("GET", path + "?fields=about,vertical,websites")
        self.assertEqual(
            answer["data"],
            [
                {
                    "messaging_product": "whatsapp",
                    "about": "We sell",
                    "websites": ["https://acme.example"],
                    "vertical": "RETAIL",
                }
            ],
        )
        for wrong in ({"about": "x" * 140}, {"email": "x"}, {"websites": ["javascript:1"]}):
            self.assertError(self.call("POST", path, wrong), 400, 131009)

    def test_what_is_no_id_is_as_good_as_none(self):
        for wrong in ("abcdefghijklmno", "²²²²²²²²²²²²²²²", "9" * 5000):
            self.assertError(self.call("GET", f"/v23.0/?ids={wrong}"), 400, 100, 33)
        path = f"/v23.0/{self.acme.pk}/message_templates?hsm_ids="
        for wrong, subcode in (
            ("[", None),
            ("7", 2593002),
            ('["²"]', 2593002),
            ("9" * 5000, 2593002),
        ):
            self.assertError(self.call("DELETE", path + quote(wrong)), 400, 100, subcode)
        path = f"/v23.0/{self.app.pk}/uploads?file_type=image/png&file_length="
        for wrong in ("²", "9" * 5000):
            self.assertError(self.call("POST", path + quote(wrong)), 400, 100)

    def test_the_logo_is_where_it_is_said_to_be(self):
        change_logo(self.profile, by=self.alice, data=picture())
        path = f"/v23.0/{self.profile.pk}/whatsapp_business_profile"
        (shown,) = self.call("GET", path)[1]["data"]
        self.assertEqual(self.client.get(shown["profile_picture_url"]).status_code, 200)

    def test_account_profiles_and_several_ids_at_once(self):
        status, answer = self.call("GET", f"/{self.acme.pk}/phone_numbers")
        self.assertEqual([row["id"] for row in answer["data"]], [str(self.profile.pk)])
        status, answer = self.call("GET", f"/v23.0/?ids={self.profile.pk},{self.acme.pk}")
        self.assertEqual(answer[str(self.acme.pk)]["name"], "Acme")
        both = self.call("GET", f"/?ids={self.profile.pk}".replace("/?", "/v23.0?"))
        self.assertEqual(both[0], 200)
        foreign = self.call("GET", f"/v23.0/?ids={self.profile.pk},{self.other_profile.pk}")
        self.assertError(foreign, 400, 100, 33)

    def test_registering_is_checked_for_form_and_changes_nothing(self):
        path = f"/{self.profile.pk}"
        pin = {"messaging_product": "whatsapp", "pin": "123456"}
        self.assertEqual(self.call("POST", f"{path}/register", pin)[0], 200)
        self.assertError(self.call("POST", f"{path}/register", {"pin": "1"}), 400, 131009)
        code = self.call("POST", f"{path}/request_code?code_method=SMS&language=en")
        self.assertEqual(code[0], 200)
        self.assertEqual(self.call("POST", f"{path}/verify_code?code=123")[0], 200)
        self.assertEqual(self.call("POST", f"{path}/deregister")[0], 200)
        self.assertEqual(self.call("GET", f"{path}/settings")[0], 200)

    def test_what_is_not_offered_says_so(self):
        for edge in ("calls", "groups", "conversational_automation", "username"):
            self.assertError(self.call("POST", f"/{self.profile.pk}/{edge}", {}), 400, 100)

    def test_a_picture_by_upload_and_handle(self):
        data = picture("PNG", (300, 300))
        query = f"file_name=logo.png&file_length={len(data)}&file_type=image/png"
        status, session = self.call("POST", f"/v23.0/{self.app.pk}/uploads?{query}")
        self.assertEqual(status, 200, session)
        headers = {"Authorization": f"OAuth {self.token}", "file_offset": "0"}
        done = self.client.generic(
            "POST",
            f"/v23.0/{session['id']}",
            data,
            content_type="application/octet-stream",
            headers=headers,
        ).json()
        path = f"/{self.profile.pk}/whatsapp_business_profile"
        self.assertEqual(self.call("POST", path, {"profile_picture_handle": done["h"]})[0], 200)
        self.profile.refresh_from_db()
        self.assertTrue(self.profile.logo)
        stranger = self.call("GET", f"/{session['id']}", token=self.other_token)
        self.assertError(stranger, 400, 100, 33)


class TemplateApiTests(ApiCase):
    def write(self, name: str = "order", text: str = "Your order {{1}} has been shipped.", **more):
        data = {
            "name": name,
            "language": "en",
            "category": "utility",
            "components": [{"type": "body", "text": text}],
        }
        return self.call("POST", f"/v23.0/{self.acme.pk}/message_templates", data | more)

    def test_written_read_changed_and_deleted(self):
        status, made = self.write()
        self.assertEqual((status, made["status"], made["category"]), (200, "APPROVED", "UTILITY"))
        status, row = self.call("GET", f"/v23.0/{made['id']}")
        for key in ("name", "parameter_format", "components", "language", "status", "category"):
            self.assertIn(key, row)
        status, changed = self.call(
            "POST",
            f"/{made['id']}",
            {"components": [{"type": "BODY", "text": "Your order is here, {{1}}. Enjoy!"}]},
        )
        self.assertEqual((status, changed["success"]), (200, True))
        path = f"/{self.acme.pk}/message_templates?name=order"
        self.assertEqual(self.call("DELETE", path), (200, {"success": True}))
        self.assertError(self.call("GET", f"/{made['id']}"), 400, 100, 33)

    def test_faults_have_the_subcodes_that_clients_know(self):
        self.write()
        self.assertError(self.write(), 400, 100, 2388024)
        self.assertError(self.write("two", "{{1}} has been shipped"), 400, 100, 2388299)
        self.assertError(self.write("Two"), 400, 100)
        self.assertError(self.write("three", components="x"), 400, 100, 2388023)

    def test_pages_follow_each_other_both_ways(self):
        for n in range(7):
            make_template(self.acme, f"t{n}")
        make_template(self.elsewhere, "theirs")
        path, names = f"/v23.0/{self.acme.pk}/message_templates?limit=3&limit=3", []
        while path:
            _status, answer = self.call("GET", path)
            names += [row["name"] for row in answer["data"]]
            last, path = answer, answer["paging"].get("next", "").removeprefix("http://testserver")
        self.assertEqual(sorted(names), [f"t{n}" for n in range(7)])
        back = last["paging"]["previous"].removeprefix("http://testserver")
        self.assertEqual(len(self.call("GET", back)[1]["data"]), 3)
        self.assertError(self.call("GET", f"/{self.acme.pk}/message_templates?after=x!"), 400, 100)
        none = self.call("GET", f"/{self.acme.pk}/message_templates?name=none")[1]
        self.assertEqual(none, {"data": []})

    def test_the_token_goes_on_in_links_only_if_it_came_in_one(self):
        for n in range(3):
            make_template(self.acme, f"t{n}")
        path = f"/{self.acme.pk}/message_templates?limit=1"
        self.assertNotIn("access_token", self.call("GET", path)[1]["paging"]["next"])
        _status, answer = self.call("GET", f"{path}&access_token={self.token}", token=None)
        self.assertIn(f"access_token={self.token}", answer["paging"]["next"])

    def test_filters_and_summary(self):
        make_template(self.acme, "a", status="PENDING", category="UTILITY")
        make_template(self.acme, "b")
        path = f"/{self.acme.pk}/message_templates"
        for query, expected in (
            ("status=PENDING", ["a"]),
            ('category=["MARKETING","AUTHENTICATION"]', ["b"]),
            ("name_or_content=hello", ["b", "a"]),
            ("language=pt_BR", []),
        ):
            _status, answer = self.call("GET", f"{path}?{query}")
            self.assertCountEqual([row["name"] for row in answer["data"]], expected, query)
        _status, answer = self.call("GET", f"{path}?summary=total_count,message_template_limit")
        self.assertEqual(answer["summary"]["total_count"], 2)

    def test_integrators_hear_of_decisions_if_they_asked_to(self):
        self.write("one")
        self.assertFalse(WebhookEvent.objects.exclude(field="messages").exists())
        self.app.fields = ["messages", "message_template_status_update"]
        self.app.save()
        self.write("two")
        value = WebhookEvent.objects.get(field="message_template_status_update").facts["value"]
        self.assertEqual((value["event"], value["message_template_name"]), ("APPROVED", "two"))
        self.assertIsInstance(value["message_template_id"], int)


class BlockingTests(ApiCase):
    def test_block_list_and_unblock(self):
        path = f"/v23.0/{self.profile.pk}/block_users"
        users = {"messaging_product": "whatsapp", "block_users": [{"user": f"999{self.ana}"}]}
        status, answer = self.call("POST", path, users)
        self.assertEqual(status, 200, answer)
        self.assertEqual(answer["block_users"]["added_users"][0]["user_id"], f"ZZ.{self.ana}")
        self.assertError(self.send(text={"body": "Hi"}), 400, 131026)
        _status, listed = self.call("GET", path)
        self.assertEqual([row["wa_id"] for row in listed["data"]], [f"999{self.ana}"])
        after = listed["paging"]["cursors"]["after"]
        self.assertEqual(self.call("GET", f"{path}?after={after}")[1]["data"], [])
        self.assertError(self.call("GET", f"{path}?after={self.ana}"), 400, 100)
        users["block_users"] = [{"user_id": f"ZZ.{self.ana}"}]
        status, answer = self.call("DELETE", path, users)
        self.assertEqual(answer["block_users"]["removed_users"][0]["wa_id"], f"999{self.ana}")
        self.assertIsNone(Contact.objects.get(person_id=ANA).blocked_at)

    def test_the_order_is_that_of_blocking_and_says_nothing_of_persons(self):
        receive_message(RAVI, self.profile, body="Olá!")
        path = f"/v23.0/{self.profile.pk}/block_users"
        ravi = pairwise_number(self.acme.pk, RAVI)
        for order in ([ravi, self.ana], [self.ana, ravi]):
            self.call("POST", path, {"block_users": [{"user": each} for each in order]})
            listed = [row["wa_id"] for row in self.call("GET", path)[1]["data"]]
            self.assertEqual(listed, [f"999{each}" for each in reversed(order)])
            first = self.call("GET", f"{path}?limit=1")[1]["paging"]
            rest = self.call("GET", f"{path}?after={first['cursors']['after']}")[1]["data"]
            self.assertEqual([row["wa_id"] for row in rest], listed[1:])
            self.call("DELETE", path, {"block_users": [{"user": each} for each in order]})

    def test_one_failure_makes_an_error_that_also_says_what_was_done(self):
        ravi = pairwise_number(self.acme.pk, RAVI)
        users = {"block_users": [{"user": self.ana}, {"user": ravi}, {"user": ""}]}
        status, answer = self.call("POST", f"/{self.profile.pk}/block_users", users)
        self.assertError((status, answer), 400, 139100)
        self.assertEqual(len(answer["block_users"]["added_users"]), 1)
        self.assertEqual(
            [row["errors"][0]["code"] for row in answer["block_users"]["failed_users"]],
            [131026, 131008],
        )


class LinkTests(ApiCase):
    def test_made_changed_listed_shown_followed_and_deleted(self):
        path = f"/v23.0/{self.profile.pk}/message_qrdls"
        _status, link = self.call(
            "POST", path, {"prefilled_message": "Oi & olá", "generate_qr_image": "svg"}
        )
        self.assertRegex(link["code"], r"^[A-Z0-9]{14}$")
        shown = self.client.get(urlsplit(link["qr_image_url"]).path)
        self.assertEqual(shown["Content-Type"], "image/svg+xml")
        followed = self.client.get(urlsplit(link["deep_link_url"]).path)
        self.assertEqual(followed.url, "/m/c/acme/?text=Oi+%26+ol%C3%A1")
        change = self.call("POST", path, {"code": link["code"], "prefilled_message": "Hi"})
        self.assertEqual(change[1]["prefilled_message"], "Hi")
        self.assertEqual(len(self.call("GET", path)[1]["data"]), 1)
        self.assertEqual(
            self.call("GET", f"{path}/{link['code']}")[1]["data"][0]["code"], link["code"]
        )
        other = MessageLink.objects.create(profile=self.other_profile, prefilled_message="x")
        self.assertError(self.call("DELETE", f"{path}/{other.code}"), 400, 100, 33)
        self.assertEqual(self.call("DELETE", f"{path}/{link['code']}")[1], {"success": True})
        self.assertEqual(self.client.get(urlsplit(link["deep_link_url"]).path).status_code, 404)


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class SubscriptionTests(ApiCase):
    def test_three_levels_by_api(self):
        secret = f"{self.app.pk}|{secret_of(self.app)}"
        proof = self.call(
            "GET",
            f"/oauth/access_token?grant_type=client_credentials&client_id={self.app.pk}"
            f"&client_secret={secret_of(self.app)}",
            token=None,
        )[1]["access_token"]
        self.assertEqual(proof, secret)
        with receiving() as receiver:
            _status, answer = self.call(
                "POST",
                f"/v23.0/{self.app.pk}/subscriptions",
                {
                    "object": "whatsapp_business_account",
                    "callback_url": receiver.url,
                    "verify_token": "hush",
                    "fields": "messages,account_update,nonsense",
                },
                token=proof,
            )
            self.assertEqual(answer, {"success": True})
            own = {"override_callback_uri": receiver.url + "2", "verify_token": "hush"}
            self.assertEqual(self.call("POST", f"/{self.acme.pk}/subscribed_apps", own)[0], 200)
            own = {"webhook_configuration": own}
            self.assertEqual(self.call("POST", f"/{self.profile.pk}/", own)[0], 200)
            self.assertEqual(WebhookEndpoint.objects.filter(app=self.app).count(), 3)
            wrong = {"override_callback_uri": receiver.url, "verify_token": "wrong"}
            result = self.call("POST", f"/{self.acme.pk}/subscribed_apps", wrong)
            self.assertError(result, 400, 2200)
        self.app.refresh_from_db()
        self.assertEqual(self.app.fields, ["messages", "account_update"])
        _status, listed = self.call("GET", f"/{self.acme.pk}/subscribed_apps")
        self.assertTrue(listed["data"][0]["override_callback_uri"].endswith("2"))
        off = {"webhook_configuration": {"override_callback_uri": ""}}
        self.assertEqual(self.call("POST", f"/{self.profile.pk}/", off)[0], 200)
        self.assertEqual(self.call("POST", f"/{self.acme.pk}/subscribed_apps")[0], 200)
        path = f"/{self.app.pk}/subscriptions"
        self.assertEqual(len(self.call("GET", path, token=proof)[1]["data"]), 1)
        self.assertEqual(self.call("DELETE", path, token=proof)[0], 200)
        self.assertFalse(WebhookEndpoint.objects.filter(app=self.app).exists())
        self.assertEqual(self.call("DELETE", f"/{self.acme.pk}/subscribed_apps")[0], 200)

    def test_an_empty_secret_proves_nothing(self):
        proof = f"{self.app.pk}|"
        self.assertError(self.call("GET", f"/{self.app.pk}", token=proof), 401, 190, 467)
        asked = f"/oauth/access_token?client_id={self.app.pk}&client_secret="
        self.assertError(self.call("GET", asked, token=None), 401, 190, 467)

    def test_a_secret_opens_the_app_only(self):
        proof = f"{self.app.pk}|{secret_of(self.app)}"
        self.assertError(self.call("GET", f"/{self.acme.pk}", token=proof), 403, 200)
        self.assertError(self.call("GET", f"/{self.app.pk}", token=proof + "0"), 401, 190, 467)

    def test_tokens_are_told_about_only_within_the_business(self):
        path = "/v23.0/debug_token?input_token="
        _status, answer = self.call("GET", path + self.token)
        self.assertTrue(answer["data"]["is_valid"])
        self.assertEqual(answer["data"]["app_id"], str(self.app.pk))
        for token in (self.other_token, "sgt_none", "x|y"):
            status, answer = self.call("GET", path + token)
            self.assertEqual((status, answer["data"]["is_valid"]), (200, False))
            self.assertEqual(answer["data"]["error"]["code"], 190)


class NewsTests(ApiCase):
    def setUp(self) -> None:
        self.app.fields = ["account_update", "phone_number_quality_update", "user_preferences"]
        self.app.save()

    def test_a_lost_standing_is_told(self):
        standing_changed.send(
            type(self.profile), profile=self.profile, old="limited", new="revoked", reason="Spam"
        )
        values = {e.field: e.facts["value"] for e in WebhookEvent.objects.exclude(field="messages")}
        self.assertEqual(values["account_update"]["ban_info"]["waba_ban_state"], "DISABLE")
        self.assertEqual(values["phone_number_quality_update"]["event"], "FLAGGED")

    def test_a_contact_who_mutes_is_told_once_and_a_stranger_never(self):
        mute(ANA, self.acme.pk)
        mute(ANA, self.acme.pk)
        mute(RAVI, self.acme.pk)
        event = WebhookEvent.objects.get(field="user_preferences")
        preference = event.facts["value"]["user_preferences"][0]
        self.assertEqual((preference["wa_id"], preference["value"]), (f"999{self.ana}", "stop"))
        self.assertTrue(Consent.objects.filter(person_id=RAVI, granted=False).exists())


class AnalyticsTests(ApiCase):
    def test_single_messages_are_counted_and_campaigns_are_not(self):
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        count(self.profile, "sent", 5, now=now)
        count(self.profile, "delivered", 4, now=now)
        count(self.profile, "sent", 1000, campaign_id=1, now=now)
        count(self.other_profile, "sent", 7, now=now)
        start, end = (int((now + timedelta(days=d)).timestamp()) for d in (-3, 3))
        fields = f"id,analytics.start({start}).end({end}).granularity(DAY).phone_numbers([])"
        _status, answer = self.call("GET", f"/v23.0/{self.acme.pk}?fields={fields}")
        (point,) = answer["analytics"]["data_points"]
        self.assertEqual((point["sent"], point["delivered"]), (5, 4))
        self.assertEqual(len(answer["analytics"]["phone_numbers"]), 1)
        wrong = f"/{self.acme.pk}?fields=analytics.start(5).end(1).granularity(DAY)"
        self.assertError(self.call("GET", wrong), 400, 100)


class ScopeTests(ApiCase):
    def test_a_token_that_may_only_send_can_not_manage(self):
        sender = create_token(
            self.app, name="s", by=self.alice, scopes=["whatsapp_business_messaging"]
        )[1]
        for method, path in (
            ("GET", f"/{self.acme.pk}/message_templates"),
            ("POST", f"/{self.acme.pk}/subscribed_apps"),
            ("POST", f"/{self.profile.pk}/register"),
        ):
            self.assertError(self.call(method, path, token=sender), 403, 10)
        self.assertEqual(Template.objects.filter(business=self.acme).count(), 0)
