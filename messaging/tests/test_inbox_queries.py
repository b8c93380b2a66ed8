"""How many statements the hot pages take: as many with forty rows as with one."""

from datetime import timedelta

from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Conversation, Message
from messaging.services.conversations.notes import add_note
from messaging.services.messages import receive_message
from messaging.services.people.sessions import follow_sign_in_link, make_sign_in_link
from messaging.tests.cast import ANA, Cast, make_business
from messaging.tests.desk import others_write
from portal.base.ids import new_id
from portal.base.pairwise import pairwise_number

MANY = 40


class InboxQueryTests(Cast, TestCase):
    """Ana wrote to Acme; so did forty others. She wrote twenty times more, and was answered."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, cls.profile, body="Is it open?")
        cls.number = pairwise_number(cls.acme.pk, ANA)
        cls.list = reverse("business_inbox", args=["acme"])
        cls.page = reverse("conversation", args=["acme", "acme", cls.number])

    def crowd(self) -> None:
        now = timezone.now()
        others_write(
            self.profile,
            MANY,
            now=now,
            business_unread=lambda i: i % 3,
            state=lambda i: "open" if i % 7 else "snoozed",
        )
        Message.objects.bulk_create(
            Message(
                person_id=ANA,
                id=new_id(now + timedelta(milliseconds=n)),
                profile_id=self.profile.pk,
                direction="out" if n % 2 else "in",
                author_id=(self.alice, self.bob)[n // 2 % 2].pk if n % 2 else None,
                status="read",
                body=f"Message {n}",
                created_at=now,
            )
            for n in range(MANY)
        )
        for n in range(3):
            add_note(self.talk(), f"Note {n}", by=self.alice)

    def talk(self) -> Conversation:
        return Conversation.objects.get(person_id=ANA, profile_id=self.profile.pk)

    def twice(self, n: int, address: str, **headers: str) -> None:
        """At most `n` statements, with one conversation and message as with forty of each."""
        self.client.get(address)  # what is unread is read, and the session noted
        with_one = self.statements(address, **headers)
        self.crowd()
        self.assertEqual(self.statements(address, **headers), with_one)
        self.assertLessEqual(with_one, n)

    def statements(self, address: str, **headers: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            self.client.get(address, **headers)
            return len(asked)

    def part(self, target: str) -> dict[str, str]:
        return {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": target}

    def test_the_list(self):
        self.client.force_login(self.bob)
        self.twice(9, self.list)  # 3 who asks, profiles, lines, names, numbers, labels, median

    def test_the_list_fetched_again(self):
        self.client.force_login(self.bob)
        self.twice(8, self.list, **self.part("convs"))

    def test_a_conversation_beside_the_list(self):
        self.client.force_login(self.bob)
        self.twice(16, self.page)

    def test_a_conversation_fetched_again(self):
        self.client.force_login(self.bob)
        self.twice(10, self.page, **self.part("thread"))

    def test_the_list_fetched_again_beside_a_conversation(self):
        self.client.force_login(self.bob)
        self.twice(9, self.page, **self.part("convs"))

    def come_in_as_ana(self) -> None:
        link = make_sign_in_link(ANA, now=timezone.now())
        self.client.cookies[COOKIE] = follow_sign_in_link(link, now=timezone.now())

    def test_a_persons_chat(self):
        self.come_in_as_ana()
        self.client.get(reverse("chat", args=["acme"]))
        address = reverse("chat", args=["acme"])
        self.assertLessEqual(self.statements(address), 9)
        self.crowd()
        self.client.get(address)
        self.assertLessEqual(self.statements(address), 10)  # and the names of who answered

    def test_a_persons_chats(self):
        self.come_in_as_ana()
        self.client.get(reverse("inbox"))
        with_one = self.statements(reverse("inbox"))
        for n in range(5):
            receive_message(ANA, make_business(f"shop{n}")[1], body="Hi")
        self.client.get(reverse("inbox"))
        self.assertEqual(self.statements(reverse("inbox")), with_one)
        self.assertLessEqual(with_one, 10)
