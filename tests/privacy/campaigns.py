"""Attacks on all that a business sees of a campaign: estimate, debit, and the counts of its page,
its CSV and the API, which are the same numbers.

As in `attacks`; the target, if in, gets the message, reads it, replies, blocks and reports, while
the attacker knows what everybody else did.
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from audience.noise import discrete_gaussian, discrete_laplace
from messaging.services.campaigns.numbers import METRICS, SIGMA
from messaging.services.campaigns.retries import MOST


class View(NamedTuple):
    """What one campaign shows: a debit, one number a metric, all less what others did."""

    debit: int
    counts: list[int]
    sigma: int = SIGMA  # of the noise in counts, as everybody may know


Way = Callable[[bool, Random], list[View]]  # is the target in?, random


def shown(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """Signet's way: one draw in the cube, one a count, the same on every look."""
    counts = [is_in + discrete_gaussian(SIGMA, random=random) for _ in METRICS]
    return [View(is_in + discrete_laplace(epsilon, random=random), counts)]


def exact_counts(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """A mutant: the estimate noised, the campaign's counts not."""
    return [View(is_in + discrete_laplace(epsilon, random=random), [int(is_in)] * len(METRICS))]


def fresh_noise(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """A mutant: other draws each time that the page is looked at."""
    debit = is_in + discrete_laplace(epsilon, random=random)
    return [
        View(debit, [is_in + discrete_gaussian(SIGMA, random=random) for _ in METRICS])
        for _look in range(250)
    ]


def laplace_each(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """Not wide enough: Laplace of 1/4 on each of the six counts, as if a person moved only one."""
    quarter = Fraction(1, 4)
    counts = [is_in + discrete_laplace(quarter, random=random) for _ in METRICS]
    return [View(is_in + discrete_laplace(quarter, random=random), counts)]


def in_turns(number: int) -> Way:
    """Signet's way with so many campaigns to the same people between two snapshots: one debit, new
    counts each, of turn k with k times the noise (messaging.services.campaigns.turns)."""
    return _several(range(1, number + 1))


def without_turns(number: int) -> Way:
    """A mutant: the rule off, so that each has the noise of the first."""
    return _several([1] * number)


def _several(turns: Sequence[int]) -> Way:
    def way(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
        debit = is_in + discrete_laplace(epsilon, random=random)
        return [
            View(
                debit, [is_in + _fast_gaussian(SIGMA * turn, random) for _ in METRICS], SIGMA * turn
            )
            for turn in turns
        ]

    return way


def _fast_gaussian(sigma: int, random: Random) -> int:
    """As `discrete_gaussian`, from a table of its chances: millions are drawn here."""
    sums = _table(sigma)
    return bisect(sums, random.random() * sums[-1]) - len(sums) // 2


@cache
def _table(sigma: int) -> list[float]:
    far = 9 * sigma  # beyond it lies less than a float can say
    return list(accumulate(exp(-(x**2) / (2 * sigma**2)) for x in range(-far, far + 1)))


def all_together(views: list[View], *, epsilon: Fraction) -> bool:
    """The best guess there is: the likelihood of every number seen, with the target and without."""
    rate = float(epsilon)
    debit = views[0].debit
    evidence = rate * (abs(debit) - abs(debit - 1))
    for view in views:
        evidence += sum((2 * n - 1) / (2 * view.sigma**2) for n in view.counts)
    return evidence > 0


def counts_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From the counts of all views, by their mean."""
    numbers = [n for view in views for n in view.counts]
    return sum(numbers) / len(numbers) > 0.5


def debit_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From what the business is charged."""
    return views[0].debit >= 1


def sent_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From a single number, as it stands in the CSV."""
    return views[0].counts[0] >= 1


ATTACKS = [all_together, counts_alone, debit_alone, sent_alone]


def best_of_laplace(views: list[View], *, epsilon: Fraction) -> bool:
    """The best guess on `laplace_each`."""
    debit, counts, _sigma = views[0]
    return sum(abs(n) - abs(n - 1) for n in [debit, *counts]) > 0


def advantage(attack, way, *, targets: int, epsilon: Fraction, seed: int) -> float:
    """What `attack` gains on `way` over `targets` coins."""
    random, right = Random(seed), 0
    for _ in range(targets):
        is_in = random.random() < 0.5
        right += attack(way(is_in, random, epsilon=epsilon), epsilon=epsilon) == is_in
    return 2 * right / targets - 1


def bound_of_counts() -> float:
    """What six Gaussian counts give away together at most, whatever the attack."""
    return 2 * NormalDist().cdf(len(METRICS) ** 0.5 / (2 * SIGMA)) - 1


def told_in_turns(campaigns: int) -> float:
    """What so many campaigns tell together, in campaigns of the first turn: below 1.65 for any."""
    return sum(1 / turn**2 for turn in range(1, campaigns + 1))


# The most of one person in one campaign: all six counts, and before each retry one more who failed,
# after it one less.
MOST_MOVES = len(METRICS) + 2 * MOST


def bound_together(epsilon: Fraction, told: float, *, moves: int = len(METRICS)) -> float:
    """What the cube and campaigns to the same people give away together at most.

    The distance between both worlds: a debit of one or more speaks for the target, each other for
    nobody, both by a factor of exp(epsilon); the counts together are one Gaussian, `apart` from
    itself moved.

    Arguments:
        told: as `told_in_turns`; without turns the number of campaigns.
        moves: how often one person moves a count of one campaign.
    """
    normal, apart = NormalDist(), sqrt(moves * told) / SIGMA
    likely = 1 / (1 + exp(-epsilon))
    gain = 0.0
    for with_target, without in ((likely, 1 - likely), (1 - likely, likely)):
        edge = log(without / with_target) / apart + apart / 2
        gain += with_target * (1 - normal.cdf(edge - apart)) - without * (1 - normal.cdf(edge))
    return gain


def bound_of_cell(epsilon: Fraction) -> float:
    """What the cube gives away at most: the distance between a draw and the same moved by one."""
    shrink = exp(-epsilon)
    return (1 - shrink) / (1 + shrink)
