import csv
import io
from collections import Counter
from datetime import date

from django.test import TestCase

from audience.models import Person
from audience.population import make_population
from audience.services.people import import_people
from audience.services.tiers import refresh_tiers
from audience.tests.people import NOW

TODAY = date(2026, 11, 23)


def population(people: int, **options) -> str:
    file = io.StringIO()
    make_population(file, people, today=TODAY, **options)
    return file.getvalue()


class MakePopulationTests(TestCase):
    def test_the_same_seed_makes_the_same_people(self):
        self.assertEqual(population(50), population(50))
        self.assertNotEqual(population(50), population(50, seed=2))

    def test_every_line_loads_and_most_people_have_a_tier(self):
        result = import_people(io.BytesIO(population(2_000).encode()), now=NOW)
        self.assertEqual((result.added, result.rejected), (2_000, 0))
        refresh_tiers(now=NOW)
        with_tier = Person.objects.exclude(tier=None)
        self.assertGreater(with_tier.count(), 1_700)
        for country in ("BR", "IN"):
            tiers = Counter(with_tier.filter(country=country).values_list("tier", flat=True))
            for tier in Person.Tier.values:
                self.assertGreater(tiers[tier], 0.2 * tiers.total(), (country, tiers))

    def test_people_are_spread_as_the_figures_say(self):
        people = list(csv.DictReader(io.StringIO(population(20_000))))
        brazil = [person for person in people if person["country"] == "BR"]
        self.assertAlmostEqual(len(brazil) / len(people), 0.6, delta=0.02)
        states = Counter(person["region"] for person in brazil)
        self.assertAlmostEqual(states["BR-SP"] / len(brazil), 44.4 / 203.1, delta=0.02)
        iphones = sum(person["device"].startswith("iPhone") for person in brazil)
        self.assertAlmostEqual(iphones / len(brazil), 0.19, delta=0.02)
        self.assertEqual(sum(states.values()), len(brazil))
        unknown = sum(not person["birth_year"] for person in people)
        self.assertAlmostEqual(unknown / len(people), 0.03, delta=0.01)
