"""The developers' pages: apps, tokens shown once, webhooks."""

import re

from django.test import override_settings
from django.urls import reverse

from messaging.models import AccessToken, App, WebhookEndpoint
from messaging.tests.receiver import receiving
from messaging.tests.test_api_messages import ApiCase
from profiles.models import AuditRow, Membership
from profiles.tests.people import sign_in


class DevelopersPageTests(ApiCase):
    def setUp(self) -> None:
        sign_in(self.client, self.alice)

    def url(self, name: str = "developers", **kwargs) -> str:
        return reverse(name, kwargs={"slug": "acme", **kwargs})

    def test_strangers_find_nothing_and_agents_may_not(self):
        pages = [
            self.url(),
            self.url("developer_app", app_id=self.app.pk),
        ]
        acts = [
            self.url("app_act", app_id=self.app.pk),
            self.url("token_new", app_id=self.app.pk),
            self.url("token_revoke", pk=self.token_row.pk),
            self.url("webhook_set", app_id=self.app.pk),
        ]
        for user, status in ((self.mallory, 404), (self.bob, 403)):
            sign_in(self.client, user)
            for page in pages:
                self.assertEqual(self.client.get(page).status_code, status, page)
            for act in acts:
                self.assertEqual(self.client.post(act).status_code, status, act)

    def test_another_businesss_app_and_token_are_not_found_through_ones_own(self):
        theirs = App.objects.get(business=self.elsewhere)
        page = self.client.get(self.url("developer_app", app_id=theirs.pk))
        self.assertEqual(page.status_code, 404)
        token = AccessToken.objects.get(app=theirs)
        self.assertEqual(self.client.post(self.url("token_revoke", pk=token.pk)).status_code, 404)

    def test_a_developer_makes_an_app_and_sees_its_token_once(self):
        Membership.objects.filter(user=self.bob).update(role=Membership.Role.DEVELOPER)
        sign_in(self.client, self.bob)
        page = self.client.post(self.url(), {"name": "Bot"}, follow=True)
        token = re.search(r"sgt_\w{40,}", page.content.decode())[0]
        self.assertContains(page, f"Authorization: Bearer {token}", html=False)
        self.assertContains(page, f"999{self.ana}")
        again = self.client.get(page.redirect_chain[-1][0])
        self.assertNotContains(again, token)
        self.assertEqual(self.call("GET", f"/{self.profile.pk}", token=token)[0], 200)
        self.assertFalse(AccessToken.objects.filter(sha256=token).exists())
        self.assertTrue(AuditRow.objects.filter(event="token.created", actor=self.bob).exists())

    def test_a_revoked_token_opens_nothing(self):
        self.client.post(self.url("token_revoke", pk=self.token_row.pk))
        self.assertError(self.call("GET", f"/{self.profile.pk}"), 401, 190, 460)

    def test_a_webhook_is_set_after_its_challenge_and_faults_are_said(self):
        url = self.url("webhook_set", app_id=self.app.pk)
        data = {"verify_token": "hush", "fields_heard": ["messages"]}
        with receiving() as receiver:
            refused = self.client.post(url, data | {"url": receiver.url})
            self.assertContains(refused, "https://", status_code=422)
            with override_settings(WEBHOOK_ALLOW_LOOPBACK=True):
                self.client.post(url, data | {"url": receiver.url})
        self.assertEqual(WebhookEndpoint.objects.get().url, receiver.url)

    def test_closing_an_app_closes_its_tokens(self):
        self.client.post(self.url("app_act", app_id=self.app.pk), {"act": "close"})
        self.assertError(self.call("GET", f"/{self.profile.pk}"), 401, 190, 460)

    @override_settings(API_LOG_AT_ONCE=True)
    def test_recent_calls_are_listed_without_secrets(self):
        self.call("GET", f"/v23.0/{self.profile.pk}?access_token={self.token}", token=None)
        page = self.client.get(self.url())
        self.assertContains(page, "access_token=…")
        self.assertNotContains(page, self.token)
