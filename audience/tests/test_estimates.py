import math
from collections import Counter
from datetime import timedelta
from fractions import Fraction
from random import Random
from unittest import mock

from django.db.models import Sum
from django.test import SimpleTestCase, TestCase
from django.utils import timezone

from audience import noise
from audience.ages import LOWEST
from audience.definition import AudienceDefinition
from audience.models import NoisedCell, Person, Snapshot
from audience.places import regions_of
from audience.services import snapshots
from audience.services.consent import opt_out
from audience.services.estimates import Count, estimate, estimate_by_region, tier_share
from audience.services.snapshots import take_due_snapshot, take_snapshot
from audience.tests.people import NOW, make_person
from portal.base.refused import Refused

BRAZIL = AudienceDefinition("BR")
NARROW = AudienceDefinition("BR", ("BR-SP",), 25, 39, ("middle", "premium"))


def snapshot_of(*people: dict, noise_of=0) -> Snapshot:
    for person_id, values in enumerate(people, start=1):
        make_person(person_id, **values)
    with mock.patch.object(snapshots, "discrete_laplace", return_value=noise_of):
        return take_snapshot(now=NOW, only=["BR"])


def published(count: int, **cell) -> Snapshot:
    """A snapshot with `count` people in one cell."""
    snapshot = snapshot_of()
    cell = {"region": "BR-SP", "band": 2, "tier": "middle"} | cell
    NoisedCell.objects.filter(snapshot=snapshot, **cell).update(n=count)
    return snapshot


class SnapshotTests(TestCase):
    def cells(self, snapshot) -> dict[tuple, int]:
        return {
            (cell.region, cell.band, cell.tier): cell.n
            for cell in NoisedCell.objects.filter(snapshot=snapshot).exclude(n=0)
        }

    def test_each_adult_with_consent_is_in_exactly_one_cell(self):
        snapshot = snapshot_of(
            {"region": "BR-SP", "birth_year": 1990, "tier": "middle"},  # 35: band 3
            {"region": "", "birth_year": 1940, "tier": None},  # 85: the last band
            {"region": "BR-RJ", "birth_year": 2007, "tier": "premium"},  # 18: the first band
        )
        self.assertEqual(
            self.cells(snapshot),
            {("BR-SP", 3, "middle"): 1, ("", 10, ""): 1, ("BR-RJ", 0, "premium"): 1},
        )

    def test_minors_unknown_ages_and_refusals_are_in_no_cell(self):
        snapshot = snapshot_of(
            {"birth_year": 2008},
            {"birth_year": 2015},
            {"birth_year": None},
            {"marketing": False},
            {"country": "IN", "region": "IN-MH"},
        )
        self.assertEqual(self.cells(snapshot), {})

    def test_empty_cells_are_drawn_as_well(self):
        snapshot = snapshot_of(noise_of=-3)
        every_cell = (len(regions_of("BR")) + 1) * len(LOWEST) * 4
        self.assertEqual(snapshot.cells.filter(n=-3).count(), every_cell)

    def test_published_cells_change_only_at_a_snapshot(self):
        first = snapshot_of({}, {})
        opt_out(1)
        self.assertEqual(estimate(BRAZIL).count.people, 2)
        with mock.patch.object(snapshots, "discrete_laplace", return_value=0):
            second = take_snapshot(now=NOW + timedelta(days=1), only=["BR"])
        self.assertEqual(estimate(BRAZIL).count.people, 1)
        self.assertEqual(estimate(BRAZIL).snapshot, second)
        self.assertEqual(estimate(BRAZIL, snapshot=first).count.people, 2)

    def test_a_snapshot_comes_only_when_the_last_is_old(self):
        with mock.patch.object(snapshots, "take_snapshot") as take:
            take_due_snapshot()
            self.assertTrue(take.called)
            take.reset_mock()
            old = Snapshot.objects.create(taken_at=timezone.now(), epsilon="1/4", seconds=1)
            self.assertEqual(take_due_snapshot(), "not due")
            self.assertFalse(take.called)
            old.taken_at -= timedelta(days=29)
            old.save()
            take_due_snapshot()
            self.assertTrue(take.called)

    def test_every_country_is_counted_unless_told_otherwise(self):
        with mock.patch.object(snapshots, "discrete_laplace", return_value=0):
            snapshot = take_snapshot(now=NOW)
        self.assertGreater(snapshot.cells.values("country").distinct().count(), 240)


