"""Adverts are stopped by a link, without signing in."""

import base64
from urllib.parse import urlsplit

from django.test import Client, TestCase

from audience.models import Consent
from audience.tests.people import NOW, make_person
from messaging.models import Message
from messaging.services.gateway.batches import _shown
from messaging.services.people.stop_links import stop_url, who_stops_what
from messaging.tests.cast import ANA, Cast


class StopLinkTests(Cast, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.ana = make_person(ANA)

    def path(self) -> str:
        return urlsplit(stop_url(self.ana.pk, self.profile.pk)).path

    def is_stopped(self) -> bool:
        return Consent.objects.filter(
            person_id=self.ana.pk,
            kind=Consent.Kind.BUSINESS_MARKETING,
            scope_id=self.acme.pk,
            granted=False,
        ).exists()

    def test_an_altered_link_opens_nothing(self):
        path = self.path()
        for wrong in (path[:-3] + "AA/", "/m/stop/x/", "/m/stop/AAAA/", f"/m/stop/{'A' * 60}/"):
            self.assertEqual(self.client.get(wrong).status_code, 404, wrong)
            self.assertEqual(self.client.post(wrong).status_code, 404, wrong)
        self.assertFalse(self.is_stopped())

    def test_looking_changes_nothing_and_one_press_stops(self):
        self.assertContains(self.client.get(self.path()), "Stop the adverts")
        self.client.head(self.path())
        self.assertFalse(self.is_stopped())
        page = Client(enforce_csrf_checks=True).post(self.path(), follow=True)
        self.assertContains(page, "No more adverts from")
        self.assertTrue(self.is_stopped())

    def test_it_is_undone_on_the_same_page(self):
        self.client.post(self.path())
        self.assertContains(
            self.client.post(self.path(), {"do": "undo"}, follow=True), "Stop the adverts"
        )
        self.assertFalse(self.is_stopped())

    def test_the_link_tells_nothing_of_the_person_and_differs_each_time(self):
        first, second = (stop_url(self.ana.pk, self.profile.pk) for _time in range(2))
        self.assertNotEqual(first, second)
        sealed = base64.urlsafe_b64decode(urlsplit(first).path.split("/")[-2] + "==")
        self.assertNotIn(self.ana.pk.to_bytes(8), sealed)
        self.assertNotIn("Ana", self.client.get(urlsplit(first).path).content.decode())

    def test_who_is_gone_has_no_link(self):
        token = urlsplit(stop_url(1, self.profile.pk)).path.split("/")[-2]
        self.assertIsNone(who_stops_what(token))

    def test_a_messenger_gets_it_with_adverts_only(self):
        shown = {
            kind: _shown(
                Message(
                    person_id=ANA,
                    id=1,
                    profile_id=self.profile.pk,
                    message_class=kind,
                    body="Hi",
                    created_at=NOW,
                ),
                None,
                {},
            )
            for kind in ("marketing", "service", "authentication")
        }
        token = urlsplit(shown["marketing"]["stop_url"]).path.split("/")[-2]
        self.assertEqual(who_stops_what(token), (ANA, self.profile))
        self.assertNotIn("stop_url", shown["service"] | shown["authentication"])
