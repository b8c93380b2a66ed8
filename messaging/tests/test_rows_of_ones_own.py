"""Each filter by person or profile in the people's inbox: without it Ravi would meet Ana's rows, or
at Acme what is There's. (tests/permissions/mutants.py takes them away one at a time.)
"""

from datetime import timedelta

from django.core.cache import cache
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.models import Consent
from audience.services.consent import block, mute, opt_out
from messaging.inbox.sessions import COOKIE
from messaging.models import AccountLink, Contact, Message, PushSubscription
from messaging.services.campaigns.launching import create_campaign
from messaging.services.conversations.writing import note_person_writing, who_writes
from messaging.services.linking.accounts import agree_to_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.media import store_media
from messaging.services.messages import mark_read, receive_message, send_message
from messaging.services.people.chats import chats_of, waiting_chats
from messaging.services.people.sessions import hash_of, open_session
from messaging.services.people.stop_links import stop_url
from messaging.tests.cast import ANA, RAVI, make_business
from messaging.tests.crowd import BRAZIL
from messaging.tests.neighbours import Neighbours
from messaging.tests.test_media import picture
from portal.base.ids import new_id


class OwnRowsTests(Neighbours, TestCase):
    def setUp(self):
        cache.clear()
        self.session = self.client.cookies[COOKIE] = open_session(RAVI)
        self.page = reverse("chat", args=["acme"])

    def writes(self, person_id: int, profile) -> bool:
        talk = self.talk(person_id, profile)
        return who_writes(talk, member=self.bob, team=[])[1]

    def test_a_chat_is_of_one_person_and_one_sender(self):
        page = self.client.get(self.page)
        self.assertContains(page, "Ravi of Acme writes")
        for others in ("Ana of Acme writes", "Ravi of There writes"):
            self.assertNotContains(page, others)
        self.assertEqual(page.context["known_as"], "Ravi of Acme")

    def test_what_others_stopped_or_i_stopped_elsewhere_is_not_stopped_here(self):
        for person_id, profile in ((ANA, self.profile), (RAVI, self.their_profile)):
            block(person_id, profile.pk)
            mute(person_id, profile.business_id)
        said = self.client.get(self.page).context
        self.assertEqual((said["blocked"], said["muted"]), (False, None))
        self.client.post(reverse("chat_writing", args=["acme"]))
        self.assertTrue(self.writes(RAVI, self.profile))

    def test_my_reading_marks_my_message(self):
        sent = send_message(self.profile, RAVI, by=self.bob, body="We open at nine.")
        for person_id, profile in ((ANA, self.profile), (RAVI, self.their_profile)):
            send_message(profile, person_id, by=None, body="Read already.")
            mark_read(person_id, profile)
        self.client.get(self.page)
        self.assertEqual(Message.objects.get(person_id=RAVI, id=sent.id).status, "read")

    def test_that_i_write_is_said_of_me_and_to_whom_i_write(self):
        others = ((ANA, self.profile), (RAVI, self.their_profile))
        self.client.post(reverse("chat_writing", args=["acme"]))
        self.assertEqual([self.writes(*each) for each in others], [False, False])
        self.assertTrue(self.writes(RAVI, self.profile))
        for each in others:
            note_person_writing(self.talk(*each))
        self.client.post(self.page, {"body": "Where is it?"})
        self.assertEqual([self.writes(*each) for each in others], [True, True])
        self.assertFalse(self.writes(RAVI, self.profile))

    def test_i_react_to_my_own_message_in_its_own_chat(self):
        for person_id, profile in ((ANA, self.profile), (RAVI, self.their_profile)):
            sent = send_message(profile, person_id, by=None, body="Hello")
            reaction = {"message": sent.id, "react": "👍"}
            answer = self.client.post(self.page, reaction, follow=True)
            self.assertContains(answer, "This message can&#x27;t be reacted to.")
        self.assertFalse(Message.objects.filter(kind=Message.Kind.REACTION).exists())

    def test_a_file_opens_in_its_own_chat_for_its_own_person(self):
        media = {
            business.pk: str(store_media(business, picture(), mime="image/jpeg").pk)
            for business in (self.acme, self.there)
        }
        for person_id, profile, owner, status in (
            (RAVI, self.profile, self.acme, 200),
            (ANA, self.profile, self.acme, 404),
            (RAVI, self.their_profile, self.acme, 404),
            (RAVI, self.profile, self.there, 404),
        ):
            content = {"id": media[owner.pk]}
            sent = receive_message(person_id, profile, kind="image", content=content)
            address = reverse("chat_file", args=["acme", sent.id])
            self.assertEqual(self.client.get(address).status_code, status)

    def test_why_is_told_of_my_own_message_in_its_own_chat(self):
        for person_id, profile, status in (
            (RAVI, self.profile, 200),
            (ANA, self.profile, 404),
            (RAVI, self.their_profile, 404),
        ):
            campaign = create_campaign(self.profile, by=self.alice, name="Spring")
            campaign.audience = BRAZIL
            campaign.save()
            row = Message.objects.create(
                person_id=person_id, id=new_id(), profile_id=profile.pk, campaign_id=campaign.pk,
                direction="out", status="sent", created_at=timezone.now(),
            )  # fmt: skip
            address = reverse("chat_why", args=["acme", row.id])
            self.assertEqual(self.client.get(address).status_code, status)

    def test_a_sender_without_a_badge_opens_for_whom_it_has_a_chat_with(self):
        dim, profile = make_business("dim")
        receive_message(ANA, profile, body="Hello")
        dim.verified_until = None
        dim.save()
        self.assertEqual(self.client.get(reverse("chat", args=["dim"])).status_code, 404)
        receive_message(RAVI, profile, body="Hello")
        self.assertEqual(self.client.get(reverse("chat", args=["dim"])).status_code, 200)

    def test_my_chats_are_listed_and_what_waits_in_them_counts(self):
        send_message(self.profile, ANA, by=self.bob, body="For Ana")
        self.assertEqual({chat.conversation.person_id for chat in chats_of(RAVI)}, {RAVI})
        self.assertEqual((waiting_chats(ANA), waiting_chats(RAVI)), (1, 0))

    def test_my_settings_are_mine(self):
        opt_out(ANA, until=timezone.now() + timedelta(days=9))
        mute(ANA, self.acme.pk)
        block(ANA, self.profile.pk)
        adverts = self.client.get(reverse("inbox_adverts")).context
        self.assertEqual((adverts["form"].initial["until"], adverts["muted"]), (None, []))
        self.assertEqual(list(self.client.get(reverse("inbox_blocked")).context["profiles"]), [])
        consent = self.client.get(reverse("inbox_data")).context["consent"]
        self.assertEqual((consent.person_id, consent.granted), (RAVI, True))

    def test_my_browsers_are_mine(self):
        PushSubscription.objects.create(
            person_id=ANA, endpoint_hash="x", session_hash=hash_of(self.session),
            made_at=timezone.now(),
        )  # fmt: skip
        self.assertIsNone(self.client.get(reverse("inbox_devices")).context["push"])

    def test_adverts_are_stopped_by_each_for_themselves(self):
        mute(ANA, self.acme.pk)
        path = stop_url(RAVI, self.profile.pk).partition("/m/")[2]
        self.assertFalse(self.client.get(f"/m/{path}").context["is_stopped"])
        self.assertTrue(Consent.objects.filter(person_id=ANA, granted=False).exists())

    def test_my_links_end_by_me(self):
        token = ask_to_link(self.profile, by=None)[1]
        link = agree_to_link(token, ANA, alerts=True, adverts=False)
        answer = self.client.post(reverse("inbox_linked"), {"id": link.id})
        self.assertEqual(answer.status_code, 404)
        self.assertIsNone(AccountLink.objects.get(person_id=ANA).ended_at)

    def test_the_name_beside_a_link_is_the_one_i_chose_for_it(self):
        token = ask_to_link(self.profile, by=None)[1]
        page = self.client.get(reverse("link_account", args=[token]))
        self.assertEqual(page.context["form"].initial["name"], "Ravi of Acme")
        Contact.objects.filter(person_id=RAVI, business_id=self.acme.pk).delete()
        page = self.client.get(reverse("link_account", args=[token]))
        self.assertEqual(page.context["form"].initial["name"], "")
