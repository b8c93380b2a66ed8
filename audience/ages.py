"""Ages as bands of years: what may be filtered, and the base cells of the estimates.

Only the year of birth is known, so an age is the full years that are certain: the birthday is taken
to be on 31 December. Whoever may still be 17 counts as 17.
"""

from datetime import datetime

ADULT = 18
LOWEST = (18, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70)  # first age of each band; the last is open
HIGHEST = (24, 29, 34, 39, 44, 49, 54, 59, 64, 69, None)  # last age of each band


def band_name(band: int) -> str:
    """The band as people read it: "25-29", "70+"."""
    return f"{LOWEST[band]}+" if HIGHEST[band] is None else f"{LOWEST[band]}-{HIGHEST[band]}"


def bands_between(age_from: int, age_until: int | None) -> list[int]:
    """The bands that two ages of their edges span."""
    return list(range(LOWEST.index(age_from), HIGHEST.index(age_until) + 1))


def birth_year_at(age: int, *, now: datetime) -> int:
    """The year of birth of those whose certain age is exactly `age`; earlier years are older."""
    return now.year - age - 1


def band_sql(*, now: datetime, column: str = "birth_year") -> str:
    """The band of a year of birth as SQL; `column` is a name of ours, never input.

    Null for minors and unknown years, by every path.
    """
    years = [
        f"WHEN {column} <= {birth_year_at(age, now=now)} THEN {band}"
        for band, age in reversed(list(enumerate(LOWEST)))
    ]
    return f"CASE {' '.join(years)} END"
