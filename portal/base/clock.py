"""Whose clock a page shows."""

from contextlib import AbstractContextManager
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone


def by_clock_of(time_zone: str) -> AbstractContextManager:
    """Times within are shown, and read from forms, by this IANA zone; by UTC where it is none."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = ZoneInfo("UTC")
    return timezone.override(zone)
