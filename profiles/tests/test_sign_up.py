"""Accounts are made and opened by a code sent by e-mail; there is no password."""

import re

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.test import Client, TestCase, override_settings
from django.urls import reverse

from portal.base.services.outbox import perform_due
from profiles.models import Business, User
from profiles.tests.people import make_business, member, person, sign_in, staff


def totp_code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


@override_settings(DEMO=False)
class SignUpTests(TestCase):
    def code_in_mail(self) -> str:
        perform_due()
        return re.search(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4})\s*$", mail.outbox[-1].body, re.M)[1]

    def test_from_address_by_code_to_a_business(self):
        self.client.post(reverse("account_signup"), {"email": "Alice@Example.com"})
        self.client.post(reverse("account_email_verification_sent"), {"code": self.code_in_mail()})
        alice = User.objects.get()
        self.assertEqual(alice.email, "alice@example.com")
        self.assertFalse(alice.has_usable_password())

        response = self.client.get("/w/")
        self.assertRedirects(response, reverse("business_new"), fetch_redirect_response=False)
        response = self.client.post(
            reverse("business_new"),
            {"name": "Acme", "country": "BR", "time_zone": "America/Recife"},
        )
        acme = Business.objects.get()
        self.assertRedirects(response, "/w/acme/", fetch_redirect_response=False)
        self.assertEqual((acme.country, acme.time_zone), ("BR", "America/Recife"))
        self.assertEqual(acme.memberships.get().role, "owner")
        self.assertRedirects(self.client.get("/w/"), "/w/acme/", fetch_redirect_response=False)

    def test_a_wrong_code_signs_nobody_in(self):
        self.client.post(reverse("account_signup"), {"email": "alice@example.com"})
        self.client.post(reverse("account_email_verification_sent"), {"code": "WRONG1"})
        self.assertEqual(self.client.get("/w/").status_code, 302)
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_signing_in_again_needs_only_the_code(self):
        person("alice")
        self.client.post(reverse("account_login"), {"login": "alice@example.com"})
        self.client.post(reverse("account_confirm_login_code"), {"code": self.code_in_mail()})
        self.assertIn("_auth_user_id", self.client.session)

    def test_the_code_is_not_on_the_page(self):
        person("alice")
        response = self.client.post(
            reverse("account_login"), {"login": "alice@example.com"}, follow=True
        )
        self.assertNotIn(self.code_in_mail(), response.content.decode())
        self.assertNotIn("demo_code", self.client.session)

    @override_settings(DEMO=True)
    def test_in_the_demo_the_code_is_on_the_page(self):
        person("alice")
        self.client.post(reverse("account_login"), {"login": "alice@example.com"}, follow=True)
        code = self.client.session["demo_code"]
        self.client.post(reverse("account_confirm_login_code"), {"code": code})
        self.assertNotIn("demo_code", self.client.session)

    def test_a_mail_names_the_operator_and_says_what_the_code_is_for(self):
        self.client.post(reverse("account_signup"), {"email": "alice@example.com"})
        code = self.code_in_mail()
        self.assertEqual(mail.outbox[-1].subject, f"{code} is your code")
        self.assertIn("It works for 15 minutes", mail.outbox[-1].body)
        self.assertNotIn("localhost", mail.outbox[-1].body)

    def test_who_signs_up_twice_is_told_where_to_sign_in(self):
        for browser in (Client(), self.client):
            browser.post(reverse("account_signup"), {"email": "alice@example.com"})
            perform_due()
        self.assertEqual(mail.outbox[-1].subject, "You have an account already")
        self.assertIn(reverse("account_login"), mail.outbox[-1].body)
        self.assertNotIn("password/reset", mail.outbox[-1].body)
        # Nor does the first attempt, given up half-way, keep anybody out.
        self.client.post(reverse("account_login"), {"login": "alice@example.com"})
        self.client.post(reverse("account_confirm_login_code"), {"code": self.code_in_mail()})
        self.assertIn("_auth_user_id", self.client.session)

    @override_settings(DEMO=True)
    def test_in_the_demo_the_page_tells_what_the_mail_would_say(self):
        person("alice")
        response = self.client.post(
            reverse("account_signup"), {"email": "alice@example.com"}, follow=True
        )
        self.assertContains(response, "has an account already")
        # From there the way to the sign-in is open.
        response = self.client.post(
            reverse("account_login"), {"login": "nobody@example.com"}, follow=True
        )
        self.assertContains(response, "no account has this address")
        response = self.client.post(
            reverse("account_signup"), {"email": "new@example.com"}, follow=True
        )
        self.assertContains(response, self.client.session["demo_code"])

    def test_a_new_code_takes_the_place_of_the_old_one(self):
        page = reverse("account_email_verification_sent")
        self.client.post(reverse("account_signup"), {"email": "alice@example.com"})
        old = self.code_in_mail()
        self.assertContains(self.client.get(page), "Send a new code")
        self.client.post(page, {"action": "resend"})
        new = self.code_in_mail()
        self.assertNotEqual(old, new)
        self.client.post(page, {"code": old})
        self.assertNotIn("_auth_user_id", self.client.session)
        self.client.post(page, {"code": new})
        self.assertIn("_auth_user_id", self.client.session)

    def test_without_a_browser_that_says_so_the_country_gives_the_time_zone(self):
        sign_in(self.client, person("alice"))
        self.client.post(
            reverse("business_new"), {"name": "Acme", "country": "IN", "time_zone": "Mars/Base"}
        )
        self.assertEqual(Business.objects.get().time_zone, "Asia/Kolkata")

    def test_a_name_that_deceives_is_refused_beside_its_field(self):
        sign_in(self.client, person("alice"))
        response = self.client.post(
            reverse("business_new"), {"name": "Acme ✓", "country": "IN", "time_zone": "UTC"}
        )
        self.assertContains(response, "looks like a badge")
        self.assertFalse(Business.objects.exists())

    def test_two_businesses_of_one_name_have_two_addresses(self):
        alice = person("alice")
        slugs = {make_business("Acme", owner=alice).slug for _ in range(3)}
        self.assertEqual(len(slugs), 3)

    def test_who_works_in_two_businesses_chooses(self):
        alice = person("alice")
        make_business("Acme", owner=alice)
        member(make_business("Other", owner=person("mallory")), name="alice")
        sign_in(self.client, alice)
        response = self.client.get("/w/")
        self.assertContains(response, "Acme")
        self.assertContains(response, "Other")

    def test_staff_without_a_business_land_in_the_admin(self):
        staff("verifier", name="vera")
        self.client.post(reverse("account_login"), {"login": "vera@example.com"})
        response = self.client.post(
            reverse("account_confirm_login_code"), {"code": self.code_in_mail()}
        )
        self.assertEqual(response.url, "/admin/")


