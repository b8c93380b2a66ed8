"""The simulated profile is judged exactly as a real one; and the bars can fail."""

from itertools import pairwise

import numpy as np
from django.test import SimpleTestCase, TestCase

from profiles.models import Profile
from profiles.tests.people import verified_profile
from trust.models import Unit
from trust.rules import Rules
from trust.services.evaluation import evaluate, look_at_campaign
from trust.simulation.book import Book
from trust.simulation.report import MUTANTS, Size, mutate
from trust.simulation.senders import batch_of, stop_line
from trust.tests.acts import DAY, NOW, complain, deliver


class SameAsTheProductTests(TestCase):
    def test_rows_and_numbers_come_to_the_same(self):
        acme = verified_profile("acme")
        Profile.objects.filter(pk=acme.pk).update(daily_cap=None)
        book, rng = Book(Rules(), {}), np.random.default_rng(7)
        for day in range(25):
            rate = 0.08 if 5 <= day < 9 else 0.002
            complaints = int(rng.binomial(400, rate))
            at = NOW + day * DAY
            deliver(acme, 400, unit=day, now=at)
            complain(acme, complaints, unit=day, now=at)
            look = look_at_campaign(acme, campaign_id=day, now=at)
            book.unit(
                float(day),
                float(complaints),
                400.0,
                reporters=complaints,
                clusters=10,
                stopped=look.stop,
            )
            evidence = evaluate(acme, now=at)
            with self.subTest(day=day):
                self.assertAlmostEqual(evidence.value, book.value, places=9)
                self.assertEqual(Profile.objects.get(pk=acme.pk).standing, book.standing)
        self.assertIn("limited", book.reached)
        self.assertTrue(Unit.objects.filter(stopped_at__isnull=False).exists())


class CampaignTests(SimpleTestCase):
    def test_the_first_batch_is_one_percent_within_its_bounds(self):
        self.assertEqual(
            [batch_of(n) for n in (50, 1_000, 60_000, 1_000_000, 9_000_000)],
            [50, 500, 600, 10_000, 10_000],
        )

    def test_the_line_of_rule_1_rises_slower_than_the_crowd(self):
        lines = [stop_line(n, Rules()) / n for n in (50, 250, 500, 10_000, 1_000_000)]
        self.assertTrue(all(a > b for a, b in pairwise(lines)))
        self.assertGreater(lines[-1], 0.015)


class MutantTests(SimpleTestCase):
    def test_each_idea_that_is_taken_out_fails_a_bar(self):
        small = Size(honest=150, others=6, runs=12, brigades=20)
        for name in MUTANTS:
            with self.subTest(name):
                self.assertTrue(mutate(name, small, seed=1))
