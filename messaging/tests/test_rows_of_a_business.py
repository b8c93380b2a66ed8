"""Each filter by business or profile in the dashboard: without it Acme would meet There's rows.
(tests/permissions/mutants.py takes them away one at a time.)
"""

from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.definition import read_definition
from audience.models import SavedAudience
from audience.services.consent import mute
from billing.models import PaymentAccount, PaymentRequest
from billing.services.payment_requests import Item
from messaging.models import AccessToken, Contact, Conversation, Message, SandboxPerson
from messaging.services.campaigns.launching import create_campaign
from messaging.services.conversations.contact_list import contacts_page
from messaging.services.conversations.handling import (
    assign_conversation,
    conversation_of,
    inbox_page,
    mark_seen,
    messages_page,
    resolve_conversation,
)
from messaging.services.conversations.replies import (
    add_canned_reply,
    add_keyword_reply,
    set_automatic_reply,
)
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.integrators.sandbox import open_sandbox
from messaging.services.linking.accounts import agree_to_link
from messaging.services.linking.links import create_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.payments import request_payment
from messaging.tests.cast import ANA, RAVI
from messaging.tests.crowd import BRAZIL
from messaging.tests.neighbours import Neighbours
from messaging.views.compose import profile_of
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Membership, User
from profiles.tests.people import sign_in


class OwnTalksTests(Neighbours, TestCase):
    """The shared inbox: one profile, one person."""

    def setUp(self):
        cache.clear()
        self.open = self.talk(RAVI, self.profile)
        self.others = [self.talk(ANA, self.profile), self.talk(RAVI, self.their_profile)]

    def test_the_list_is_of_one_profile_with_the_names_its_business_knows(self):
        # Written again, so that There's rows stand before one of Acme's and behind the other.
        Contact.objects.filter(person_id=ANA, business_id=self.there.pk).update(labels=["a"])
        lines = inbox_page(self.profile, member=self.bob).lines
        self.assertEqual({line.name for line in lines}, {"Ana of Acme", "Ravi of Acme"})
        self.assertEqual({line.conversation.profile_id for line in lines}, {self.profile.pk})

    def test_a_number_opens_its_own_conversation(self):
        found = conversation_of(self.profile, self.number)
        self.assertEqual((found.person_id, found.profile_id), (RAVI, self.profile.pk))
        words = [message.body for message in messages_page(found)]
        self.assertEqual(words, ["Ravi of Acme writes"])

    def test_who_stands_beside_it_is_the_person_as_this_business_knows_them(self):
        sign_in(self.client, self.bob)
        talk = reverse("conversation", args=["acme", "acme", self.number])
        writing = reverse("conversation_writing", args=["acme", "acme", self.number])
        self.assertEqual(self.client.get(talk).context["known_as"], "Ravi of Acme")
        self.assertEqual(self.client.get(writing).context["known_as"], "Ravi of Acme")

    def test_reading_one_leaves_the_others_unread(self):
        later = Message.objects.filter(person_id=RAVI).order_by("-id").first()
        Conversation.objects.update(business_last_id=later.id)
        mark_seen(self.open)
        unread = [self.talk(one.person_id, one_profile(self, one)) for one in self.others]
        self.assertEqual([one.business_unread for one in unread], [1, 1])
        read = Message.objects.filter(status=Message.Status.READ)
        self.assertEqual([message.body for message in read], ["Ravi of Acme writes"])

    def test_what_is_done_to_one_is_not_done_to_the_others(self):
        resolve_conversation(self.open, by=self.bob)
        states = [self.talk(one.person_id, one_profile(self, one)).state for one in self.others]
        self.assertEqual(states, ["open", "open"])

    def test_it_is_given_to_a_member_of_now_and_of_here(self):
        gone = User.objects.create_user("gone@acme.example")
        Membership.objects.create(
            business=self.acme, user=gone, role="agent", removed_at=timezone.now()
        )
        for nobody in (self.mallory, gone, User.objects.create_user("never@example.com")):
            with self.assertRaises(Refused):
                assign_conversation(self.open, by=self.alice, to=nobody)
        assign_conversation(self.open, by=self.alice, to=self.bob)


def one_profile(case: Neighbours, talk: Conversation):
    return case.profile if talk.profile_id == case.profile.pk else case.their_profile