class EstimateTests(TestCase):
    def test_it_is_the_sum_of_noised_cells_and_the_same_each_time(self):
        for person_id in range(1, 30):
            make_person(
                person_id,
                region=["BR-SP", "BR-RJ", ""][person_id % 3],
                birth_year=1950 + 2 * person_id,
                tier=[None, "middle"][person_id % 2],
            )
        snapshot = take_snapshot(now=NOW, only=["BR"])
        for definition in [BRAZIL, NARROW, AudienceDefinition("BR", age_from=40)]:
            cells = snapshot.cells.filter(band__in=definition.bands)
            if definition.regions:
                cells = cells.filter(region__in=definition.regions)
            if definition.tiers:
                cells = cells.filter(tier__in=definition.tiers)
            expected = cells.aggregate(n=Sum("n"))["n"]
            self.assertEqual(estimate(definition).count.people, expected)
            self.assertEqual(estimate(definition).count.people, expected)

    def test_the_funnel_says_who_falls_away_and_what_each_rule_costs(self):
        snapshot = published(5_000)
        NoisedCell.objects.filter(region="BR-RJ", band=2, tier="middle").update(n=3_000)
        NoisedCell.objects.filter(region="BR-SP", band=9, tier="middle").update(n=2_000)
        steps = estimate(NARROW, snapshot=snapshot).steps
        self.assertEqual([step.filter for step in steps], ["country", "region", "age", "tier"])
        self.assertEqual([step.left.people for step in steps], [10_000, 7_000, 5_000, 5_000])
        self.assertEqual([step.share for step in steps], [100, 70, 50, 50])
        self.assertEqual(
            [step.without and step.without.people for step in steps], [None, 8_000, 7_000, 5_000]
        )
        self.assertEqual(steps[0].label, "Adults in Brazil who allow adverts")

    def test_below_the_floor_it_may_not_run_and_says_why(self):
        snapshot = published(999)
        refused = estimate(BRAZIL, snapshot=snapshot)
        self.assertFalse(refused.may_run)
        self.assertIn("at least 1,000 people", refused.reason)
        self.assertEqual(str(refused.count), "fewer than 1,000")
        NoisedCell.objects.filter(n=999).update(n=1_000)
        self.assertTrue(estimate(BRAZIL, snapshot=snapshot).may_run)

    def test_phone_within_a_region_has_a_higher_floor(self):
        snapshot = published(9_999)
        self.assertIn("at least 10,000", estimate(NARROW, snapshot=snapshot).reason)
        self.assertTrue(estimate(AudienceDefinition("BR", ("BR-SP",))).may_run)
        self.assertTrue(estimate(AudienceDefinition("BR", tiers=("middle",))).may_run)
        NoisedCell.objects.filter(n=9_999).update(n=10_000)
        self.assertTrue(estimate(NARROW, snapshot=snapshot).may_run)

    def test_numbers_are_ranges_of_two_digits(self):
        for people, shown in {
            -12: "fewer than 1,000",
            999: "fewer than 1,000",
            1_000: "1,000–1,100",
            1_099: "1,000–1,100",
            59_412: "59,000–60,000",
            1_234_567: "1,200,000–1,300,000",
        }.items():
            self.assertEqual(str(Count(people)), shown)

    def test_a_country_without_counts_has_nobody(self):
        snapshot_of()
        self.assertEqual(estimate(AudienceDefinition("IN")).count.people, 0)

    def test_before_the_first_snapshot_it_says_so(self):
        with self.assertRaisesMessage(Refused, "not been counted yet"):
            estimate(BRAZIL)

    def test_the_map_and_the_share_of_known_phones_come_from_the_same_cells(self):
        published(3_000)
        NoisedCell.objects.filter(region="", band=0, tier="").update(n=1_000)
        self.assertEqual(estimate_by_region("BR")["BR-SP"].people, 3_000)
        self.assertEqual(tier_share("BR"), 75)

    def test_an_answer_is_one_query(self):
        snapshot = published(5_000)
        with self.assertNumQueries(1):
            estimate(NARROW, snapshot=snapshot)


class NoiseTests(SimpleTestCase):
    DRAWS = 40_000

    def test_draws_follow_the_discrete_laplace_distribution(self):
        epsilon, random = Fraction(1, 4), Random(7)
        drawn = Counter(noise.discrete_laplace(epsilon, random=random) for _ in range(self.DRAWS))
        weight = (1 - math.exp(-0.25)) / (1 + math.exp(-0.25))
        distance = sum(
            (drawn[x] - expected) ** 2 / expected
            for x in range(-12, 13)
            if (expected := self.DRAWS * weight * math.exp(-0.25 * abs(x)))
        )
        self.assertLess(distance, 52.6)  # chi-squared, 25 degrees of freedom, p = 0.001
        self.assertGreater(max(drawn), 20)

    def test_a_fraction_with_a_numerator_works_as_well(self):
        random = Random(7)
        draws = [noise.discrete_laplace(Fraction(2, 3), random=random) for _ in range(self.DRAWS)]
        zero = (1 - math.exp(-2 / 3)) / (1 + math.exp(-2 / 3))
        self.assertAlmostEqual(draws.count(0) / self.DRAWS, zero, delta=0.01)
        self.assertAlmostEqual(sum(draws) / self.DRAWS, 0, delta=0.05)

    def test_by_default_the_bits_come_from_the_system(self):
        self.assertEqual(type(noise._SYSTEM).__name__, "SystemRandom")


class TierOffTests(TestCase):
    def test_who_switched_the_tier_off_counts_without_one(self):
        snapshot = snapshot_of({"tier": None, "tier_source": Person.TierSource.OFF})
        self.assertEqual(snapshot.cells.get(n=1).tier, "")
