import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from audience.services.consent import block
from audience.services.erasure import erase_person
from messaging.inbox.sessions import COOKIE, NEXT
from messaging.models import AccountLink, Contact, LinkRequest, WebhookCall, WebhookEvent
from messaging.rules import may_send
from messaging.services.integrators.keys import create_token
from messaging.services.linking.accounts import (
    active_link,
    agree_to_link,
    decline_to_link,
    unlink_account,
)
from messaging.services.linking.requests import LIVES, ask_to_link, withdraw_request
from messaging.services.messages import receive_message
from messaging.services.people.sessions import make_sign_in_link, open_session
from messaging.services.webhooks.addresses import subscribe
from messaging.services.webhooks.bodies import make_body
from messaging.tests.cast import ANA, RAVI
from messaging.tests.linking import Linking
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import AuditRow, Profile

PERSON, BUSINESS = AccountLink.EndedBy.PERSON, AccountLink.EndedBy.BUSINESS


class AnswerTests(Linking, TestCase):
    def test_who_agrees_is_bound_to_the_businesss_nonce_and_reference(self):
        self.link(nonce="n-1", reference="4711")
        number = pairwise_number(self.acme.pk, ANA)
        (news,) = self.told()
        self.assertEqual(
            {name: news[name] for name in ("status", "nonce", "reference", "wa_id", "user_id")},
            {
                "status": "linked",
                "nonce": "n-1",
                "reference": "4711",
                "wa_id": f"999{number}",
                "user_id": f"ZZ.{number}",
            },
        )
        contact = Contact.objects.get(person_id=ANA)
        self.assertEqual((contact.source, contact.reference), ("linked", "4711"))
        self.assertEqual(contact.name, "")

    def test_the_name_is_the_one_that_was_typed_or_none(self):
        for typed, known in (("A. Souza", "A. Souza"), (None, "A. Souza"), ("", ""), ("  ", "")):
            with self.subTest(typed):
                self.link(name=typed)
                self.assertEqual(Contact.objects.get(person_id=ANA).name, known)

    def test_the_answers_to_what_was_asked_are_consents_and_told(self):
        self.link(asks_adverts=True, alerts=True, adverts=False)
        self.assertEqual((self.told()[0]["alerts"], self.told()[0]["adverts"]), (True, False))
        said = dict(self.consents().values_list("kind", "granted"))
        self.assertEqual(said, {"business_alerts": True, "business_marketing": False})

    def test_what_was_not_asked_is_neither_written_nor_told(self):
        self.link(asks_alerts=False, alerts=True, adverts=True)
        self.assertFalse(self.consents().exists())
        self.assertNotIn("adverts", self.told()[0])

    def test_a_linked_person_may_be_alerted_and_an_unlinked_one_not(self):
        send = {"message_class": "service", "kind": "text"}
        with self.assertRaisesMessage(Refused, "can't be reached"):
            may_send(self.profile, person_id=ANA, **send)
        self.link()
        with self.assertRaisesMessage(Refused, "Only an approved template"):
            may_send(self.profile, person_id=ANA, **send)

    def test_who_declines_stays_unknown(self):
        decline_to_link(self.ask(nonce="n-2", reference="4711"))
        (news,) = self.told()
        self.assertEqual((news["status"], news["nonce"]), ("declined", "n-2"))
        self.assertNotIn("wa_id", news)
        event = WebhookEvent.objects.get(field="account_linking")
        self.assertNotIn("contacts", event.facts["value"])
        self.assertIsNone(event.person_id)
        self.assertFalse(Contact.objects.exists())

    def test_used_expired_withdrawn_and_altered_links_open_nothing(self):
        now = timezone.now()
        used = self.ask()
        agree_to_link(used, ANA, alerts=True, adverts=False)
        request, withdrawn = ask_to_link(self.profile, by=self.alice)
        withdraw_request(request, by=self.alice)
        fresh = self.ask()
        altered = fresh[:-1] + ("A" if fresh[-1] != "A" else "B")
        for token, at in (
            (used, now),
            (withdrawn, now),
            (altered, now),
            (fresh, now + LIVES + timedelta(seconds=1)),
            ("\udc80", now),
        ):
            with self.assertRaisesMessage(Refused, "no longer works"):
                agree_to_link(token, RAVI, alerts=True, adverts=True, now=at)
        self.assertFalse(AccountLink.objects.filter(person_id=RAVI).exists())

    def test_a_nonce_works_once_per_business(self):
        self.ask(nonce="once")
        with self.assertRaisesMessage(Refused, "used before"):
            self.ask(nonce="once")
        ask_to_link(self.other_profile, by=None, nonce="once")

    def test_a_nonce_with_spaces_or_signs_of_control_is_refused(self):
        for nonce in ("a b", "a\n", "é", "x" * 129):
            with self.assertRaises(Refused):
                self.ask(nonce=nonce)

    def test_who_may_not_send_may_not_ask(self):
        Profile.objects.filter(pk=self.profile.pk).update(standing="suspended")
        self.profile.refresh_from_db()
        with self.assertRaises(Refused) as refused:
            self.ask()
        self.assertEqual(refused.exception.code, "suspended")

    def test_a_link_made_before_the_badge_was_lost_links_nobody(self):
        token = self.ask()
        Profile.objects.filter(pk=self.profile.pk).update(standing="revoked")
        with self.assertRaises(Refused):
            agree_to_link(token, ANA, alerts=True, adverts=True)
        self.assertIsNone(active_link(ANA, self.acme))

    def test_who_blocked_the_business_is_not_linked_by_accident(self):
        block(ANA, self.profile.pk)
        with self.assertRaisesMessage(Refused, "You blocked this sender"):
            self.link()

    def test_a_test_profile_links_no_real_person(self):
        Profile.objects.filter(pk=self.profile.pk).update(is_test=True)
        self.profile.refresh_from_db()
        with self.assertRaisesMessage(Refused, "test people only"):
            self.link()

    def test_the_token_is_stored_as_a_hash_only(self):
        request, token = ask_to_link(self.profile, by=None)
        self.assertNotIn(token, str(LinkRequest.objects.values().get(pk=request.pk)))

    def test_each_step_is_in_the_audit(self):
        unlink_account(self.link(reference="4711"), ended_by=BUSINESS, by=self.bob)
        rows = AuditRow.objects.filter(business_id=self.acme.pk).order_by("pk")
        events = [row.event for row in rows if "link" in row.event]
        self.assertEqual(events, ["link_request.made", "account.linked", "account.unlinked"])
        self.assertEqual(rows.get(event="account.unlinked").actor, self.bob)

    def test_the_first_message_afterwards_carries_nonce_and_reference(self):
        self.link(nonce="n-9", reference="4711", account_name="Account ending 11")
        for words in ("Hi", "Hello?"):
            receive_message(ANA, self.profile, body=words)
        first, second = [
            json.loads(make_body(event))["entry"][0]["changes"][0]["value"]["messages"][0]
            for event in WebhookEvent.objects.filter(field="messages").order_by("id")
        ]
        self.assertEqual(
            (first["referral"]["source_id"], first["referral"]["body"]), ("n-9", "4711")
        )
        self.assertNotIn("referral", second)