class OwnPagesTests(Neighbours, TestCase):
    """What pages offer is the business's own."""

    def setUp(self):
        sign_in(self.client, self.alice)

    def context(self, name: str, **values):
        return self.client.get(reverse(name, kwargs={"slug": "acme", **values})).context

    def test_campaigns_and_what_they_can_be_made_of(self):
        theirs = create_campaign(self.their_profile, by=self.mallory, name="Theirs")
        ours = create_campaign(self.profile, by=self.alice, name="Ours")
        saved = [
            SavedAudience.objects.create(
                business=business, name="Brazil", definition=BRAZIL, created_by=by
            )
            for business, by in ((self.there, self.mallory), (self.acme, self.alice))
        ]
        ours.audience = read_definition(BRAZIL).as_json()
        ours.save()

        page = self.context("campaigns")
        self.assertEqual([row for row, _counts in page["rows"]], [ours])
        self.assertEqual(list(page["profiles"]), [self.profile])
        page = self.context("campaign_edit", uuid=ours.uuid)
        self.assertEqual(list(page["profiles"]), [self.profile])
        self.assertEqual([choice.audience for choice in page["audiences"]], saved[1:])
        self.assertEqual(page["chosen"]["audience"], str(saved[1].uuid))
        self.assertEqual(profile_of(self.acme, str(self.their_profile.pk)), self.profile)
        address = reverse("campaign", kwargs={"slug": "acme", "uuid": theirs.uuid})
        self.assertEqual(self.client.get(address).status_code, 404)

    def test_ready_words_and_what_is_said_by_itself(self):
        for business, by in ((self.there, self.mallory), (self.acme, self.alice)):
            words = {"body": f"From {business}", "by": by}
            add_canned_reply(business, name="hi", **words)
            add_keyword_reply(business, keyword=f"word {business.slug}", **words)
        set_automatic_reply(self.there, "greeting", by=self.mallory, body="Theirs")

        page = self.context("replies")
        self.assertEqual([row.body for row in page["canned"]], ["From Acme"])
        self.assertEqual([row.body for row in page["keywords"]], ["From Acme"])
        self.assertEqual(page["forms"]["greeting"].initial["body"], "")
        talk = self.context("conversation", handle="acme", number=self.number)
        self.assertEqual([row.body for row in talk["replies"]], ["From Acme"])

    def test_links_are_made_and_shown_by_ones_own_profiles(self):
        theirs = create_link(self.their_profile, prefilled_message="Hi", by=self.mallory)
        page = self.context("links")
        self.assertEqual(list(page["chat_links"]), [])
        self.assertEqual(page["profiles"], [self.profile])
        address = reverse("chat_link", args=["acme", theirs.code])
        self.assertEqual(self.client.get(address).status_code, 404)
        asked = ask_to_link(self.their_profile, by=self.mallory)[0]
        self.assertEqual(list(self.context("links")["requests"]), [])
        address = reverse("account_link", args=["acme", asked.uuid])
        self.assertEqual(self.client.get(address).status_code, 404)
        address = reverse("account_link_withdraw", args=["acme", asked.uuid])
        self.assertEqual(self.client.post(address).status_code, 404)
        new = reverse("chat_link_new", args=["acme"])
        said = {"prefilled_message": "Hello"}
        self.assertEqual(self.client.post(new, said | {"profile": "there"}).status_code, 404)
        self.client.post(new, said)
        self.assertEqual(self.profile.links.get().prefilled_message, "Hello")
        self.assertEqual(self.their_profile.links.count(), 1)

    def test_a_bill_is_asked_for_again_by_who_sent_it(self):
        PaymentAccount.objects.create(
            business=self.there, stripe_id="acct_1", charges_enabled=True, payouts_enabled=True
        )
        request_payment(
            self.their_profile, RAVI, by=self.mallory, items=[Item("Filter", 2500)],
            currency="brl", reference_id="T-1",
        )  # fmt: skip
        address = reverse("payment_repeat", args=["acme", PaymentRequest.objects.get().uuid])
        self.assertEqual(self.client.post(address).status_code, 404)

    def test_contacts_and_what_they_answered(self):
        mute(RAVI, self.there.pk)
        sandbox = open_sandbox(self.there, by=self.mallory)
        SandboxPerson.objects.filter(profile=sandbox, position=0).update(person_id=RAVI)
        lines = contacts_page(self.acme).lines
        self.assertEqual(
            {line.name: line.adverts for line in lines}, {"Ana of Acme": None, "Ravi of Acme": None}
        )
        page = self.context("contact", number=self.number)
        self.assertEqual(page["line"].name, "Ravi of Acme")

    def test_the_api_tells_who_linked_here(self):
        for profile, reference in ((self.their_profile, "T-1"), (self.profile, "A-1")):
            token = ask_to_link(profile, by=None, reference=reference)[1]
            agree_to_link(token, RAVI, alerts=True, adverts=False)
        answer = self.client.get(f"/v23.0/{self.profile.pk}/account_links", headers=self.key())
        self.assertEqual([row["reference"] for row in answer.json()["data"]], ["A-1"])

    def test_the_api_tells_what_members_did_here(self):
        Membership.objects.create(business=self.there, user=self.alice, role="owner")
        add_canned_reply(self.there, name="hi", body="Theirs", by=self.alice)
        add_canned_reply(self.acme, name="ho", body="Ours", by=self.alice)
        answer = self.client.get("/api/v1/audit/", headers=self.key()).json()
        self.assertIn(str(self.acme.canned_replies.get()), str(answer))
        self.assertNotIn(str(self.there.canned_replies.get()), str(answer))

    def test_the_api_sets_webhooks_for_ones_own_profiles(self):
        asked = {
            "url": "https://acme.example/hook", "verify_token": "hush", "level": "profile",
            "profile_id": str(self.other_profile.pk),
        }  # fmt: skip
        answer = self.client.post(
            "/api/v1/webhooks/", asked, "application/json", headers=self.key()
        )
        self.assertContains(answer, "There is no such profile.", status_code=400)

    def key(self) -> dict[str, str]:
        app = create_app(self.acme, name="App", by=self.alice)
        scopes = [scope.value for scope in AccessToken.Scope]
        token = create_token(app, name="k", by=self.alice, scopes=scopes)[1]
        return {"Authorization": f"Bearer {token}"}

    def test_the_sandbox_is_ones_own(self):
        open_sandbox(self.there, by=self.mallory)
        self.assertIsNone(self.context("sandbox")["sandbox_profile"])
        sandbox = open_sandbox(self.acme, by=self.alice)
        page = self.context("sandbox")
        self.assertEqual(page["sandbox_profile"].business_id, self.acme.pk)
        state, number, _wa_id = page["people"][0]
        self.assertEqual(number, pairwise_number(self.acme.pk, state.person.person_id))
        act = reverse("sandbox_act", args=["acme", number])
        self.client.post(act, {"act": "write", "text": "To Acme's own"})
        self.assertTrue(Message.objects.filter(body="To Acme's own").exists(), sandbox)
