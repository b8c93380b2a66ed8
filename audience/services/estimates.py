"""How many people an audience reaches: sums of noised cells, the same however often one asks."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from audience.definition import FLOOR, AudienceDefinition
from audience.models import Filter, Snapshot
from audience.places import country_name, region_name
from portal.base.refused import Refused

MOST_NAMED = 3  # regions by name in the funnel; more are counted


@dataclass(frozen=True)
class Count:
    """A published number of people: `people` is the sum of noised cells, never a true count."""

    people: int

    @property
    def is_hidden(self) -> bool:
        """Too few to be told apart from none."""
        return self.people < FLOOR

    @property
    def low(self) -> int:
        """Rounded down to two significant digits; 0 where hidden."""
        return 0 if self.is_hidden else self.people - self.people % self._unit

    @property
    def high(self) -> int:
        return FLOOR if self.is_hidden else self.low + self._unit

    @property
    def _unit(self) -> int:
        return 10 ** (len(str(self.people)) - 2)

    def __str__(self) -> str:
        if self.is_hidden:
            return _("fewer than %(floor)s") % {"floor": _number(FLOOR)}
        return f"{_number(self.low)}–{_number(self.high)}"


@dataclass(frozen=True)
class Step:
    """One rule of the funnel: how many are left after it, and without it at the end."""

    filter: str  # value of Filter, or "country"
    label: str
    left: Count
    without: Count | None
    share: int  # per cent of the first step that is left, 0 to 100


@dataclass(frozen=True)
class Estimate:
    """What an audience reaches, as published.

    Attributes:
        count: people, noised; `count.people` is what usage debits.
        floor: the fewest it must have to be used.
        steps: who falls away, in the order country, region, age, phone.
        reason: why it can't be used; empty where it can.
        snapshot: the counts it is made of.
    """

    count: Count
    floor: int
    steps: Sequence[Step]
    reason: str
    snapshot: Snapshot

    @property
    def may_run(self) -> bool:
        return not self.reason


def estimate(definition: AudienceDefinition, *, snapshot: Snapshot | None = None) -> Estimate:
    """The published number of adults with consent to adverts who match, with its funnel.

    Arguments:
        snapshot: the counts to use; the latest by default.

    Raises:
        Refused: where nothing has been counted yet.
    """
    snapshot, cells = _cells(definition, snapshot)
    left, without = _sums(definition.filters, cells)
    count = left[-1]
    return Estimate(
        count=count,
        floor=definition.floor,
        steps=_steps(definition, left, without),
        reason=_reason(definition, count),
        snapshot=snapshot,
    )


def estimate_by_region(country: str, *, snapshot: Snapshot | None = None) -> dict[str, Count]:
    """Region -> published number of people in it; for the map."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT region, sum(n) FROM audience_noisedcell"
            " WHERE snapshot_id = %s AND country = %s GROUP BY region",
            [(snapshot or latest_snapshot()).pk, country],
        )
        return {region: Count(n) for region, n in cursor.fetchall()}


