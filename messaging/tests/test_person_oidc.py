"""People sign in at the operator's OpenID Connect provider: a real one, run on this machine."""

import re
import time
from contextlib import contextmanager
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import requests
from authlib.oidc.core import IDToken
from django.conf import settings
from django.test import Client, TestCase, override_settings
from oidc_provider_mock import User as Account
from oidc_provider_mock import run_server_in_thread

from audience.tests.people import make_person
from messaging.inbox import oidc
from messaging.services.people.sessions import person_behind

ANA = 7
START, DONE = "/m/sign-in/", "/m/sign-in/done/"


@contextmanager
def provider(**claims: str):
    """A provider at which user-7 has an account."""
    accounts = [Account(sub=f"user-{ANA}", claims=claims), Account(sub="stranger", claims={})]
    with run_server_in_thread(require_nonce=True, user_claims=accounts) as server:
        yield f"http://localhost:{server.server_port}"


def at(issuer: str, **more: str):
    return override_settings(
        OIDC_ISSUER=issuer, OIDC_CLIENT_ID="signet", OIDC_CLIENT_SECRET="hush hush", **more
    )


class SignInTests(TestCase):
    def setUp(self):
        make_person(ANA)
        oidc._client_of.cache_clear()
        self.browser = Client()

    def go(self, sub: str = f"user-{ANA}", browser: Client | None = None) -> str:
        """Sign in at the provider as `sub`. Returns where it sends the browser back to."""
        there = (browser or self.browser).get(START)
        self.assertEqual(there.status_code, 302, there.content[:500])
        answer = requests.post(
            there.headers["Location"], data={"sub": sub}, allow_redirects=False, timeout=10
        )
        return answer.headers["Location"].removeprefix(settings.SITE_URL)

    def assertNobodyIn(self, response, status: int = 403):
        self.assertEqual(response.status_code, status)
        self.assertNotIn("signet_person", response.cookies)
        self.assertContains(response, "Sign in", status_code=status)

    def test_without_the_setting_there_is_no_such_page(self):
        for path in (START, DONE):
            self.assertEqual(Client().get(path).status_code, 404)
        self.assertNotContains(Client().get("/m/welcome/"), START)

    def test_a_person_comes_in_and_is_no_user(self):
        with provider() as issuer, at(issuer):
            self.assertContains(self.browser.get("/m/welcome/"), START)
            response = self.browser.get(self.go())
        self.assertRedirects(response, "/m/", fetch_redirect_response=False)
        cookie = response.cookies["signet_person"].value
        self.assertEqual(person_behind(cookie).person_id, ANA)
        self.assertNotIn("_auth_user_id", self.browser.session)
        from profiles.models import User

        self.assertFalse(User.objects.exists())

    def test_the_way_a_person_wanted_to_go_is_kept(self):
        with provider() as issuer, at(issuer):
            self.browser.get("/m/settings/")
            response = self.browser.get(self.go())
        self.assertRedirects(response, "/m/settings/", fetch_redirect_response=False)

    def test_the_request_has_state_nonce_and_proof_key(self):
        with provider() as issuer, at(issuer):
            asked = parse_qs(urlsplit(self.browser.get(START).headers["Location"]).query)
        self.assertEqual(asked["code_challenge_method"], ["S256"])
        self.assertEqual(asked["scope"], ["openid"])
        self.assertEqual(asked["redirect_uri"], [settings.SITE_URL + DONE])
        for name in ("state", "nonce", "code_challenge"):
            self.assertGreater(len(asked[name][0]), 16)

    def test_another_claim_can_hold_the_id(self):
        with (
            provider(email=f"user-{ANA}") as issuer,
            at(issuer, OIDC_CLAIM="email", OIDC_SCOPE="openid email"),
        ):
            self.assertIn("signet_person", self.browser.get(self.go()).cookies)

    def test_who_is_not_here_does_not_come_in(self):
        with provider() as issuer, at(issuer):
            self.assertNobodyIn(self.browser.get(self.go("stranger")))

    def test_another_browser_or_an_altered_answer_gets_nobody_in(self):
        with provider() as issuer, at(issuer):
            self.assertNobodyIn(Client().get(self.go()))
            back = self.go()
            self.assertNobodyIn(self.browser.get(re.sub(r"state=[^&]+", "state=x", back)))
            back = self.go()
            self.assertNobodyIn(self.browser.get(re.sub(r"code=[^&]+", "code=x", back)))
            self.assertNobodyIn(self.browser.get(DONE))
            self.assertNobodyIn(self.browser.get(f"{DONE}?error=access_denied"))

    def test_an_answer_works_once(self):
        with provider() as issuer, at(issuer):
            back = self.go()
            self.assertIn("signet_person", self.browser.get(back).cookies)
            self.assertNobodyIn(self.browser.get(back))

    def test_a_token_for_somebody_else_or_too_old_gets_nobody_in(self):
        def altered(**changes):
            validate = IDToken.validate

            def look(token, now=None, leeway=0):
                token.update(changes)
                return validate(token, now, leeway)

            return patch.object(IDToken, "validate", look)

        with provider() as issuer, at(issuer):
            for changes in (
                {"aud": "another client"},
                {"iss": "https://evil.example"},
                {"nonce": "another"},
                {"exp": int(time.time()) - 1_000},
            ):
                back = self.go()
                with altered(**changes):
                    self.assertNobodyIn(self.browser.get(back))

    def test_a_token_signed_by_another_provider_gets_nobody_in(self):
        with provider() as issuer, provider() as other, at(issuer):
            back = self.go()
            client = oidc._client()
            client.server_metadata["jwks_uri"] = f"{other}/jwks"
            client.server_metadata.pop("jwks", None)
            self.assertNobodyIn(self.browser.get(back))

    def test_a_provider_that_is_away_or_somebody_else_is_said_so(self):
        with at("http://localhost:1"):
            self.assertNobodyIn(self.browser.get(START), 503)
        with provider() as issuer, at(issuer):
            oidc._client().load_server_metadata()["issuer"] = "https://evil.example"
            self.assertNobodyIn(self.browser.get(START), 503)
