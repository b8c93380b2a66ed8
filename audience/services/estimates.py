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
    snapshot = snapshot or latest_snapshot()
    left, without = _sums(definition, snapshot)
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
    raise Refused(_("People have not been counted yet. Try again tomorrow."), code="no_snapshot")


_CONDITIONS = {
    Filter.REGION: "region = ANY(%(regions)s)",
    Filter.AGE: "band = ANY(%(bands)s)",
    Filter.TIER: "tier = ANY(%(tiers)s)",
}


def _sums(
    definition: AudienceDefinition, snapshot: Snapshot
) -> tuple[list[Count], dict[Filter, Count]]:
    """What is left after each used filter, beginning with the country; and without each."""
    used = definition.filters
    chains = [used[:n] for n in range(len(used) + 1)]
    chains += [[other for other in used if other != filter_] for filter_ in used]
    columns = ", ".join(f"coalesce(sum(n){_filter(chain)}, 0)" for chain in chains)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM audience_noisedcell"  # noqa: S608  (columns are of ours)
            " WHERE snapshot_id = %(snapshot)s AND country = %(country)s",
            {
                "snapshot": snapshot.pk,
                "country": definition.country,
                "regions": list(definition.regions),
                "bands": definition.bands,
                "tiers": list(definition.tiers),
            },
        )
        counts = [Count(n) for n in cursor.fetchone()]
    return counts[: len(used) + 1], dict(zip(used, counts[len(used) + 1 :], strict=True))


def _filter(chain: Sequence[Filter]) -> str:
    if not chain:
        return ""
    return f" FILTER (WHERE {' AND '.join(_CONDITIONS[filter_] for filter_ in chain)})"


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
