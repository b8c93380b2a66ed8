from django.test import TestCase

from audience.definition import AudienceDefinition, forbidden_filters, read_definition
from audience.models import Category, Filter, FilterRule, Person
from portal.base.refused import Refused

FULL = {
    "country": "BR",
    "regions": ["BR-SP", "BR-RJ"],
    "age_from": 25,
    "age_until": 39,
    "tiers": ["premium", "middle"],
    "category": "general",
}


class ReadDefinitionTests(TestCase):
    def refusal(self, **changes) -> str:
        with self.assertRaises(Refused) as caught:
            read_definition(FULL | changes)
        return caught.exception.sentence

    def test_it_reads_back_what_it_wrote(self):
        definition = read_definition(FULL)
        self.assertEqual(read_definition(definition.as_json()), definition)
        self.assertEqual(definition.bands, [1, 2, 3])
        self.assertTrue(definition.is_filtered)

    def test_a_country_alone_is_an_audience(self):
        definition = read_definition({"country": "IN"})
        self.assertEqual(definition, AudienceDefinition("IN"))
        self.assertFalse(definition.is_filtered)
        self.assertEqual(len(definition.bands), 11)

    def test_all_regions_of_a_country_are_no_filter(self):
        from audience.places import regions_of

        self.assertEqual(
            read_definition({"country": "BR", "regions": list(regions_of("BR"))}),
            AudienceDefinition("BR"),
        )

    def test_it_refuses_each_strange_value_with_a_sentence(self):
        self.assertEqual(self.refusal(country="XX"), "Choose a country.")
        self.assertEqual(self.refusal(country=None), "Choose a country.")
        self.assertEqual(self.refusal(country=["BR"]), "Choose a country.")
        self.assertIn("IN-MH", self.refusal(regions=["IN-MH"]))
        self.assertIn("is a list", self.refusal(regions="BR-SP"))
        self.assertIn("is a list", self.refusal(regions=[1]))
        self.assertIn("gold", self.refusal(tiers=["gold"]))
        self.assertIn("Ages begin at", self.refusal(age_from=26))
        self.assertIn("Ages begin at", self.refusal(age_from="25"))
        self.assertIn("Ages end at", self.refusal(age_until=38))
        self.assertIn("Ages end at", self.refusal(age_until=True))
        self.assertIn("before the first", self.refusal(age_from=40))
        self.assertIn("what the campaign is about", self.refusal(category="gambling"))
        self.assertIn("no people", self.refusal(people=[1, 2]))

    def test_it_is_read_as_stored_without_the_rules(self):
        definition = read_definition(FULL)
        with self.assertNumQueries(0):
            self.assertEqual(AudienceDefinition.stored(definition.as_json()), definition)
            self.assertEqual(AudienceDefinition.stored({"country": "IN"}), AudienceDefinition("IN"))

    def test_two_share_people_where_a_cell_of_the_counts_is_in_both(self):
        whole = AudienceDefinition("BR")
        paulistas = AudienceDefinition("BR", regions=("BR-SP", "BR-RJ"))
        young = AudienceDefinition("BR", regions=("BR-SP",), age_until=24)
        premium = AudienceDefinition("BR", age_from=25, tiers=("premium",))
        cheap = AudienceDefinition("BR", tiers=("entry", "middle"), category="credit")
        for one, other, answer in (
            (whole, whole, True),
            (whole, AudienceDefinition("IN"), False),
            (whole, young, True),
            (paulistas, young, True),
            (paulistas, AudienceDefinition("BR", regions=("BR-AC",)), False),
            (young, premium, False),  # nobody is of both ages
            (premium, cheap, False),
            (young, cheap, True),
        ):
            self.assertEqual(one.may_share_people_with(other), answer, (one, other))
            self.assertEqual(other.may_share_people_with(one), answer, (other, one))

    def test_minors_cannot_be_chosen(self):
        self.assertIn("adults", self.refusal(age_from=13))

    def test_phone_within_a_region_needs_more_people(self):
        self.assertEqual(read_definition(FULL).floor, 10_000)
        self.assertEqual(read_definition(FULL | {"tiers": []}).floor, 1_000)
        self.assertEqual(read_definition(FULL | {"regions": []}).floor, 1_000)

    def test_it_says_itself_in_words(self):
        self.assertEqual(
            read_definition(FULL).in_words(),
            ["Brazil", "Rio de Janeiro", "São Paulo", "25 to 39", "Middle phone", "Premium phone"],
        )


class FilterRulesTests(TestCase):
    USES = {
        Filter.REGION: {"regions": ["BR-SP"]},
        Filter.AGE: {"age_from": 25},
        Filter.TIER: {"tiers": [Person.Tier.ENTRY.value]},
    }

    def test_every_cell_of_the_table_holds(self):
        for category in Category:
            for filter_, use in self.USES.items():
                raw = {"country": "BR", "category": category.value} | use
                with self.subTest(category=category, filter=filter_):
                    if category == Category.GENERAL:
                        self.assertEqual(read_definition(raw).filters, [filter_])
                    else:
                        with self.assertRaises(Refused) as caught:
                            read_definition(raw)
                        self.assertIn(str(filter_.label), caught.exception.sentence)

    def test_every_category_may_reach_a_whole_country(self):
        for category in Category:
            read = read_definition({"country": "BR", "category": category.value})
            self.assertEqual((read.country, read.filters), ("BR", []))

    def test_a_countrys_own_rule_wins_over_the_one_for_everywhere(self):
        FilterRule.objects.create(country="BR", category="credit", filter="age", allowed=True)
        FilterRule.objects.create(country="IN", category="general", filter="tier", allowed=False)
        self.assertEqual(forbidden_filters("BR", "credit"), [Filter.REGION, Filter.TIER])
        self.assertEqual(
            forbidden_filters("IN", "credit"), [Filter.REGION, Filter.AGE, Filter.TIER]
        )
        self.assertEqual(forbidden_filters("IN", "general"), [Filter.TIER])
        self.assertEqual(forbidden_filters("BR", "general"), [])
