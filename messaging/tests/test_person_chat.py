from django.core.cache import cache
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audience.models import Block, Consent
from audience.services.consent import block
from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Conversation, Message
from messaging.services.conversations.writing import who_writes
from messaging.services.media import store_media
from messaging.services.messages import receive_message, send_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, RAVI, Cast
from messaging.tests.test_media import picture


class PersonPageTests(Cast, TestCase):
    def setUp(self):
        cache.clear()
        make_person(ANA, name="Ana Souza")
        make_person(RAVI, name="Ravi")
        self.client.cookies[COOKIE] = open_session(ANA)

    def chat(self, **values):
        return self.client.get(reverse("chat", args=["acme"]), values)

    def test_a_stranger_is_shown_the_door_on_every_page(self):
        self.client.cookies.clear()
        for name, args in [
            ("inbox", []),
            ("chat", ["acme"]),
            ("chat_stop", ["acme"]),
            ("chat_report", ["acme"]),
            ("chat_why", ["acme", 1]),
            ("inbox_settings", []),
            ("inbox_adverts", []),
            ("inbox_blocked", []),
            ("inbox_data", []),
            ("inbox_find", []),
        ]:
            with self.subTest(name):
                answer = self.client.get(reverse(name, args=args))
                self.assertRedirects(answer, reverse("inbox_door"))

    def test_a_member_of_a_business_is_no_person(self):
        self.client.cookies.clear()
        self.client.force_login(self.alice)
        self.assertRedirects(self.client.get(reverse("inbox")), reverse("inbox_door"))

    def test_a_message_is_in_the_list_and_reading_it_tells_the_business(self):
        receive_message(ANA, self.profile, body="Hello?")
        sent = send_message(self.profile, ANA, by=self.bob, body="We open at nine.")

        self.assertContains(self.client.get(reverse("inbox")), "We open at nine.")
        self.assertContains(self.chat(), "Bob, Acme")
        self.assertEqual(Message.objects.get(person_id=ANA, id=sent.id).status, "read")

    def test_a_file_opens_for_its_own_person_only(self):
        media = store_media(self.acme, picture(), mime="image/jpeg")
        for person_id, status in ((ANA, 200), (RAVI, 404)):
            sent = receive_message(
                person_id, self.profile, kind="image", content={"id": str(media.pk)}
            )
            address = reverse("chat_file", args=[self.profile.handle, sent.id])
            self.assertEqual(self.client.get(address).status_code, status)

    def test_another_persons_chat_stays_closed(self):
        receive_message(RAVI, self.profile, body="My secret question")
        self.assertNotContains(self.chat(), "My secret question")

    def test_writing_reaches_the_business(self):
        self.client.post(reverse("chat", args=["acme"]), {"body": "Where is my parcel?"})
        conversation = Conversation.objects.get(person_id=ANA, profile_id=self.profile.pk)
        self.assertEqual(conversation.business_last_body, "Where is my parcel?")
        self.assertEqual(conversation.business_unread, 1)

    def test_that_one_writes_is_told_to_whom_one_wrote_and_to_nobody_else(self):
        address = reverse("chat_writing", args=["acme"])
        receive_message(ANA, self.profile, body="Hello?")
        wrote = timezone.now()
        for written_at, heard in ((None, False), (wrote, True)):
            Conversation.objects.update(written_at=written_at)
            self.assertEqual(self.client.post(address).status_code, 204)
            talk = Conversation.objects.get(person_id=ANA, profile_id=self.profile.pk)
            self.assertEqual(who_writes(talk, member=self.bob, team=[])[1], heard)
        self.client.post(reverse("chat", args=["acme"]), {"body": "Where is my parcel?"})
        self.assertFalse(who_writes(talk, member=self.bob, team=[])[1])
        block(ANA, self.profile.pk)
        self.client.post(address)
        self.assertFalse(who_writes(talk, member=self.bob, team=[])[1])

    def test_reading_again_writes_nothing(self):
        receive_message(ANA, self.profile, body="Hello?")
        self.chat()
        with CaptureQueriesContext(connection) as asked:
            self.chat()
        self.assertNotIn("UPDATE", " ".join(each["sql"] for each in asked).upper())

    def test_an_empty_or_endless_message_is_refused_with_a_sentence(self):
        for body, sentence in (("  ", "Write something first."), ("x" * 4097, "at most 4,096")):
            answer = self.client.post(reverse("chat", args=["acme"]), {"body": body}, follow=True)
            self.assertContains(answer, sentence)
        self.assertEqual(list(Message.objects.filter(person_id=ANA)), [])

    def test_an_unverified_business_can_not_be_opened_by_who_never_heard_of_it(self):
        self.acme.verified_until = timezone.now()
        self.acme.save()
        self.assertEqual(self.chat().status_code, 404)
        self.assertEqual(self.client.get(reverse("chat", args=["nobody"])).status_code, 404)

    def test_blocking_takes_two_taps_and_one_to_undo(self):
        receive_message(ANA, self.profile, body="Hello?")
        self.assertContains(self.chat(), reverse("chat_stop", args=["acme"]))
        self.client.post(reverse("chat_stop", args=["acme"]), {"what": "all"})
        self.assertTrue(Block.objects.filter(person_id=ANA, profile_id=self.profile.pk).exists())
        self.assertContains(self.chat(), "You blocked this sender.")

        self.client.post(reverse("chat_undo", args=["acme"]), {"what": "all"})
        self.assertFalse(Block.objects.filter(person_id=ANA).exists())

    def test_only_adverts_can_be_stopped(self):
        receive_message(ANA, self.profile, body="Hello?")
        self.client.post(reverse("chat_stop", args=["acme"]), {"what": "adverts"})
        self.assertFalse(Block.objects.filter(person_id=ANA).exists())
        consent = Consent.objects.get(person_id=ANA, kind="business_marketing")
        self.assertEqual((consent.scope_id, consent.granted), (self.acme.pk, False))

    def test_scripts_in_messages_stay_words(self):
        receive_message(ANA, self.profile, body="<script>alert(1)</script>")
        self.assertContains(self.chat(), "&lt;script&gt;alert(1)")
        self.assertNotContains(self.chat(), "<script>alert")
