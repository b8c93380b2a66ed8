"""What stands in addresses and forms, read so that no writing is a fault of ours."""

from datetime import datetime

from django.utils.dateparse import parse_datetime

LONGEST = 18  # digits; what has more is no id of ours, and too large for the database
YEARS = range(1970, 2200)  # beyond, zones of time lead out of what can be reckoned with


def number_in(written: str) -> int | None:
    """The whole number that was written in digits, 0 or more; None where it is none."""
    plain = written.isascii() and written.isdecimal() and len(written) <= LONGEST
    return int(written) if plain else None


def moment_in(written: str) -> datetime | None:
    """The moment in ISO 8601 that was written, with or without a zone; None where it is none."""
    try:
        found = parse_datetime(written)
    except ValueError:  # it looks like a moment, and has a thirteenth month
        return None
    return found if found and found.year in YEARS else None
