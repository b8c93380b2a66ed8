from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from portal.last_seen import NOTED
from profiles.models import User


class LastSeenTests(TestCase):
    def setUp(self):
        self.alice = User.objects.create_user(email="alice@acme.example", name="Alice")
        self.client.force_login(self.alice)
        self.page = reverse("mfa_index")
        self.client.get(self.page)

    def age(self) -> None:
        """The row and the note in the session become six minutes old."""
        UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=6))
        session = self.client.session
        key, at = session[NOTED]
        session[NOTED] = (key, at - 360)
        session.save()

    def test_a_session_is_noted_at_its_first_request(self):
        row = UserSession.objects.get(user=self.alice)
        self.assertEqual(row.session_key, self.client.session.session_key)

    def test_the_next_request_writes_nothing(self):
        long_ago = timezone.now() - timedelta(minutes=2)
        UserSession.objects.update(last_seen_at=long_ago)
        self.client.get(self.page)
        self.assertEqual(UserSession.objects.get().last_seen_at, long_ago)

    def test_after_five_minutes_it_is_written_again(self):
        self.age()
        self.client.get(self.page, HTTP_USER_AGENT="Another")
        row = UserSession.objects.get()
        self.assertLess(timezone.now() - row.last_seen_at, timedelta(minutes=5))
        self.assertEqual(row.user_agent, "Another")

    def test_a_session_with_a_new_key_is_noted_at_once(self):
        session = self.client.session
        session.cycle_key()
        self.client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        self.client.get(self.page)
        self.assertTrue(UserSession.objects.filter(session_key=session.session_key).exists())
