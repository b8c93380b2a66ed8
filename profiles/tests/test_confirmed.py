"""Members, keys and what can't be undone need a proof that is fresh."""

import re
import time

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import TestCase
from django.urls import reverse

from portal.base.services.outbox import perform_due
from profiles.models import Invitation, Membership
from profiles.tests.people import make_business, member, person, sign_in

CONFIRM = "/account/confirm/"


class ConfirmedTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.bob = member(cls.acme)

    def setUp(self):
        self.since(minutes=16)
        self.place = Membership.objects.get(user=self.bob, business=self.acme)
        self.remove = reverse("member_remove", args=[self.acme.slug, self.place.pk])

    def since(self, *, minutes: int, mfa: bool = False) -> None:
        """Alice signed in so long ago."""
        sign_in(self.client, self.alice, mfa=mfa)
        session = self.client.session
        for record in session["account_authentication_methods"]:
            record["at"] = time.time() - 60 * minutes
        session.save()

    def code(self) -> str:
        perform_due()
        return re.search(r"code is (\S+)\.", mail.outbox[-1].body).group(1)

    def is_member(self) -> bool:
        self.place.refresh_from_db()
        return self.place.removed_at is None

    def test_a_stranger_learns_nothing(self):
        sign_in(self.client, person("mallory"))
        self.assertEqual(self.client.post(self.remove).status_code, 404)

    def test_a_removal_waits_for_the_code_and_then_happens(self):
        response = self.client.post(self.remove)
        self.assertEqual(response.status_code, 302)
        self.assertTrue(response.url.startswith(CONFIRM))
        self.assertTrue(self.is_member())
        self.client.get(response.url)
        done = self.client.post(response.url, {"code": self.code(), "next": self.remove})
        self.assertRedirects(done, reverse("team", args=[self.acme.slug]))
        self.assertFalse(self.is_member())

    def test_who_signed_in_just_now_is_not_asked(self):
        self.since(minutes=1)
        self.client.post(self.remove)
        self.assertFalse(self.is_member())

    def test_looking_needs_no_proof(self):
        self.assertEqual(self.client.get(reverse("team", args=[self.acme.slug])).status_code, 200)

    def test_invitations_roles_and_keys_wait_too(self):
        developers = reverse("developers", args=[self.acme.slug])
        for url, data in (
            (reverse("team", args=[self.acme.slug]), {"email": "x@example.com", "role": "agent"}),
            (reverse("member_change", args=[self.acme.slug, self.place.pk]), {"role": "admin"}),
            (developers, {"name": "Shop"}),
        ):
            with self.subTest(url=url):
                self.assertTrue(self.client.post(url, data).url.startswith(CONFIRM))
        self.assertFalse(Invitation.objects.exists())
        self.assertFalse(self.acme.apps.exists())

    def test_three_wrong_codes_and_the_code_is_worth_nothing(self):
        self.client.get(CONFIRM)
        code = self.code()
        for _try in range(3):
            self.client.post(CONFIRM, {"code": "WRONG1"})
        self.client.post(CONFIRM, {"code": code})
        self.assertTrue(self.client.post(self.remove).url.startswith(CONFIRM))
        self.assertNotEqual(self.code(), code)

    def test_who_has_a_second_factor_proves_by_it_and_not_by_mail(self):
        TOTP.activate(self.alice, generate_totp_secret())
        self.since(minutes=16, mfa=True)
        url = self.client.post(self.remove).url
        self.assertTrue(url.startswith(reverse("mfa_reauthenticate")), url)
        page = self.client.get(CONFIRM)
        self.assertRedirects(page, reverse("mfa_reauthenticate"), fetch_redirect_response=False)
