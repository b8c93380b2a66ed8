"""What a business sees of its judgement tells of no single person."""

from unittest import mock

from django.test import SimpleTestCase, TestCase
from django.urls import reverse
from django.utils import timezone

from profiles.tests.people import person, sign_in, verified_profile
from trust.rules import Rules
from trust.services import published
from trust.services.pictures import picture_of
from trust.services.published import published_evidence, published_people, published_rate
from trust.tests.acts import campaign

COUNTS = {1: {"delivered": 1_012, "blocked": 61, "reported": None}}


class StepsTests(SimpleTestCase):
    def test_evidence_moves_in_halves_of_the_first_rung(self):
        rules = Rules()
        shown = [published_evidence(value, rules) for value in (0, 2.2, 2.3, 4.5, 4.6, 6.9, 18.4)]
        self.assertEqual([round(value, 1) for value in shown], [0, 0, 2.3, 2.3, 4.6, 6.9, 18.4])

    def test_a_rate_moves_by_five_people_at_least(self):
        self.assertEqual(published_rate(7 / 400, 400), 0)
        self.assertAlmostEqual(published_rate(8 / 400, 400), 0.02)
        self.assertAlmostEqual(published_rate(15 / 400, 400), 0.02)
        self.assertEqual(published_rate(2 / 3, 3), 0)
        self.assertAlmostEqual(published_rate(0.00449, 1e6), 0.004)

    def test_few_people_are_no_number(self):
        self.assertEqual([published_people(n) for n in (0, 49, 50, 68)], [None, None, 50, 60])


class PublishedTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.alice = person("alice")

    def picture(self):
        return picture_of(self.acme, now=timezone.now())

    def test_a_campaign_shows_the_counts_of_its_own_page_and_no_others(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=55, now=timezone.now())
        with mock.patch.object(published, "_counts_of", lambda ids: COUNTS):
            [unit] = self.picture().units
        self.assertEqual((unit.people, unit.blocks, unit.reports), (1_012, 61, None))
        self.assertTrue(unit.rate_is_bound)
        self.assertAlmostEqual(unit.rate, (61 + 49) / 1_012)

    def test_where_nobody_counts_campaigns_nothing_is_shown(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=55, now=timezone.now())
        with mock.patch.object(published, "_counts_of", lambda ids: {}):
            [unit] = self.picture().units
        self.assertEqual((unit.people, unit.blocks, unit.reports, unit.rate), (None,) * 4)

    def test_one_complaint_more_or_less_is_not_seen_anywhere_on_the_page(self):
        now = timezone.now()
        pages = []
        sign_in(self.client, self.alice)
        for complaints in (2, 3):
            profile = verified_profile(f"shop{complaints}")
            campaign(profile, unit=complaints, seen=5_000, complaints=complaints, now=now)
            page = self.client.get(reverse("quality", args=[profile.business.slug]))
            self.assertEqual(page.status_code, 200)
            picture = picture_of(profile, now=now)
            pages.append(
                (picture.evidence, picture.score, picture.reporters, picture.reasons)
                + tuple((unit.blocks, unit.reports, unit.evidence) for unit in picture.units)
            )
        self.assertEqual(pages[0], pages[1])

    def test_a_day_of_few_messages_hides_who_complained(self):
        day = timezone.now()
        campaign(self.acme, unit=day.date(), seen=20, complaints=1, now=day)
        [unit] = self.picture().units
        self.assertEqual((unit.people, unit.blocks, unit.reports), (20, None, None))
