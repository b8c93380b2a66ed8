"""Senders whom people do not want: how far they come before each rung."""

from dataclasses import dataclass

import numpy as np

from trust.rules import Rules
from trust.simulation.book import Book
from trust.simulation.senders import GROUPS, Sent, batch_of, rates, send

SIZES = (50, 250, 1_000, 10_000, 1_000_000)
RATES = (0.02, 0.05, 0.1, 0.2, 0.5)
MOST_UNITS = 12
CLEAN = 20  # campaigns of a history, at the rate of a very good sender
CLEAN_RATE = 0.001


@dataclass(frozen=True)
class Row:
    """One line of the table: medians over the runs; None where most never come there."""

    size: int
    rate: float
    history: bool
    reached: float  # people before the first campaign that is bad ends
    beyond: float  # of them beyond the first batch, median
    beyond_95: float  # the same, 95th percentile
    some_beyond: float  # share of runs with anybody beyond the first batch
    limit: float | None
    suspend: float | None
    revoke: float | None


def campaigns(
    size: int, rate: float, history: bool, *, runs: int, seed: int, rho: float, rules: Rules
) -> Row:
    """A campaign a day at `rate`, perhaps after 20 clean ones, until MOST_UNITS are sent."""
    rng = np.random.default_rng([seed, size, int(rate * 1000), history])
    gains: dict = {}
    firsts: list[Sent] = []
    units: dict[str, list[float]] = {rung: [] for rung in ("limited", "suspended", "revoked")}
    for _ in range(runs):
        book, day = Book(rules, gains), 0
        if history:
            for clean in rng.binomial(size, CLEAN_RATE, CLEAN):
                x = int(clean)
                book.unit(day, x, size, reporters=x, clusters=min(x, GROUPS))
                day += 1
        start = day
        for own in rates(rng, rate, rho, MOST_UNITS):
            sent = send(rng, size, float(own), rules)
            if day == start:
                firsts.append(sent)
            x = sent.complaints
            book.unit(
                day, x, sent.people, reporters=x, clusters=min(x, GROUPS), stopped=sent.stopped
            )
            day += 1
        for rung, found in units.items():
            found.append(_first(book, rung, start))
    beyond = np.array([sent.beyond for sent in firsts])
    return Row(
        size,
        rate,
        history,
        reached=float(np.median([sent.people for sent in firsts])),
        beyond=float(np.median(beyond)),
        beyond_95=float(np.percentile(beyond, 95, method="lower")),
        some_beyond=float(np.mean(beyond > 0)),
        limit=_median(units["limited"]),
        suspend=_median(units["suspended"]),
        revoke=_median(units["revoked"]),
    )


def _first(book: Book, rung: str, start: int) -> float:
    """The number of the bad unit with which the rung, or a higher one, was reached."""
    order = ("limited", "suspended", "revoked")
    times = [book.reached[name] for name in order[order.index(rung) :] if name in book.reached]
    return min(times) - start + 1 if times else float("inf")


def _median(values: list[float]) -> float | None:
    middle = float(np.median(values))
    return None if middle == float("inf") else middle


def first_batch(size: int) -> int:
    return batch_of(size)


@dataclass(frozen=True)
class Singles:
    """Single messages, 50 a day: deliveries until each rung, medians and 95th percentiles."""

    rate: float
    limit: float
    limit_95: float
    suspend: float
    suspend_95: float


def singles(
    rate: float,
    *,
    runs: int,
    seed: int,
    rho: float,
    rules: Rules,
    a_day: int = 50,
    silent: float = 0.0,
) -> Singles:
    """A bad sender of single messages.

    Arguments:
        silent: weight of sybil recipients, per day, who see everything and never complain.
    """
    rng = np.random.default_rng([seed, int(rate * 1000), a_day])
    gains: dict = {}
    found: dict[str, list[float]] = {"limited": [], "suspended": []}
    for _ in range(runs):
        book = Book(rules, gains)
        for day, own in enumerate(rates(rng, rate, rho, 365)):
            x = int(rng.binomial(a_day, own))
            book.unit(day, x, a_day + silent, reporters=x, clusters=min(x, GROUPS))
            if book.standing in ("suspended", "revoked"):
                break
        for rung, days in found.items():
            days.append(_first(book, rung, 0) * a_day)
    return Singles(
        rate,
        *(
            float(np.percentile(found[rung], share))
            for rung in ("limited", "suspended")
            for share in (50, 95)
        ),
    )
