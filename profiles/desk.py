"""What staff see on the admin's home page: queues with their age, figures, charts.

Each app adds what it knows about, when it is ready; an entry shows to who has its permission.

    @queue(order=10, permission="profiles.view_verificationcase")
    def cases(now: datetime) -> Queue: ...
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Queue:
    """Work that waits for staff."""

    name: str
    url: str  # the list behind it
    waiting: int
    oldest: datetime | None  # since when the one that waits longest waits
    target: timedelta  # nobody should wait longer

    @property
    def target_words(self) -> str:
        hours = int(self.target.total_seconds() // 3600)
        return ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours}

    def is_late(self, now: datetime) -> bool:
        return bool(self.oldest and now - self.oldest > self.target)


def queue_of(
    waiting: QuerySet, name: str, *, since: str, target: timedelta, query: str = ""
) -> Queue:
    """The queue that rows of the admin make.

    Arguments:
        waiting: the rows.
        since: the field that says when a row began to wait.
        target: nobody should wait longer.
        query: what narrows the admin's list to these rows, such as "?state__exact=failed".
    """
    sums = waiting.order_by().aggregate(n=Count("pk"), oldest=Min(since))
    meta = waiting.model._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist") + query
    return Queue(name=name, url=url, waiting=sums["n"], oldest=sums["oldest"], target=target)


@dataclass(frozen=True)
class Figure:
    """One number of the strip; `note` says what it is measured against."""

    label: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Curve:
    """A chart of days: a name and one value a day for each series."""

    title: str
    days: Sequence[str]
    series: Sequence[tuple[str, Sequence[float]]]


class Desk(dict[int, tuple[str, Callable[[datetime], Entry]]]):
    """Functions by their order, each with the permission that it needs."""

    def __call__(self, *, order: int, permission: str) -> Callable:
        def register(function: Callable[[datetime], Entry]) -> Callable[[datetime], Entry]:
            self[order] = (permission, function)
            return function

        return register

    def seen_by(self, user, now: datetime) -> list[Entry]:
        """What this member of staff may see, in order."""
        return [
            function(now)
            for _order, (permission, function) in sorted(self.items())
            if user.has_perm(permission)
        ]


queue: Desk[Queue] = Desk()
figure: Desk[Figure] = Desk()
curve: Desk[Curve] = Desk()


def last_days(now: datetime, count: int = 28) -> list[datetime]:
    """The beginnings of the last `count` days, the oldest first, today's last."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
