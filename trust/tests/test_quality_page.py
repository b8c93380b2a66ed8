from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from profiles.models import Membership
from profiles.tests.people import make_profile, member, person, sign_in, staff, verified_profile
from trust.models import Appeal
from trust.services.evaluation import look_at_campaign
from trust.services.standing import revoke_profile
from trust.tests.acts import campaign


class QualityPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.business = cls.acme.business
        cls.alice = person("alice")
        cls.bob = member(cls.business)
        cls.mallory = person("mallory")
        cls.url = reverse("quality", args=[cls.business.slug])

    def as_alice(self):
        return sign_in(self.client, self.alice)

    def test_a_stranger_finds_nothing(self):
        sign_in(self.client, self.mallory)
        self.assertEqual(self.client.get(self.url).status_code, 404)

    def test_an_agent_may_not_read_it_and_an_analyst_may(self):
        sign_in(self.client, self.bob)
        self.assertEqual(self.client.get(self.url).status_code, 403)
        sign_in(self.client, member(self.business, Membership.Role.ANALYST))
        self.assertEqual(self.client.get(self.url).status_code, 200)

    def test_each_profile_of_a_business_has_its_own(self):
        now = timezone.now()
        self.assertNotContains(self.as_alice().get(self.url), "<select")
        shop = make_profile(self.business, "acme_shop")
        campaign(self.acme, unit=1, seen=1_000, complaints=40, now=now)
        campaign(shop, unit=2, seen=1_000, complaints=40, now=now)

        first = self.as_alice().get(self.url)
        other = self.as_alice().get(self.url, {"profile": "acme_shop"})
        self.assertContains(first, "Campaign 1")
        self.assertNotContains(first, "Campaign 2")
        self.assertContains(other, "Campaign 2")
        self.assertNotContains(other, "Campaign 1")
        self.assertContains(other, '<option value="acme_shop" selected>')
        self.assertContains(other, '?profile=acme_shop" hx-trigger')

    def test_the_chart_shows_every_rung(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=40, now=timezone.now())
        page = self.as_alice().get(self.url)
        for words in ("Warning at 4.6", "Limit at 6.9", "Suspension at 18.4", "Revocation at 23"):
            self.assertContains(page, words)

    def test_a_new_profile_has_nothing_to_judge_yet(self):
        self.assertContains(self.as_alice().get(self.url), "Nothing to judge yet")

    def test_it_shows_the_own_numbers_in_the_rules(self):
        now = timezone.now()
        campaign(self.acme, unit=1, seen=1_000, complaints=40, now=now)
        page = self.as_alice().get(self.url)
        self.assertContains(page, "Campaign 1")
        self.assertContains(page, "under 50")  # a campaign's few complaints are no number
        self.assertContains(page, "Spam")
        self.assertContains(page, "would reach the next rung")

    def test_both_rules_are_there_with_its_own_numbers(self):
        now = timezone.now()
        campaign(self.acme, unit=1, seen=1_000, complaints=60, now=now)
        look_at_campaign(self.acme, campaign_id=1, now=now)
        page = self.as_alice().get(self.url)
        self.assertContains(page, "P(rate &gt; 1.5\u00a0%) ≥ 95\u00a0%")
        self.assertContains(page, "E = max(0, E × ½^(days / 28) + L)")
        self.assertContains(page, "Yours: E is <b>")
        self.assertContains(page, "<b>1 stopped</b> in 28 days")

    def test_it_asks_few_queries_however_many_units(self):
        now = timezone.now()
        asked = []
        for number in range(5):
            campaign(self.acme, unit=number, seen=100, complaints=1, now=now)
            with CaptureQueriesContext(connection) as queries:
                self.as_alice().get(self.url)
            asked.append(len(queries))
        self.assertEqual(asked[1], asked[4])


class DecisionPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.decision = revoke_profile(
            cls.acme, by=staff("moderator", name="mo"), reason="Sold fake tickets"
        )
        cls.url = reverse("decision", args=[cls.acme.business.slug, cls.decision.uuid])
        cls.alice = person("alice")

    def test_a_stranger_finds_nothing(self):
        sign_in(self.client, person("mallory"))
        self.assertEqual(self.client.get(self.url).status_code, 404)

    def test_another_businesss_decision_is_not_found(self):
        other = verified_profile("other")
        sign_in(self.client, self.alice)
        url = reverse("decision", args=[other.business.slug, self.decision.uuid])
        self.assertEqual(self.client.get(url).status_code, 404)

    def test_the_business_reads_why_without_the_name_of_staff(self):
        page = sign_in(self.client, self.alice).get(self.url)
        self.assertContains(page, "Sold fake tickets")
        self.assertContains(page, "Why is the decision wrong?")
        self.assertNotContains(page, "mo@example.com")

    def test_the_owner_appeals_once(self):
        sign_in(self.client, self.alice)
        self.assertRedirects(self.client.post(self.url, {"text": "We sell real ones."}), self.url)
        self.assertEqual(Appeal.objects.get().filed_by, self.alice)
        self.assertContains(self.client.get(self.url), "We sell real ones.")
        again = self.client.post(self.url, {"text": "Again"})
        self.assertContains(again, "appealed already")
        self.assertEqual(Appeal.objects.count(), 1)

    def test_an_analyst_reads_but_does_not_appeal(self):
        analyst = member(self.acme.business, Membership.Role.ANALYST)
        sign_in(self.client, analyst)
        self.assertNotContains(self.client.get(self.url), "Send the appeal")
        self.assertContains(self.client.post(self.url, {"text": "No"}), "Ask one of them")
        self.assertFalse(Appeal.objects.exists())

    def test_an_empty_appeal_is_sent_back(self):
        sign_in(self.client, self.alice)
        self.assertContains(self.client.post(self.url, {"text": " "}), "This field is required")
