"""Sessions that are over leave no rows."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import TestCase
from django.utils import timezone

from profiles.services.users import forget_ended_sessions
from profiles.tests.people import person


class ForgetEndedSessionsTests(TestCase):
    def test_only_those_whose_time_is_over(self):
        alice, now = person("alice"), timezone.now()
        for key, left in (("over", -1), ("open", 1)):
            Session.objects.create(session_key=key, expire_date=now + timedelta(days=left))
            UserSession.objects.create(user=alice, session_key=key, ip="192.0.2.1")
        UserSession.objects.update(last_seen_at=now - timedelta(days=3))
        self.assertEqual(forget_ended_sessions(now), 1)
        self.assertEqual(Session.objects.get().session_key, "open")
        self.assertEqual(UserSession.objects.get().session_key, "open")