class EndTests(Linking, TestCase):
    def test_the_person_ends_it_and_what_it_allowed_ends_too(self):
        link = self.link(nonce="n-1", reference="4711", asks_adverts=True, adverts=True)
        unlink_account(link, ended_by=PERSON)
        self.assertEqual(
            [(n["status"], n["nonce"], n.get("by")) for n in self.told()],
            [("linked", "n-1", None), ("unlinked", "n-1", "person")],
        )
        self.assertFalse(self.consents().filter(granted=True).exists())
        contact = Contact.objects.get(person_id=ANA)
        self.assertEqual((contact.reference, contact.linked_at), ("", None))

    def test_ending_twice_tells_once(self):
        link = self.link()
        for _turn in range(2):
            unlink_account(link, ended_by=BUSINESS)
        self.assertEqual(len(self.told()), 2)

    def test_a_newer_link_takes_the_place_of_the_older(self):
        self.link(nonce="old", reference="1")
        self.link(nonce="new", reference="2")
        self.assertEqual(active_link(ANA, self.acme).reference, "2")
        self.assertEqual(
            [(n["status"], n["nonce"]) for n in self.told()],
            [("linked", "old"), ("unlinked", "old"), ("linked", "new")],
        )

    def test_the_database_refuses_two_active_links(self):
        link = self.link()
        with self.assertRaises(IntegrityError), transaction.atomic():
            AccountLink.objects.create(
                person_id=ANA,
                id=link.id + 1,
                business_id=self.acme.pk,
                profile_id=self.profile.pk,
                nonce="x",
                linked_at=timezone.now(),
            )

    def test_erasure_leaves_no_link(self):
        self.link(reference="4711")
        erase_person(ANA)
        self.assertFalse(AccountLink.objects.exists())
        self.assertFalse(WebhookEvent.objects.filter(field="account_linking").exists())