def tier_share(country: str, *, snapshot: Snapshot | None = None) -> int:
    """Per cent of the country's people whose phone is known to be of some tier."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n) FILTER (WHERE tier <> ''), sum(n) FROM audience_noisedcell"
            " WHERE snapshot_id = %s AND country = %s",
            [(snapshot or latest_snapshot()).pk, country],
        )
        known, everyone = cursor.fetchone()
    return _share(known or 0, everyone or 0)


def latest_snapshot() -> Snapshot:
    """The counts that are published now. Raises Refused before the first."""
    if snapshot := Snapshot.objects.order_by("taken_at").last():
        return snapshot
    raise _nothing_counted()


def _nothing_counted() -> Refused:
    return Refused(_("People have not been counted yet. Try again tomorrow."), code="no_snapshot")


_IN_ORDER = (Filter.REGION, Filter.AGE, Filter.TIER)  # as the query has them
_LATEST = "SELECT id, taken_at, epsilon, seconds FROM audience_snapshot"
# The snapshot, and the country's cells of it by which of the three filters they pass: at most eight
# sums, of which every step of the funnel is made. One round trip, and each cell is looked at once.
_CELLS = """
WITH chosen AS ({chosen})
SELECT chosen.*, sums.* FROM chosen LEFT JOIN (
  SELECT in_region, in_age, in_tier, sum(n) FROM (
    SELECT region = ANY(%(regions)s) AS in_region, band = ANY(%(bands)s) AS in_age,
      tier = ANY(%(tiers)s) AS in_tier, n
    FROM audience_noisedcell
    WHERE snapshot_id = (SELECT id FROM chosen) AND country = %(country)s) AS cells
  GROUP BY 1, 2, 3) AS sums ON true"""
_CELLS_OF_LATEST = _CELLS.format(chosen=f"{_LATEST} ORDER BY taken_at DESC LIMIT 1")
_CELLS_OF_ONE = _CELLS.format(chosen=f"{_LATEST} WHERE id = %(snapshot)s")

# The filters that some cells pass -> how many people are in these cells.
Cells = Sequence[tuple[frozenset[Filter], int]]


def _cells(definition: AudienceDefinition, snapshot: Snapshot | None) -> tuple[Snapshot, Cells]:
    """The snapshot's cells of the country, summed by what they pass."""
    with connection.cursor() as cursor:
        cursor.execute(
            _CELLS_OF_ONE if snapshot else _CELLS_OF_LATEST,
            {
                "snapshot": snapshot.pk if snapshot else None,
                "country": definition.country,
                "regions": list(definition.regions),
                "bands": definition.bands,
                "tiers": list(definition.tiers),
            },
        )
        rows = cursor.fetchall()
    if not rows:
        raise _nothing_counted()
    pk, taken_at, epsilon, seconds = rows[0][:4]
    found = snapshot or Snapshot(pk=pk, taken_at=taken_at, epsilon=epsilon, seconds=seconds)
    return found, [
        (
            frozenset(
                filter_ for filter_, passes in zip(_IN_ORDER, row[4:7], strict=True) if passes
            ),
            row[7] or 0,
        )
        for row in rows
    ]


def _sums(used: Sequence[Filter], cells: Cells) -> tuple[list[Count], dict[Filter, Count]]:
    """What is left after each used filter, beginning with the country; and without each."""

    def passing(chain: Sequence[Filter]) -> Count:
        return Count(sum(n for passed, n in cells if passed.issuperset(chain)))

    left = [passing(used[:n]) for n in range(len(used) + 1)]
    without = {filter_: passing([each for each in used if each != filter_]) for filter_ in used}
    return left, without


def _steps(
    definition: AudienceDefinition, left: Sequence[Count], without: dict[Filter, Count]
) -> list[Step]:
    labels = {
        "country": _("Adults in %(country)s who allow adverts")
        % {"country": country_name(definition.country)},
        Filter.REGION: _regions(definition),
        Filter.AGE: _("aged %(ages)s") % {"ages": definition.ages_in_words()},
        Filter.TIER: _("with the chosen phones"),
    }
    return [
        Step(
            filter=str(name),
            label=labels[name],
            left=count,
            without=without.get(name),  # type: ignore[call-overload]
            share=_share(count.people, left[0].people),
        )
        for name, count in zip(["country", *definition.filters], left, strict=True)
    ]


def _regions(definition: AudienceDefinition) -> str:
    if len(definition.regions) <= MOST_NAMED:
        names = ", ".join(region_name(code) for code in definition.regions)
        return _("in %(names)s") % {"names": names}
    return _("in %(n)d regions") % {"n": len(definition.regions)}


def _reason(definition: AudienceDefinition, count: Count) -> str:
    if count.people >= definition.floor:
        return ""
    floor = _number(definition.floor)
    if definition.floor > FLOOR:
        return _(
            "An audience by phone within a region needs at least %(floor)s people, so that nobody"
            " can be singled out. Take more regions, ages or phones."
        ) % {"floor": floor}
    return _(
        "An audience needs at least %(floor)s people, so that nobody can be singled out. Take more"
        " regions, ages or phones."
    ) % {"floor": floor}


def _share(part: int, whole: int) -> int:
    return min(100, max(0, round(100 * part / whole))) if whole > 0 else 0


def _number(n: int) -> str:
    return number_format(n, force_grouping=True)
