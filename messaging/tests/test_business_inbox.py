from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import Conversation, Message
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, Cast
from portal.base.pairwise import pairwise_number
from profiles.models import Membership


class BusinessInboxTests(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, cls.profile, body="Is it open?", name="Ana")
        cls.number = pairwise_number(cls.acme.pk, ANA)
        cls.list = reverse("business_inbox", args=["acme"])
        cls.page = reverse("conversation", args=["acme", "acme", cls.number])
        cls.act = reverse("conversation_act", args=["acme", "acme", cls.number])

    def setUp(self):
        self.client.force_login(self.bob)

    def conversation(self) -> Conversation:
        return Conversation.objects.get(person_id=ANA, profile_id=self.profile.pk)

    def test_a_stranger_gets_404_as_for_what_does_not_exist(self):
        self.client.force_login(self.mallory)
        for address in (self.list, self.page):
            self.assertEqual(self.client.get(address).status_code, 404)
        for address in (self.page, self.act):
            self.assertEqual(self.client.post(address, {"body": "x"}).status_code, 404)

    def test_another_business_does_not_find_the_person_by_the_number(self):
        self.client.force_login(self.mallory)
        address = reverse("conversation", args=["elsewhere", "elsewhere", self.number])
        self.assertEqual(self.client.get(address).status_code, 404)

    def test_an_analyst_is_told_no(self):
        Membership.objects.filter(user=self.bob).update(role=Membership.Role.ANALYST)
        self.assertEqual(self.client.get(self.list).status_code, 403)

    def test_the_list_shows_who_wrote_and_the_page_what(self):
        self.assertContains(self.client.get(self.list), "Is it open?")
        self.assertContains(self.client.get(self.page), "Ana")
        self.assertNotContains(self.client.get(self.page), "Souza")

    def test_opening_it_marks_it_seen(self):
        self.client.get(self.page)
        self.assertEqual(self.conversation().business_unread, 0)

    def test_an_answer_reaches_the_person_and_names_who_wrote_it(self):
        self.client.post(self.page, {"body": "Until six."})
        message = Message.objects.get(person_id=ANA, direction="out")
        self.assertEqual((message.body, message.author_id), ("Until six.", self.bob.pk))

    def test_a_refused_answer_keeps_its_words(self):
        self.acme.verified_until = timezone.now()
        self.acme.save()
        answer = self.client.post(self.page, {"body": "Until six."}, follow=True)
        self.assertContains(answer, "Your business is not verified.", status_code=422)
        self.assertContains(answer, "Until six.", status_code=422)
        self.assertFalse(Message.objects.filter(person_id=ANA, direction="out").exists())

    def test_it_can_be_taken_resolved_and_reopened(self):
        for act, expected in (
            ("take", (self.bob.pk, "open")),
            ("resolve", (self.bob.pk, "resolved")),
            ("reopen", (self.bob.pk, "open")),
            ("release", (None, "open")),
        ):
            self.client.post(self.act, {"act": act})
            now = self.conversation()
            self.assertEqual((now.assignee_id, now.state), expected, act)

    def test_an_unknown_act_changes_nothing(self):
        self.assertEqual(self.client.post(self.act, {"act": "explode"}).status_code, 404)
