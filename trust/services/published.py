"""What a business may know of its judgement. The exact numbers are for rules, staff and appeals.

One person's complaint must not be readable from any number shown to the business, nor that a person
saw an advert at all (docs/privacy.md):
- a campaign's counts are those of its own page: noised once, hidden when small;
- a day of single messages counts people whom the business knows, so how many saw them is exact;
  complaints are hidden while the day had too few people for one to be lost in;
- all that follows from true complaints (evidence, rate, reports to the next rung) moves in steps
  which no single person makes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import floor

from django.utils.translation import gettext as _

from trust.models import Unit
from trust.rules import Rules

HIDDEN_BELOW = 50  # people, as on the campaigns' pages
STEP = 5  # people: the least that moves a rate
RATES = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0)  # steps of a rate

# delivered, blocked, reported; None: fewer than what "hidden_below" says.
Counts = Mapping[str, int | None]


def _nobody_counts(campaigns: Iterable[int]) -> Mapping[int, Counts]:
    return {}


_counts_of: Callable[[Iterable[int]], Mapping[int, Counts]] = _nobody_counts


def campaigns_are_counted_by(counts_of: Callable[[Iterable[int]], Mapping[int, Counts]]) -> None:
    """Whoever sends campaigns says here how to get their published counts, by campaign id."""
    global _counts_of
    _counts_of = counts_of


@dataclass(frozen=True)
class PublishedUnit:
    """A campaign or a day of single messages, as its business sees it.

    Attributes:
        people, blocks, reports: published counts; None is "fewer than `hidden_below`".
        rate: share that complained; where a count is hidden, what it is certainly under.
        rate_is_bound: whether `rate` is that upper bound. None and True: nothing can be said.
        evidence: what it added, in whole points; 0 where it added less than one or took away.
    """

    key: str
    title: str
    started_at: datetime
    stopped_at: datetime | None
    people: int | None
    blocks: int | None
    reports: int | None
    rate: float | None
    rate_is_bound: bool
    evidence: int
    hidden_below: int


def published_units(units: Iterable[Unit]) -> list[PublishedUnit]:
    """The units with the counts that may be shown, in the same order."""
    units = list(units)
    counts = _counts_of([unit.campaign_id for unit in units if unit.campaign_id])
    return [_published(unit, counts) for unit in units]


def published_evidence(value: float, rules: Rules) -> float:
    """E rounded down to a multiple of half the first rung: what one person adds never shows."""
    return floor(value / rules.warn_back + 1e-9) * rules.warn_back


def published_rate(rate: float, people: float) -> float:
    """A rate rounded down to the finest of RATES that five people or more make."""
    unit = next(unit for unit in RATES if unit * max(people, 1.0) >= STEP or unit == RATES[-1])
    return floor(rate / unit + 1e-9) * unit


def published_people(n: int) -> int | None:
    """A number of complaining people, rounded down to tens; None when it is small."""
    return n - n % 10 if n >= HIDDEN_BELOW else None


def in_words(n: int | None, *, below: int = HIDDEN_BELOW) -> str:
    return _("fewer than %(n)d") % {"n": below} if n is None else f"{n:,}"


def _published(unit: Unit, counts: Mapping[int, Counts]) -> PublishedUnit:
    below = HIDDEN_BELOW
    if unit.campaign_id:
        own = counts.get(unit.campaign_id, {})
        below = own.get("hidden_below") or HIDDEN_BELOW
        people, blocks, reports = (own.get(name) for name in ("delivered", "blocked", "reported"))
    else:
        people = unit.delivered
        is_many = people >= HIDDEN_BELOW
        blocks, reports = (unit.blocks, unit.reports) if is_many else (None, None)
    return PublishedUnit(
        key=unit.key,
        title=unit.title,
        started_at=unit.started_at,
        stopped_at=unit.stopped_at,
        people=people,
        blocks=blocks,
        reports=reports,
        rate=_rate(people, blocks, reports, below),
        rate_is_bound=blocks is None or reports is None,
        evidence=max(0, floor(unit.likelihood)),
        hidden_below=below,
    )


def _rate(people: int | None, blocks: int | None, reports: int | None, below: int) -> float | None:
    if not people:
        return None
    most = below - 1
    complaints = (most if blocks is None else blocks) + (most if reports is None else reports)
    return min(1.0, complaints / people)
