"""Who a campaign is for: a country, and within it regions, ages and phones. Never single people."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audience.ages import ADULT, HIGHEST, LOWEST, bands_between
from audience.models import Category, Filter, FilterRule, Person
from audience.places import country_name, region_name, regions_of
from portal.base.refused import Refused

FLOOR = 1_000  # people: nothing smaller is counted or reached
FINE_FLOOR = 10_000  # people, where phone and region are combined
MOST_REGIONS = 400


@dataclass(frozen=True)
class AudienceDefinition:
    """The stored form of an audience; `as_json` and `read_definition` are its two ways.

    Attributes:
        country: ISO 3166-1 code.
        regions: ISO 3166-2 codes; empty is the whole country.
        age_from: first age in years, the beginning of a band; 18 is the youngest.
        age_until: last age in years, the end of a band; None is no limit.
        tiers: values of Person.Tier; empty is every phone, also unknown ones.
        category: what the campaign is about, which decides what may be filtered.
    """

    country: str
    regions: tuple[str, ...] = ()
    age_from: int = ADULT
    age_until: int | None = None
    tiers: tuple[str, ...] = ()
    category: str = Category.GENERAL.value

    def as_json(self) -> dict[str, object]:
        """Plain lists and numbers, for a JSON column or an API."""
        return asdict(self) | {"regions": list(self.regions), "tiers": list(self.tiers)}

    @classmethod
    def stored(cls, json: Mapping[str, Any]) -> "AudienceDefinition":
        """What `as_json` wrote, without asking the rules of today once more."""
        lists = {key: tuple(json.get(key) or ()) for key in ("regions", "tiers")}
        return cls(**{**json, **lists})

    def may_share_people_with(self, other: "AudienceDefinition") -> bool:
        """Whether one person can be in both: whether a cell of the counts is in both."""

        def meet(mine: Collection[object], theirs: Collection[object]) -> bool:
            return not mine or not theirs or not set(mine).isdisjoint(theirs)

        return (
            self.country == other.country
            and meet(self.regions, other.regions)
            and meet(self.bands, other.bands)
            and meet(self.tiers, other.tiers)
        )

    @property
    def bands(self) -> list[int]:
        """The age bands it covers."""
        return bands_between(self.age_from, self.age_until)

    @property
    def filters(self) -> list[Filter]:
        """Which filters it uses, below the country."""
        used = {
            Filter.REGION: bool(self.regions),
            Filter.AGE: (self.age_from, self.age_until) != (ADULT, None),
            Filter.TIER: bool(self.tiers),
        }
        return [filter_ for filter_, is_used in used.items() if is_used]

    @property
    def is_filtered(self) -> bool:
        """Says a reply something about a person beyond the country?"""
        return bool(self.filters)

    @property
    def floor(self) -> int:
        """The fewest people, by the published estimate, that it may reach."""
        fine = Filter.TIER in self.filters and Filter.REGION in self.filters
        return FINE_FLOOR if fine else FLOOR

    def in_words(self) -> list[str]:
        """The filters as a person reads them: ["Brazil", "São Paulo", "25 and older", ...]."""
        words = [country_name(self.country), *(region_name(code) for code in self.regions)]
        if Filter.AGE in self.filters:
            words.append(self.ages_in_words())
        return words + [str(Person.Tier(tier).label) for tier in self.tiers]

    def ages_in_words(self) -> str:
        if self.age_until is None:
            return _("%(age)d and older") % {"age": self.age_from}
        return _("%(first)d to %(last)d") % {"first": self.age_from, "last": self.age_until}


@dataclass
class _Reader:
    """Takes an untrusted definition apart, key by key, and says what is wrong with it."""

    raw: Mapping[str, object]
    known: set[str] = field(default_factory=lambda: set(AudienceDefinition.__dataclass_fields__))

    def read(self) -> AudienceDefinition:
        if unknown := sorted(set(self.raw) - self.known):
            raise Refused(
                _("An audience has no %(keys)s.") % {"keys": ", ".join(map(str, unknown))[:200]},
                code="audience_invalid",
            )
        country = self.country()
        return AudienceDefinition(
            country=country,
            regions=self.regions(country),
            age_from=self.age_from(),
            age_until=self.age_until(),
            tiers=self.choices("tiers", Person.Tier.values),
            category=self.category(),
        )

    def country(self) -> str:
        country = self.raw.get("country")
        if not isinstance(country, str) or not country_name(country):
            raise Refused(_("Choose a country."), code="audience_invalid")
        return country

    def regions(self, country: str) -> tuple[str, ...]:
        known = regions_of(country)
        chosen = self.choices("regions", known)
        if len(chosen) > MOST_REGIONS:
            raise Refused(
                _("Choose fewer regions, or none for the whole country."), code="audience_invalid"
            )
        return () if len(chosen) == len(known) else chosen

    def choices(self, key: str, known) -> tuple[str, ...]:
        values = self.raw.get(key) or []
        if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
            raise Refused(_("“%(key)s” is a list.") % {"key": key}, code="audience_invalid")
        if strange := [value for value in values if value not in known]:
            raise Refused(
                _("“%(value)s” is not one of the %(key)s.")
                % {"value": strange[0][:40], "key": key},
                code="audience_invalid",
            )
        return tuple(value for value in known if value in set(values))

    def age_from(self) -> int:
        age = self.raw.get("age_from", ADULT)
        if isinstance(age, int) and not isinstance(age, bool) and age < ADULT:
            raise Refused(_("Adverts are for adults: begin at 18."), code="audience_minors")
        if isinstance(age, bool) or age not in LOWEST:
            raise Refused(
                _("Ages begin at %(ages)s.") % {"ages": ", ".join(map(str, LOWEST))},
                code="audience_invalid",
            )
        return int(age)

    def age_until(self) -> int | None:
        age = self.raw.get("age_until")
        if isinstance(age, bool) or age not in HIGHEST:
            raise Refused(
                _("Ages end at %(ages)s, or have no end.")
                % {"ages": ", ".join(str(age) for age in HIGHEST[:-1])},
                code="audience_invalid",
            )
        if age is not None and age < self.age_from():
            raise Refused(_("The last age comes before the first."), code="audience_invalid")
        return age

    def category(self) -> str:
        category = self.raw.get("category", Category.GENERAL.value)
        if category not in Category.values:
            raise Refused(_("Say what the campaign is about."), code="audience_invalid")
        return str(category)


def read_definition(raw: Mapping[str, object]) -> AudienceDefinition:
    """An audience from its JSON, checked in full, also against the rules of its category.

    Raises:
        Refused: with a sentence that says what to change.
    """
    if not isinstance(raw, Mapping):
        raise Refused(_("An audience is an object."), code="audience_invalid")
    definition = _Reader(raw).read()
    if forbidden := forbidden_filters(definition.country, definition.category):
        _refuse_filters(definition, forbidden)
    return definition


def forbidden_filters(country: str, category: str) -> list[Filter]:
    """The filters that campaigns of this category may not use in this country."""
    rules = FilterRule.objects.filter(category=category, country__in=["", country])
    # The country's own rule comes last and so has the last word.
    answers = {rule.filter: rule.allowed for rule in rules.order_by("country")}
    return [filter_ for filter_ in Filter if not answers.get(filter_.value, True)]


def _refuse_filters(definition: AudienceDefinition, forbidden: list[Filter]) -> None:
    if used := [filter_ for filter_ in definition.filters if filter_ in forbidden]:
        names = ", ".join(str(filter_.label) for filter_ in used)
        raise Refused(
            ngettext(
                "Campaigns about “%(about)s” may not choose people by %(names)s. Take it away.",
                "Campaigns about “%(about)s” may not choose people by %(names)s. Take them away.",
                len(used),
            )
            % {"about": Category(definition.category).label, "names": names},
            code="audience_filter_forbidden",
        )
