"""The pure functions against scipy, and against the figures that the design publishes."""

from math import isclose, log

from django.test import SimpleTestCase
from scipy import stats

from trust.evidence import (
    beta_tail,
    calm_days,
    colour,
    decayed,
    judge_first_batch,
    likelihood,
    reports_until,
    score,
    step,
)
from trust.rules import Rules

RULES = Rules()


class BetaTailTests(SimpleTestCase):
    def test_it_agrees_with_scipy(self):
        for a in (0.5, 1, 5.5, 40, 172.5, 15_000):
            for b in (0.5, 49, 99.5, 485, 9_928, 985_000):
                for p in (0.0001, 0.005, 0.015, 0.05, 0.5, 0.99):
                    with self.subTest(a=a, b=b, p=p):
                        self.assertTrue(
                            isclose(
                                beta_tail(a, b, p),
                                stats.beta.sf(p, a, b),
                                rel_tol=1e-7,
                                abs_tol=1e-10,
                            )
                        )

    def test_the_ends_are_certain(self):
        self.assertEqual(beta_tail(2, 3, 0), 1)
        self.assertEqual(beta_tail(2, 3, 1), 0)


class LikelihoodTests(SimpleTestCase):
    def test_it_is_the_ratio_of_beta_binomials(self):
        for n in (50, 250, 10_000):
            for x in (0, 1, n // 100, n // 20, n // 2):
                bad = sum(
                    stats.betabinom.pmf(x, n, rate * 49, (1 - rate) * 49)
                    for rate in RULES.bad_rates
                )
                honest = stats.betabinom.pmf(x, n, 0.005 * 49, 0.995 * 49)
                self.assertAlmostEqual(likelihood(x, n, RULES), log(bad / 5 / honest), places=6)

    def test_without_over_dispersion_it_is_the_ratio_of_binomials(self):
        plain = Rules(rho=0)
        bad = sum(stats.binom.pmf(5, 100, rate) for rate in plain.bad_rates)
        expected = log(bad / 5 / stats.binom.pmf(5, 100, 0.005))
        self.assertAlmostEqual(likelihood(5, 100, plain), expected, places=8)

    def test_a_clean_unit_speaks_for_the_sender_and_a_dirty_one_against(self):
        self.assertLess(likelihood(0, 250, RULES), 0)
        self.assertLess(likelihood(1.25, 250, RULES), 0)  # the honest line itself
        self.assertGreater(likelihood(12.5, 250, RULES), 2)  # 5 %

    def test_one_unlucky_campaign_takes_no_badge_however_large(self):
        self.assertLess(likelihood(50_000, 1_000_000, RULES), RULES.warn_at)  # 5 %
        self.assertLess(likelihood(100_000, 1_000_000, RULES), RULES.limit_at)  # 10 %


class SumTests(SimpleTestCase):
    def test_good_behaviour_is_not_saved_up(self):
        evidence = 0.0
        for _ in range(20):
            evidence = step(evidence, likelihood(10, 10_000, RULES))
        self.assertEqual(evidence, 0)
        self.assertGreater(step(evidence, likelihood(2_000, 10_000, RULES)), RULES.limit_at)

    def test_it_halves_in_28_days(self):
        self.assertAlmostEqual(decayed(10, 28, RULES), 5)
        self.assertAlmostEqual(calm_days(9.2, 2.3, RULES), 56)
        self.assertEqual(calm_days(1, 2.3, RULES), 0)

    def test_campaigns_of_ten_thousand_at_ten_percent_climb_as_published(self):
        evidence, reached = 0.0, {}
        for unit in range(1, 10):
            evidence = step(evidence, likelihood(1_000, 10_000, RULES))
            for line in (6.9, 18.4):
                if evidence >= line:
                    reached.setdefault(line, unit)
        self.assertEqual(reached[6.9], 2)
        self.assertLessEqual(reached[18.4], 5)

    def test_an_honest_sender_is_outrageous_less_than_once_in_a_million_years(self):
        once = stats.beta.sf(RULES.outrage_rate, 0.005 * 49, 0.995 * 49)
        self.assertLess(365 * once, 1e-6)  # a campaign on each day of a year


class ScoreTests(SimpleTestCase):
    def test_an_unknown_sender_is_at_its_prior(self):
        self.assertAlmostEqual(score([], RULES)[0], 1 / 250)
        self.assertEqual(colour(*score([], RULES), RULES), "unknown")

    def test_old_complaints_fade_and_then_go(self):
        fresh = score([(10, 1_000, 0)], RULES)[0]
        older = score([(10, 1_000, 14), (0, 1_000, 0)], RULES)[0]
        self.assertGreater(fresh, older)
        self.assertEqual(score([(10, 1_000, 29)], RULES)[1], 0)

    def test_the_colours_follow_the_published_lines(self):
        self.assertEqual(colour(0.0049, 1_000, RULES), "green")
        self.assertEqual(colour(0.005, 1_000, RULES), "yellow")
        self.assertEqual(colour(0.0101, 1_000, RULES), "red")
        self.assertEqual(colour(0.004, 99, RULES), "unknown")
        self.assertEqual(colour(0.02, 50, RULES), "red")


class FirstBatchTests(SimpleTestCase):
    def test_it_stops_when_we_are_sure_enough(self):
        for n, last_good, first_bad in ((500, 14, 15), (10_000, 171, 172)):
            self.assertFalse(judge_first_batch(n, last_good, last_good).stop)
            look = judge_first_batch(n, first_bad, first_bad)
            self.assertTrue(look.stop)
            self.assertAlmostEqual(
                look.certainty, stats.beta.sf(0.015, 0.5 + first_bad, 99.5 + n - first_bad), 8
            )

    def test_four_people_stop_nothing(self):
        self.assertFalse(judge_first_batch(40, 4, 4).stop)
        self.assertTrue(judge_first_batch(40, 5, 5).stop)

    def test_five_light_reporters_stop_nothing(self):
        self.assertFalse(judge_first_batch(500, 4.9, 49).stop)

    def test_more_complaints_than_viewers_is_no_error(self):
        self.assertTrue(judge_first_batch(0, 6, 6).stop)


class WhatWouldTipItTests(SimpleTestCase):
    def test_it_says_how_many_more_reports(self):
        more = reports_until(4.6, 0, 2, 500, RULES)
        self.assertGreaterEqual(step(0, likelihood(2 + more, 500, RULES)), 4.6)
        self.assertLess(step(0, likelihood(1 + more, 500, RULES)), 4.6)

    def test_nothing_more_is_needed_where_it_is_reached(self):
        self.assertEqual(reports_until(4.6, 5, 50, 500, RULES), 0)