@override_settings(DEMO=False)
class SecondFactorTests(TestCase):
    def test_staff_set_up_an_authenticator_and_enter_the_admin(self):
        vera = staff("verifier", name="vera")
        sign_in(self.client, vera, mfa=False)
        page = self.client.get(reverse("mfa_activate_totp"))
        secret = page.context["form"].secret
        self.client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
        self.assertTrue(Authenticator.objects.filter(user=vera, type="totp").exists())

        self.assertEqual(self.client.get("/admin/").status_code, 302)  # had it, but not used it
        self.client.post(reverse("mfa_reauthenticate"), {"code": totp_code(secret)})
        self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_signing_in_asks_for_the_second_factor_before_anything_opens(self):
        alice = person("alice")
        make_business(owner=alice)
        secret = generate_totp_secret()
        TOTP.activate(alice, secret)
        self.client.post(reverse("account_login"), {"login": "alice@example.com"})
        perform_due()
        code = re.search(r"^\s*([A-Z0-9]{4}-?[A-Z0-9]{4})\s*$", mail.outbox[-1].body, re.M)[1]
        response = self.client.post(reverse("account_confirm_login_code"), {"code": code})
        self.assertRedirects(response, reverse("mfa_authenticate"), fetch_redirect_response=False)
        self.assertEqual(self.client.get("/w/acme/").status_code, 302)

        self.client.post(reverse("mfa_authenticate"), {"code": totp_code(secret)})
        self.assertEqual(self.client.get("/w/acme/").status_code, 200)

    def test_every_page_of_the_account_opens(self):
        sign_in(self.client, person("alice"))
        for name in (
            "mfa_index",
            "mfa_activate_totp",
            "mfa_list_webauthn",
            "mfa_add_webauthn",
            "usersessions_list",
            "account_email",
        ):
            with self.subTest(name=name):
                self.assertEqual(self.client.get(reverse(name)).status_code, 200)

    def test_one_can_end_the_other_sessions(self):
        alice = person("alice")
        other = self.client_class()
        for client in (self.client, other):
            sign_in(client, alice)
            client.get("/w/")
        self.client.post(reverse("usersessions_list"))
        self.assertEqual(other.get("/w/").url, "/account/login/?next=/w/")
        self.assertNotIn("login", self.client.get("/w/").url)
