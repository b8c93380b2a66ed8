"""A year of senders who deserve no penalty; and of some who are only careless."""

from dataclasses import dataclass

import numpy as np

from trust.rules import Rules
from trust.simulation.book import Book
from trust.simulation.senders import GROUPS, batch_of, rates, send, stop_line

SIZES = (250, 1_000, 10_000, 100_000)
A_DAY = 50  # single messages


@dataclass(frozen=True)
class Cohort:
    """Senders who are alike. Rates are drawn evenly from low to high."""

    name: str
    low: float
    high: float
    kinds: tuple[str, ...] = ("single", "weekly", "daily")
    peak: float = 0.0  # the rate of December, where there is one


@dataclass
class Tally:
    """How many of the profile-years came to what."""

    years: int = 0
    warned: int = 0
    limited: int = 0
    suspended: int = 0
    units: int = 0
    stopped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(a + b for a, b in zip(self.row(), other.row(), strict=True)))

    def row(self) -> tuple[int, ...]:
        return (
            self.years,
            self.warned,
            self.limited,
            self.suspended,
            self.units,
            self.stopped,
        )


def live(cohort: Cohort, rho: float, years: int, seed: int, rules: Rules) -> Tally:
    """So many profile-years of a cohort, each judged from a clean start."""
    rng = np.random.default_rng(seed)
    tally = Tally(years=years)
    gains: dict[tuple[float, float], float] = {}
    for number in range(years):
        kind = cohort.kinds[number % len(cohort.kinds)]
        rate = rng.uniform(cohort.low, cohort.high)
        book = Book(rules, gains)
        if kind == "single":
            _single(rng, book, cohort, rate, rho, tally)
        else:
            _campaigns(rng, book, cohort, rate, rho, 7 if kind == "weekly" else 1, tally)
        for standing in ("warned", "limited", "suspended"):
            if _reached(book, standing):
                setattr(tally, standing, getattr(tally, standing) + 1)
    return tally


def _reached(book: Book, standing: str) -> bool:
    order = ("warned", "limited", "suspended", "revoked")
    return any(rung in book.reached for rung in order[order.index(standing) :])


def _single(rng, book: Book, cohort: Cohort, rate: float, rho: float, tally: Tally) -> None:
    usual = rates(rng, rate, rho, 365)
    if cohort.peak:
        usual[334:] = rates(rng, cohort.peak, rho, 31)
    complaints = rng.binomial(A_DAY, usual)
    tally.units += 365
    for day in range(365):
        x = int(complaints[day])
        if x == 0 and book.value == 0.0 and book.standing == "clear":
            continue  # the floor: a clean day leaves 0 at 0
        book.unit(day, x, A_DAY, reporters=x, clusters=min(x, GROUPS))


def _campaigns(
    rng, book: Book, cohort: Cohort, rate: float, rho: float, every: int, tally: Tally
) -> None:
    size = int(rng.choice(SIZES))
    count = 365 // every
    own = rates(rng, rate, rho, count)
    if cohort.peak:
        last = count * 31 // 365
        own[-last:] = rates(rng, cohort.peak, rho, last)
    batch, line = batch_of(size), stop_line(batch_of(size), book.rules)
    first = rng.binomial(batch, own)
    rest = rng.binomial(size - batch, own)
    tally.units += count
    for number in range(count):
        x, n, stopped = int(first[number]), batch, int(first[number]) >= line
        if not stopped:
            x, n = x + int(rest[number]), size
            if x >= stop_line(n, book.rules):
                # A later look would have stopped it: send it look by look.
                sent = send(rng, size, float(own[number]), book.rules)
                x, n, stopped = sent.complaints, sent.people, sent.stopped
        tally.stopped += stopped
        if x == 0 and book.value == 0.0 and book.standing == "clear":
            continue
        book.unit(number * every, x, n, reporters=x, clusters=min(x, GROUPS), stopped=stopped)
