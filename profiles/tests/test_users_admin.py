"""Staff look after accounts: with a reason, nobody above themselves, and the last one stays."""

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client, TestCase
from django.urls import reverse

from portal.base.refused import Refused
from portal.base.services.outbox import perform_due
from profiles.models import AuditRow
from profiles.services.users import guard_superusers
from profiles.tests.people import make_business, person, sign_in, staff

SUBMIT = {"_form_submitted": "on"}


def url(name: str, user) -> str:
    return reverse(f"admin:profiles_user_{name}", args=[user.pk])


class UserAdminTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.lead = staff("lead")
        cls.root = staff("superuser", name="root")
        cls.alice = person("alice")
        make_business("Acme", owner=cls.alice)

    def setUp(self):
        sign_in(self.client, self.lead)

    def test_a_lost_phone(self):
        TOTP.activate(self.alice, generate_totp_secret())
        at_home = sign_in(Client(), self.alice)
        self.assertContains(self.client.post(url("reset_factor", self.alice), SUBMIT), "required")
        self.client.post(url("reset_factor", self.alice), SUBMIT | {"reason": "Phone stolen"})
        self.assertFalse(Authenticator.objects.filter(user=self.alice).exists())
        self.assertEqual(at_home.get("/w/").status_code, 302, "the session ended")
        row = AuditRow.objects.get(event="user.second_factor_reset")
        self.assertEqual((row.actor, row.details["reason"]), (self.lead, "Phone stolen"))
        perform_due()
        self.assertIn("second factor was reset", mail.outbox[-1].subject)

    def test_sessions_end_at_once_even_those_that_nobody_listed(self):
        browsers = [sign_in(Client(), self.alice) for _one in range(3)]
        self.client.post(url("sign_out", self.alice), SUBMIT | {"reason": "Laptop lost"})
        self.assertEqual([b.get("/w/").status_code for b in browsers], [302] * 3)

    def test_a_get_changes_nothing_and_support_may_not(self):
        TOTP.activate(self.alice, generate_totp_secret())
        self.client.get(url("reset_factor", self.alice), SUBMIT | {"reason": "x"})
        sign_in(self.client, staff("support"))
        post = self.client.post(url("reset_factor", self.alice), SUBMIT | {"reason": "x"})
        self.assertEqual(post.status_code, 403)
        self.assertTrue(Authenticator.objects.filter(user=self.alice).exists())

    def test_nobody_reaches_above_themselves(self):
        TOTP.activate(self.root, generate_totp_secret())
        self.client.post(url("reset_factor", self.root), SUBMIT | {"reason": "Mine now"})
        self.assertTrue(Authenticator.objects.filter(user=self.root).exists())
        self.client.post(url("change", self.root), {"email": "evil@example.com", "name": "x"})
        self.root.refresh_from_db()
        self.assertEqual(self.root.email, "root@example.com")

    def test_the_last_superuser_stays(self):
        second = staff("superuser", name="second")
        sign_in(self.client, second)
        form = {"email": self.root.email, "name": "Root", "time_zone": "UTC", "is_staff": "on"}
        form |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
        self.client.post(url("change", self.root), form)
        self.root.refresh_from_db()
        self.assertFalse(self.root.is_active, "another one is left")

        with self.assertRaisesMessage(Refused, "the last superuser"):
            guard_superusers(second, is_active=False, is_staff=True)
        with self.assertRaisesMessage(Refused, "the last superuser"):
            guard_superusers(second, is_active=True, is_staff=False)
        guard_superusers(second, is_active=True, is_staff=True)
