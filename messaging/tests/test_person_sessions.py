from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.test import TestCase, TransactionTestCase

from audience.tests.people import NOW, make_person
from messaging.models import PersonSession, SignInLink
from messaging.services.people.sessions import (
    LINK_AGE,
    SESSION_AGE,
    close_session,
    follow_sign_in_link,
    make_sign_in_link,
    open_session,
    person_behind,
)
from messaging.tests.cast import ANA
from portal.base.refused import Refused


class SignInLinkTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_person(ANA)

    def test_a_link_opens_a_session_of_its_person(self):
        token = make_sign_in_link(ANA, now=NOW)
        cookie = follow_sign_in_link(token, now=NOW)
        self.assertEqual(person_behind(cookie, now=NOW).person_id, ANA)

    def test_a_used_link_opens_nothing(self):
        token = make_sign_in_link(ANA, now=NOW)
        follow_sign_in_link(token, now=NOW)
        with self.assertRaisesMessage(Refused, "no longer works"):
            follow_sign_in_link(token, now=NOW)
        self.assertEqual(len(PersonSession.objects.all()), 1)

    def test_an_expired_link_opens_nothing(self):
        token = make_sign_in_link(ANA, now=NOW)
        with self.assertRaises(Refused):
            follow_sign_in_link(token, now=NOW + LINK_AGE)

    def test_an_altered_link_opens_nothing(self):
        token = make_sign_in_link(ANA, now=NOW)
        with self.assertRaises(Refused):
            follow_sign_in_link(token[:-1] + ("A" if token[-1] != "A" else "B"), now=NOW)

    def test_nobody_gets_no_link(self):
        with self.assertRaises(Refused):
            make_sign_in_link(404, now=NOW)

    def test_only_the_hash_is_stored(self):
        token = make_sign_in_link(ANA, now=NOW)
        cookie = follow_sign_in_link(token, now=NOW)
        stored = {link.token_hash for link in SignInLink.objects.all()}
        stored |= {session.token_hash for session in PersonSession.objects.all()}
        self.assertFalse(stored & {token, cookie, cookie.partition(".")[2]})


class SessionTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_person(ANA)

    def test_it_ends_when_closed_and_after_its_time(self):
        cookie = open_session(ANA, now=NOW)
        self.assertIsNone(person_behind(cookie, now=NOW + SESSION_AGE))
        close_session(cookie, now=NOW)
        self.assertIsNone(person_behind(cookie, now=NOW + timedelta(seconds=1)))

    def test_another_persons_number_opens_nothing(self):
        make_person(8)
        _ana, _dot, token = open_session(ANA, now=NOW).partition(".")
        self.assertIsNone(person_behind(f"8.{token}", now=NOW))

    def test_nonsense_opens_nothing(self):
        for cookie in ("", ".", "7.", "7", "x.y", "٧.abc", "9" * 40 + ".abc", "7.\x00"):
            self.assertIsNone(person_behind(cookie, now=NOW), cookie)


class TwoTapsAtOnceTests(TransactionTestCase):
    def test_only_one_gets_in(self):
        make_person(ANA)
        token = make_sign_in_link(ANA, now=NOW)

        def tap(_n: int) -> bool:
            try:
                follow_sign_in_link(token, now=NOW)
            except Refused:
                return False
            finally:
                connection.close()
            return True

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(tap, range(8))), 1)