class PageTests(Linking, TestCase):
    def come(self, person_id=ANA):
        self.client.cookies[COOKIE] = open_session(person_id)

    def test_who_is_not_signed_in_comes_in_first_and_comes_back(self):
        page = f"/m/link/{self.ask()}/"
        self.assertRedirects(self.client.get(page), "/m/welcome/")
        self.assertContains(self.client.get("/m/welcome/"), "Come in first")
        self.assertRedirects(self.client.get(f"/m/in/{make_sign_in_link(ANA)}/"), page)

    def test_a_strange_address_is_never_come_back_to(self):
        for way in ("https://evil.example/", "//evil.example", "/\\evil", "/admin/", "/m/\\x"):
            self.client.cookies[NEXT] = way
            answer = self.client.get(f"/m/in/{make_sign_in_link(ANA)}/")
            self.assertEqual(answer["Location"], "/m/", way)

    def test_the_page_says_who_asks_and_what_will_be_known(self):
        self.come()
        page = self.client.get(
            f"/m/link/{self.ask(account_name='Account ending 11', reference='4711')}/"
        )
        self.assertContains(page, "Account ending 11")
        self.assertContains(page, "does not learn your phone number")
        self.assertNotContains(page, "4711")

    def test_agreeing_links_and_opens_the_chat(self):
        self.come()
        answer = self.client.post(
            f"/m/link/{self.ask()}/", {"answer": "agree", "alerts": "on", "name": "Ms Souza"}
        )
        self.assertRedirects(answer, "/m/c/acme/")
        self.assertEqual(Contact.objects.get(person_id=ANA).name, "Ms Souza")

    def test_not_me_links_nothing(self):
        self.come()
        self.client.post(f"/m/link/{self.ask()}/", {"answer": "decline"})
        self.assertFalse(AccountLink.objects.exists())
        self.assertEqual(LinkRequest.objects.get().state, "declined")

    def test_a_used_link_says_so(self):
        self.come()
        token = self.ask()
        decline_to_link(token)
        for answer in (
            self.client.get(f"/m/link/{token}/"),
            self.client.post(f"/m/link/{token}/", {"answer": "agree"}),
            self.client.get("/m/link/never-was/"),
        ):
            self.assertContains(answer, "This link no longer works", status_code=410)

    def test_the_picture_is_there_while_the_link_works(self):
        token = self.ask()
        for form, kind in (("svg", "image/svg+xml"), ("png", "image/png")):
            self.assertEqual(self.client.get(f"/m/link/{token}/qr.{form}")["Content-Type"], kind)
        self.assertEqual(self.client.get(f"/m/link/{token}/qr.gif").status_code, 404)
        decline_to_link(token)
        self.assertEqual(self.client.get(f"/m/link/{token}/qr.svg").status_code, 404)

    def test_a_person_unlinks_only_their_own(self):
        link = self.link(RAVI)
        self.come()
        answer = self.client.post("/m/settings/linked/", {"id": link.id})
        self.assertEqual(answer.status_code, 404)
        self.come(RAVI)
        self.assertContains(self.client.get("/m/settings/linked/"), "Acme")
        self.client.post("/m/settings/linked/", {"id": link.id})
        self.assertIsNone(active_link(RAVI, self.acme))

    def test_a_link_can_be_pasted(self):
        self.come()
        token = self.ask()
        for typed in (token, f" http://localhost:8000/m/link/{token}/ "):
            answer = self.client.post("/m/settings/linked/", {"link": typed})
            self.assertRedirects(answer, f"/m/link/{token}/")
        answer = self.client.post("/m/settings/linked/", {"link": "https://evil.example/x"})
        self.assertRedirects(answer, "/m/settings/linked/")


