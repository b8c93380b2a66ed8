"""Limits of seats and profiles, also under races."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import TestCase, TransactionTestCase

from billing.plans import STARTER
from billing.tests.subscriptions import subscribe
from portal.base.refused import Refused
from profiles.models import Profile
from profiles.services.members import invite_member
from profiles.services.profiles import create_profile
from profiles.tests.people import make_business, person


class LimitTests(TestCase):
    def setUp(self):
        self.alice = person("alice")
        self.acme = make_business("Acme", owner=self.alice)

    def invite(self, n: int) -> None:
        invite_member(self.acme, by=self.alice, email=f"guest{n}@example.com", role="agent")

    def test_invitations_take_seats_and_more_can_be_bought(self):
        self.invite(1)
        with self.assertRaises(Refused) as refusal:
            self.invite(2)
        self.assertEqual(refusal.exception.code, "no_seat")

        subscribe(self.acme, "starter", quantity=STARTER.seats)
        self.invite(2)
        with self.assertRaises(Refused):
            self.invite(3)

    def test_a_letter_sent_again_takes_no_second_seat(self):
        self.invite(1)
        self.invite(1)
        with self.assertRaises(Refused):  # the plan's only one is taken
            self.invite(2)

    def test_the_free_plan_has_one_profile_and_the_sandbox_is_free(self):
        create_profile(self.acme, by=self.alice, handle="acme", name="Acme")
        create_profile(self.acme, by=self.alice, handle="acme_test", name="Acme", is_test=True)

        with self.assertRaises(Refused) as refusal:
            create_profile(self.acme, by=self.alice, handle="acme_two", name="Acme Two")
        self.assertEqual(refusal.exception.code, "no_room_for_profile")


class LimitRaceTests(TransactionTestCase):
    def setUp(self):
        self.alice = person("alice")
        self.acme = make_business("Acme", owner=self.alice)

    def race(self, function, n: int = 12) -> int:
        """How many of n at once were let through."""

        def one(number: int) -> bool:
            try:
                function(number)
                return True
            except Refused:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(n) as pool:
            return sum(pool.map(one, range(n)))

    def test_of_twelve_profiles_at_once_one_is_made(self):
        made = self.race(
            lambda n: create_profile(self.acme, by=self.alice, handle=f"acme_{n}", name=f"Shop {n}")
        )
        self.assertEqual((made, Profile.objects.filter(is_test=False).count()), (1, 1))

    def test_of_twelve_invitations_at_once_one_is_sent(self):
        sent = self.race(
            lambda n: invite_member(
                self.acme, by=self.alice, email=f"guest{n}@example.com", role="agent"
            )
        )
        self.assertEqual((sent, self.acme.invitations.count()), (1, 1))
