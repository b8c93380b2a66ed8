"""The developers' pages: apps, tokens shown once, webhooks."""

import re
import shlex
from datetime import timedelta

from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from messaging.models import AccessToken, ApiCall, App, WebhookEndpoint, WebhookEvent
from messaging.services.messages import receive_message
from messaging.services.webhooks.addresses import set_webhook
from messaging.services.webhooks.calls import serve_due
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA
from messaging.tests.receiver import receiving
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

    @override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
    def test_an_address_may_be_of_the_account_or_of_one_profile(self):
        url = self.url("webhook_set", app_id=self.app.pk)
        data = {"verify_token": "hush", "fields_heard": ["messages"]}
        with receiving() as receiver:
            for level in ("account", f"profile:{self.profile.pk}"):
                self.client.post(url, data | {"url": receiver.url, "level": level})
            theirs = data | {"url": receiver.url, "level": f"profile:{self.other_profile.pk}"}
            self.assertEqual(self.client.post(url, theirs).status_code, 422)
        found = WebhookEndpoint.objects.order_by("level").values_list("level", "profile_id")
        self.assertEqual(list(found), [("account", None), ("profile", self.profile.pk)])

    def test_closing_an_app_closes_its_tokens(self):
        self.client.post(self.url("app_act", app_id=self.app.pk), {"act": "close"})
        self.assertError(self.call("GET", f"/{self.profile.pk}"), 401, 190, 460)

    @override_settings(API_LOG_AT_ONCE=True)
    def test_recent_calls_are_listed_without_secrets(self):
        self.call("GET", f"/v23.0/{self.profile.pk}?access_token={self.token}", token=None)
        page = self.client.get(self.url())
        self.assertContains(page, "access_token=…")
        self.assertNotContains(page, self.token)


class LogTests(ApiCase):
    def setUp(self) -> None:
        sign_in(self.client, self.alice)
        with self.settings(API_LOG_AT_ONCE=True):
            self.call("GET", f"/v23.0/{self.profile.pk}")
            self.call("POST", f"/v23.0/{self.profile.pk}/messages", {"messaging_product": "x's"})
            self.call("GET", f"/v23.0/{self.acme.pk}", token=self.other_token)
        self.log = reverse("api_log", kwargs={"slug": "acme"})

    def shown(self, **query: str) -> list[str]:
        return [call.method for call in self.client.get(self.log, query).context["calls"]]

    def test_calls_are_found_by_what_they_asked_and_answered(self):
        self.assertEqual(self.shown(), ["POST", "GET"])
        self.assertEqual(self.shown(method="POST"), ["POST"])
        self.assertEqual(self.shown(answer="good"), ["GET"])
        self.assertEqual(self.shown(code="100"), ["POST"])
        self.assertEqual(self.shown(q="/messages"), ["POST"])
        self.assertEqual(self.shown(face="v1"), [])
        self.assertEqual(self.shown(app=str(self.app.pk)), ["POST", "GET"])
        self.assertEqual(self.shown(app="1"), [])
        for odd in ({"code": "x"}, {"before": "9" * 30}, {"q": "\x00"}, {"app": "²"}):
            self.assertEqual(self.client.get(self.log, odd).status_code, 200)

    def test_a_call_is_copied_as_curl_without_its_token(self):
        call = self.client.get(self.log).context["calls"][0]
        url = reverse("api_call", kwargs={"slug": "acme", "pk": call.pk})
        curl = self.client.get(url).context["curl"]
        self.assertIn("YOUR_TOKEN", curl)
        self.assertNotIn(self.token[9:], curl)
        words = shlex.split(curl)
        self.assertEqual(words[-1], '{"messaging_product": "x\'s"}')
        self.assertTrue(words[3].endswith(f"/v23.0/{self.profile.pk}/messages"))

    def test_nobody_elses_calls_are_shown(self):
        theirs = ApiCall.objects.exclude(business=self.acme).get()
        url = reverse("api_call", kwargs={"slug": "acme", "pk": theirs.pk})
        self.assertEqual(self.client.get(url).status_code, 404)
        for user, status in ((self.mallory, 404), (self.bob, 403)):
            sign_in(self.client, user)
            self.assertEqual(self.client.get(self.log).status_code, status)


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class WebhookPageTests(ApiCase):
    def setUp(self) -> None:
        sign_in(self.client, self.alice)
        self.receiver = self.enterContext(receiving())
        endpoint = set_webhook(self.app, url=self.receiver.url, verify_token="hush", by=self.alice)
        self.page = reverse("developer_webhook", kwargs={"slug": "acme", "uuid": endpoint.uuid})
        self.acts = reverse("webhook_act", kwargs={"slug": "acme", "uuid": endpoint.uuid})

    def act(self, **values: str):
        return self.client.post(self.acts, values, follow=True)

    def test_strangers_find_nothing_and_agents_may_not(self):
        for user, status in ((self.mallory, 404), (self.bob, 403)):
            sign_in(self.client, user)
            self.assertEqual(self.client.get(self.page).status_code, status)
            self.assertEqual(self.client.post(self.acts).status_code, status)

    def test_a_test_call_says_what_came_back(self):
        self.assertContains(self.act(act="test"), "It answered 200 after")
        self.receiver.answer = lambda body, headers: (500, b"oh no")
        page = self.act(act="test")
        self.assertContains(page, "The test call failed: it answered 500")
        self.assertContains(page, "oh no")
        self.assertEqual(len(self.client.get(self.page, {"result": "bad"}).context["attempts"]), 1)
        self.assertEqual(serve_due(timezone.now() + timedelta(days=2)), 0)  # tried once

    def test_an_event_and_a_span_are_sent_again(self):
        receive_message(ANA, self.profile, body="Hi")
        serve_due()
        event = WebhookEvent.objects.order_by("-id").first()
        self.assertContains(self.act(act="replay", event=str(event.pk)), "on its way again")
        serve_due()
        self.assertEqual(len(self.receiver.posts), 2)
        self.assertContains(
            self.act(act="span", since="2026-01-01T00:00", until="2025-01-01T00:00"), "ends before"
        )
        self.assertContains(self.act(act="span", since="x"), "Choose a beginning")
        ago = (timezone.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        to = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
        self.assertContains(self.act(act="span", since=ago, until=to), "events are on their way")
        serve_due()
        self.assertGreater(len(self.receiver.posts), 2)

    def test_another_businesss_event_is_not_replayed(self):
        theirs = WebhookEvent.objects.create(
            business=self.elsewhere, field="messages", facts={"value": {}}, body="{}"
        )
        self.assertEqual(self.act(act="replay", event=str(theirs.pk)).status_code, 404)
