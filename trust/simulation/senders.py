"""What senders do and what people answer: draws of complaints, and campaigns with planned looks."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator

from trust import evidence
from trust.rules import Rules

GROUPS = 10  # honest people complain from many groups
LOOKS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0)  # shares sent, after the first batch


def batch_of(size: int) -> int:
    """The first batch: 1 %, at least 500, at most 10,000 people."""
    return min(size, max(500, min(round(size / 100), 10_000)))


def rates(rng: Generator, rate: float, rho: float, count) -> np.ndarray:
    """The own rate of each of `count` units: campaigns of one sender differ by rho."""
    if rho == 0:
        return np.full(count, rate)
    size = 1 / rho - 1
    return rng.beta(rate * size, (1 - rate) * size, count)


@cache
def stop_line(n: int, rules: Rules) -> int:
    """The least whole number of full complaints of n at which rule 1 stops."""
    low, high = 0, max(n, 8)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (low, middle)
            if evidence.judge_first_batch(n, middle, middle, rules).stop
            else (middle, high)
        )
    return high


@dataclass(frozen=True)
class Sent:
    """A campaign as it went: who saw it until it ended, and who complained."""

    people: int
    complaints: int
    stopped: bool
    beyond: int  # people reached after the first batch


def send(rng: Generator, size: int, rate: float, rules: Rules) -> Sent:
    """Send one campaign in its first batch and then on, with a look of rule 1 after each part."""
    batch = batch_of(size)
    seen = batch
    complaints = int(rng.binomial(batch, rate))
    if complaints >= stop_line(seen, rules):
        return Sent(seen, complaints, True, 0)
    for share in LOOKS:
        part = max(int(size * share), batch) - seen
        if part <= 0:
            continue
        complaints += int(rng.binomial(part, rate))
        seen += part
        if complaints >= stop_line(seen, rules):
            return Sent(seen, complaints, True, seen - batch)
    return Sent(seen, complaints, False, seen - batch)
