"""Taking a snapshot: count the true cells, add one draw of noise to each, forget the true ones."""

import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import product

from celery import shared_task
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from audience.ages import ADULT, LOWEST, band_sql, birth_year_at
from audience.models import Person, Snapshot
from audience.noise import discrete_laplace
from audience.places import countries, regions_of

TIERS = ("", *Person.Tier.values)


@transaction.atomic
def take_snapshot(*, now: datetime | None = None, only: Iterable[str] | None = None) -> Snapshot:
    """Publish the counts of all countries anew. Each snapshot costs privacy: see `Snapshot`.

    Arguments:
        now: the moment whose ages count.
        only: countries to count instead of all, where an operator has people in a few.
    """
    now, began = now or timezone.now(), time.monotonic()
    snapshot = Snapshot.objects.create(taken_at=now, epsilon=str(settings.EPSILON), seconds=0)

    with connection.cursor() as cursor:
        for country in only or countries():
            cells = _noised(country, _true_cells(cursor, country, now))
            with cursor.copy(
                "COPY audience_noisedcell (snapshot_id, country, region, band, tier, n) FROM STDIN"
            ) as copy:
                for cell in cells:
                    copy.write_row((snapshot.pk, country, *cell))

    snapshot.seconds = time.monotonic() - began
    snapshot.save(update_fields=["seconds"])
    return snapshot


@shared_task
def take_due_snapshot() -> str:
    """Take a snapshot when the last is settings.SNAPSHOT_DAYS old."""
    last = Snapshot.objects.order_by("taken_at").last()
    if last and last.taken_at > timezone.now() - timedelta(days=settings.SNAPSHOT_DAYS):
        return "not due"
    return str(take_snapshot())


def _true_cells(cursor, country: str, now: datetime) -> dict[tuple[str, int, str], int]:
    """Adults with consent to adverts, by region, age band and tier: from the index alone."""
    cursor.execute(
        f"SELECT region, {band_sql(now=now)}, coalesce(tier, ''), count(*)"  # noqa: S608
        " FROM audience_person WHERE country = %s AND marketing AND birth_year <= %s"
        " GROUP BY 1, 2, 3",
        [country, birth_year_at(ADULT, now=now)],
    )
    return {tuple(cell): n for *cell, n in cursor.fetchall()}


def _noised(
    country: str, true: dict[tuple[str, int, str], int]
) -> Iterator[tuple[str, int, str, int]]:
    """Every cell there is, also the empty ones, with its one draw."""
    for cell in product(("", *regions_of(country)), range(len(LOWEST)), TIERS):
        yield *cell, true.get(cell, 0) + discrete_laplace(settings.EPSILON)
