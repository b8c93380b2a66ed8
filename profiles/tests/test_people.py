from django.contrib.auth.models import Group
from django.test import TestCase

from profiles.tests.people import (
    make_business,
    make_profile,
    member,
    pay,
    person,
    sign_in,
    staff,
    verified_profile,
    verify,
)


class PeopleTests(TestCase):
    def test_a_verified_and_paid_profile_shows_its_badge(self):
        self.assertTrue(verified_profile().badge_shown)

    def test_neither_money_nor_identity_alone_shows_the_badge(self):
        acme, other = make_business("Acme"), make_business("Other", owner=person("mallory"))
        verify(acme)
        pay(other)
        self.assertFalse(make_profile(acme, "acme").badge_shown)
        self.assertFalse(make_profile(other, "other").badge_shown)

    def test_staff_get_the_rights_of_their_groups(self):
        self.assertTrue(staff("verifier").has_perm("profiles.decide_case"))
        self.assertFalse(staff("moderator").has_perm("profiles.decide_case"))
        self.assertEqual(Group.objects.count(), 5)

    def test_bob_is_an_agent_and_signed_in(self):
        acme = make_business()
        bob = member(acme)
        sign_in(self.client, bob)
        self.assertEqual(int(self.client.session["_auth_user_id"]), bob.pk)
        self.assertEqual(acme.memberships.get(user=bob).role, "agent")
