"""All about one business on the top of its page in the admin; each app adds what it knows.

@fact(order=10, permission="billing.view_subscription")
def plan(business: Business, now: datetime) -> Fact: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from profiles.models import Business, User


@dataclass(frozen=True)
class Fact:
    """One fact; `url` leads to what stands behind it, `tone` is "ok", "warn", "bad" or nothing."""

    label: str
    value: str
    note: str = ""
    url: str = ""
    tone: str = ""


Tell = Callable[[Business, datetime], Fact | None]

_facts: list[tuple[int, str, Tell]] = []


def fact(*, order: int, permission: str) -> Callable[[Tell], Tell]:
    """Adds a function that tells a fact, for staff with the permission; None tells nothing."""

    def add(tell: Tell) -> Tell:
        _facts.append((order, permission, tell))
        _facts.sort(key=lambda entry: entry[0])
        return tell

    return add


def facts_of(business: Business, *, for_user: User, now: datetime) -> list[Fact]:
    """What this member of staff may know of the business, in order."""
    allowed = [tell for _order, permission, tell in _facts if for_user.has_perm(permission)]
    return [told for tell in allowed if (told := tell(business, now))]
