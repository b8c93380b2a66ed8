"""The admin opens only to staff, and only in a session that passed a second factor."""

import time

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.test import TestCase
from django.urls import NoReverseMatch, reverse

from profiles.tests.people import make_business, make_profile, person, sign_in, staff, verify


def admin_urls() -> list[str]:
    """Every page of the admin, with ids that exist nowhere where one is needed."""
    urls = []
    for pattern in admin.site.urls[0]:
        urls += list(_urls_under(pattern))
    return [url for url in urls if not url.endswith(("/login/", "/logout/"))]


def _urls_under(pattern, prefix: str = "/admin/"):
    route = prefix + str(pattern.pattern)
    if hasattr(pattern, "url_patterns"):
        for child in pattern.url_patterns:
            yield from _urls_under(child, route)
        return
    filled = {
        "<path:object_id>": "1",
        "<int:pk>": "1",
        "<int:number>": "1",
        "<str:decision>": "approve",
        "<uuid:uuid>": "00000000-0000-4000-8000-000000000000",
        "<path:content_type_id>": "1",
        "<path:url>": "nothing",
    }
    for hole, value in filled.items():
        route = route.replace(hole, value)
    if route.startswith("/admin/^"):  # the list of one app, a regular expression
        route = "/admin/profiles/"
    if "(?P<url>" in route or route.endswith("$"):
        route = "/admin/nothing"
    yield route


class StaffDoorTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.root = staff("superuser", name="root")
        cls.alice = person("alice")

    def test_there_are_pages_to_guard(self):
        urls = admin_urls()
        self.assertGreater(len(urls), 40)
        self.assertFalse([url for url in urls if "<" in url])

    def test_a_stranger_is_sent_to_sign_in(self):
        response = self.client.get("/admin/", follow=True)
        self.assertEqual(response.redirect_chain[-1][0], "/account/login/?next=/admin/")

    def test_a_member_of_a_business_learns_of_no_admin(self):
        sign_in(self.client, self.alice)
        self.assertEqual(self.client.get("/admin/", follow=True).status_code, 404)

    def test_a_superuser_without_second_factor_in_this_session_reaches_no_page(self):
        sign_in(self.client, self.root, mfa=False)
        for url in admin_urls():
            for method in (self.client.get, self.client.post):
                with self.subTest(url=url, method=method.__name__):
                    response = method(url)
                    self.assertEqual(response.status_code, 302)
                    self.assertIn("/admin/login/", response.url)

    def test_a_second_factor_of_another_session_does_not_count(self):
        sign_in(self.client_class(), self.root)
        sign_in(self.client, self.root, mfa=False)
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_a_second_factor_that_another_user_passed_in_this_session_does_not_count(self):
        sign_in(self.client, self.root, mfa=False)
        session = self.client.session
        session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
        session["account_authentication_methods_user"] = str(self.alice.pk)
        session.save()
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_who_has_no_second_factor_is_sent_to_set_one_up(self):
        sign_in(self.client, self.root, mfa=False)
        response = self.client.get("/admin/login/?next=/admin/profiles/business/")
        self.assertRedirects(response, reverse("mfa_index"), fetch_redirect_response=False)

    def test_who_has_one_is_asked_for_it_and_comes_back(self):
        TOTP.activate(self.root, generate_totp_secret())
        sign_in(self.client, self.root, mfa=False)
        response = self.client.get("/admin/login/?next=/admin/profiles/business/")
        self.assertRedirects(
            response,
            "/account/2fa/reauthenticate/?next=%2Fadmin%2Fprofiles%2Fbusiness%2F",
            fetch_redirect_response=False,
        )

    def test_the_way_back_never_leaves_the_site(self):
        sign_in(self.client, self.root)
        response = self.client.get("/admin/login/?next=https://evil.example/")
        self.assertRedirects(response, "/admin/", fetch_redirect_response=False)

    def test_a_dismissed_member_of_staff_is_out_at_once(self):
        sign_in(self.client, self.root)
        self.root.is_active = False
        self.root.save()
        self.assertEqual(self.client.get("/admin/").status_code, 302)

    def test_with_the_second_factor_every_page_opens(self):
        acme = make_business()
        make_profile(acme, "acme")
        verify(acme)
        sign_in(self.client, self.root)
        for model, page in admin.site._registry.items():
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            with self.subTest(name=name):
                self.assertEqual(self.client.get(reverse(f"{name}_changelist")).status_code, 200)
                obj = page.get_queryset(self.client.get("/admin/").wsgi_request).first()
                if obj is None:
                    continue
                for view in ("change", "history"):
                    url = reverse(f"{name}_{view}", args=[obj.pk])
                    self.assertEqual(self.client.get(url).status_code, 200, url)
        self.assertEqual(self.client.get("/admin/").status_code, 200)

    def test_pages_of_other_packages_are_left_out(self):
        with self.assertRaises(NoReverseMatch):
            reverse("admin:account_emailaddress_changelist")
