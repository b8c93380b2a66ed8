"""Attacks on all that a business sees of a campaign: estimate, debit, and the counts of its page,
its CSV and the API, which are the same numbers.

As in `attacks`; the target, if in, gets the message, reads it, replies, blocks and reports, while
the attacker knows what everybody else did.
"""

from collections.abc import Callable
from fractions import Fraction
from math import exp, log, sqrt
from random import Random
from statistics import NormalDist

from audience.noise import discrete_gaussian, discrete_laplace
from messaging.services.campaigns.numbers import METRICS, SIGMA

# (is the target in?, random) -> views of (debit, one number a metric), all less what others did.
View = tuple[int, list[int]]
Way = Callable[[bool, Random], list[View]]


def shown(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """Signet's way: one draw in the cube, one a count, the same on every look."""
    counts = [is_in + discrete_gaussian(SIGMA, random=random) for _ in METRICS]
    return [(is_in + discrete_laplace(epsilon, random=random), counts)]


def exact_counts(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """A mutant: the estimate noised, the campaign's counts not."""
    return [(is_in + discrete_laplace(epsilon, random=random), [int(is_in)] * len(METRICS))]


def fresh_noise(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """A mutant: other draws each time that the page is looked at."""
    debit = is_in + discrete_laplace(epsilon, random=random)
    return [
        (debit, [is_in + discrete_gaussian(SIGMA, random=random) for _ in METRICS])
        for _look in range(250)
    ]


def laplace_each(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """Not wide enough: Laplace of 1/4 on each of the six counts, as if a person moved only one."""
    quarter = Fraction(1, 4)
    counts = [is_in + discrete_laplace(quarter, random=random) for _ in METRICS]
    return [(is_in + discrete_laplace(quarter, random=random), counts)]


def three_campaigns(is_in: bool, random: Random, *, epsilon: Fraction) -> list[View]:
    """Campaigns to the same people between two snapshots: one debit, new counts each."""
    debit = is_in + discrete_laplace(epsilon, random=random)
    return [
        (debit, [is_in + discrete_gaussian(SIGMA, random=random) for _ in METRICS])
        for _campaign in range(3)
    ]


def all_together(views: list[View], *, epsilon: Fraction) -> bool:
    """The best guess there is: the likelihood of every number seen, with the target and without."""
    rate = float(epsilon)
    debit = views[0][0]
    evidence = rate * (abs(debit) - abs(debit - 1))
    for _debit, counts in views:
        evidence += sum((2 * n - 1) / (2 * SIGMA**2) for n in counts)
    return evidence > 0


def counts_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From the counts of all views, by their mean."""
    numbers = [n for _debit, counts in views for n in counts]
    return sum(numbers) / len(numbers) > 0.5


def debit_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From what the business is charged."""
    return views[0][0] >= 1


def sent_alone(views: list[View], *, epsilon: Fraction) -> bool:
    """From a single number, as it stands in the CSV."""
    return views[0][1][0] >= 1


ATTACKS = [all_together, counts_alone, debit_alone, sent_alone]


def best_of_laplace(views: list[View], *, epsilon: Fraction) -> bool:
    """The best guess on `laplace_each`."""
    debit, counts = views[0]
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


def bound_together(epsilon: Fraction, campaigns: int) -> float:
    """What the cube and so many campaigns to the same people give away together at most.

    The distance between both worlds: a debit of one or more speaks for the target, each other for
    nobody, both by a factor of exp(epsilon); the counts together are one Gaussian, `apart` from
    itself moved.
    """
    normal, apart = NormalDist(), sqrt(len(METRICS) * campaigns) / SIGMA
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
