"""Strangers get 404, the wrong role gets 403, and only membership opens a page."""

from unittest import mock

from django.http import HttpResponse
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from portal.base.clock import by_clock_of
from profiles.models import Business, Membership, VerificationCase
from profiles.services.members import invite_member, remove_member
from profiles.services.notices import notify
from profiles.services.verification import open_case
from profiles.tests.people import (
    beyond_the_plan,
    make_business,
    make_profile,
    member,
    person,
    sign_in,
)

ROLES = ["owner", "admin", "agent", "developer", "analyst"]
MANAGERS = {"owner", "admin"}
PAGES = {
    "business_home": set(ROLES),
    "notifications": set(ROLES),
    "verification": MANAGERS,
    "public_profile": MANAGERS,
    "team": MANAGERS,
}


class TenancyTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        make_profile(cls.acme, "acme")
        cls.people = {role: member(cls.acme, role, name=role) for role in ROLES if role != "owner"}
        cls.people["owner"] = cls.alice
        cls.mallory = person("mallory")
        make_business("Elsewhere", owner=cls.mallory)

    def test_a_stranger_gets_404_as_for_a_business_that_does_not_exist(self):
        sign_in(self.client, self.mallory)
        for name in PAGES:
            with self.subTest(name=name):
                own = self.client.get(reverse(name, args=["acme"]))
                none = self.client.get(reverse(name, args=["no-such"]))
                self.assertEqual((own.status_code, none.status_code), (404, 404))

    def test_who_is_not_signed_in_is_asked_to(self):
        for name in PAGES:
            response = self.client.get(reverse(name, args=["acme"]))
            self.assertIn("/account/login/", response.url)

    def test_each_role_opens_its_pages_and_no_others(self):
        for role, user in self.people.items():
            sign_in(self.client, user)
            for name, allowed in PAGES.items():
                with self.subTest(role=role, name=name):
                    status = self.client.get(reverse(name, args=["acme"])).status_code
                    self.assertEqual(status, 200 if role in allowed else 403)

    def test_a_removed_member_is_a_stranger_at_once(self):
        bob = self.people["agent"]
        sign_in(self.client, bob)
        self.assertEqual(self.client.get("/w/acme/").status_code, 200)
        remove_member(Membership.objects.get(user=bob), by=self.alice)
        self.assertEqual(self.client.get("/w/acme/").status_code, 404)

    def test_objects_of_another_business_are_404_through_ones_own(self):
        case = open_case(self.acme, by=self.alice)
        self.assertIsInstance(case, VerificationCase)
        notice = notify(self.acme, "hello", title="Hello")
        with beyond_the_plan():
            invitation = invite_member(
                self.acme, by=self.alice, email="eve@example.com", role="agent"
            )
        pk = self.acme.memberships.get(user=self.alice).pk
        sign_in(self.client, self.mallory)
        for name, key in [
            ("notice_dismiss", notice.uuid),
            ("invitation_withdraw", invitation.token),
            ("member_remove", pk),
            ("member_change", pk),
        ]:
            for slug in ("acme", "elsewhere"):
                with self.subTest(name=name, slug=slug):
                    url = reverse(name, args=[slug, key])
                    self.assertEqual(self.client.post(url, {"role": "agent"}).status_code, 404)
        self.assertTrue(self.acme.memberships.filter(user=self.alice, removed_at=None).exists())


class ClockTests(TestCase):
    def test_times_are_shown_by_the_clock_of_the_business(self):
        alice = person("alice")
        acme = make_business("Acme", owner=alice)
        Business.objects.filter(pk=acme.pk).update(time_zone="Asia/Kolkata")
        sign_in(self.client, alice)
        with mock.patch("profiles.views.home.business_page") as page:
            page.side_effect = lambda *args, **context: HttpResponse(
                timezone.get_current_timezone_name()
            )
            self.assertEqual(self.client.get("/w/acme/").content, b"Asia/Kolkata")
        self.assertEqual(timezone.get_current_timezone_name(), "UTC")

    def test_a_clock_that_there_is_none_of_stands_at_utc(self):
        with by_clock_of("Mars/Base"):
            self.assertEqual(timezone.get_current_timezone_name(), "UTC")