class ApiTests(Linking, TestCase):
    def call(self, method: str, profile: Profile | None = None, **data):
        token = create_token(self.app, name="t", by=self.alice)[1]
        path = f"/v23.0/{(profile or self.profile).pk}/account_links"
        return getattr(self.client, method)(
            path,
            data if method == "get" else json.dumps(data),
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )

    def test_another_businesss_profile_is_unknown(self):
        self.assertEqual(self.call("post", self.other_profile).json()["error"]["code"], 100)

    def test_a_link_is_made_shown_and_followed(self):
        made = self.call("post", nonce="n-1", reference="4711", account_name="Account 11").json()
        token = made["link"].rstrip("/").rpartition("/")[2]
        self.assertEqual(made["qr_image_url"], f"{made['link']}qr.svg")
        agree_to_link(token, ANA, alerts=True, adverts=False)
        (row,) = self.call("get", reference="4711").json()["data"]
        self.assertEqual(
            (row["nonce"], row["wa_id"]), ("n-1", f"999{pairwise_number(self.acme.pk, ANA)}")
        )
        self.assertEqual(self.call("get", reference="1").json(), {"data": []})

    def test_a_nonce_used_before_and_a_wrong_time_are_errors(self):
        self.call("post", nonce="n-1")
        self.assertIn(
            "used before", self.call("post", nonce="n-1").json()["error"]["error_data"]["details"]
        )
        self.assertEqual(self.call("post", expires_in=5).status_code, 400)

    def test_the_business_unlinks_by_number(self):
        self.link()
        number = f"999{pairwise_number(self.acme.pk, ANA)}"
        for _turn in range(2):
            self.assertEqual(self.call("delete", user=number).json(), {"success": True})
        self.assertIsNone(active_link(ANA, self.acme))
        stranger = f"999{pairwise_number(self.acme.pk, RAVI)}"
        self.assertEqual(self.call("delete", user=stranger).json()["error"]["code"], 100)

    def test_pages_of_who_is_linked_go_on(self):
        self.link(ANA)
        self.link(RAVI)
        first = self.call("get", limit=1).json()
        self.assertEqual(len(first["data"]), 1)
        second = self.call("get", limit=1, after=first["paging"]["cursors"]["after"]).json()
        self.assertNotEqual(first["data"][0]["wa_id"], second["data"][0]["wa_id"])
        self.assertNotIn("next", second["paging"])

    def test_the_order_is_that_of_linking_and_says_nothing_of_persons(self):
        """Two businesses that sort the same people alike could match their numbers."""
        self.link(RAVI)
        self.link(ANA)
        listed = [row["wa_id"] for row in self.call("get").json()["data"]]
        self.assertLess(ANA, RAVI)
        self.assertEqual(
            listed, [f"999{pairwise_number(self.acme.pk, person)}" for person in (ANA, RAVI)]
        )
        self.assertEqual(self.call("get", after="x").json()["error"]["code"], 100)


class TwoAnswersAtOnceTests(TransactionTestCase):
    def test_a_link_links_one_person(self):
        Linking.setUpTestData()
        token = ask_to_link(Linking.profile, by=None)[1]

        def tap(person_id: int) -> bool:
            try:
                agree_to_link(token, person_id, alerts=True, adverts=False)
            except Refused:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(tap, [ANA, RAVI] * 4)), 1)
        self.assertEqual(len(AccountLink.objects.all()), 1)


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class ListenerTests(Linking, TestCase):
    def test_only_apps_that_asked_for_linking_hear_of_it(self):
        subscribe(self.app, by=self.alice, fields=["messages"])
        self.link()
        self.assertFalse(WebhookCall.objects.exists())
        self.assertFalse(WebhookEvent.objects.filter(field="account_linking").exists())
