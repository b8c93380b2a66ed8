"""`make privacy`: what attacks on audience counts gain on Signet, and on three ways that break."""

import math
from fractions import Fraction
from random import Random

import pytest
from django.conf import settings

from audience.noise import discrete_laplace
from tests.privacy.attacks import (
    ATTACKS,
    advantage,
    averaging,
    boundary,
    exact,
    noise_per_question,
    noised_cube,
    repeating,
    rounded,
)

SEED = 7
TARGETS = {"averaging": 2_000}  # it asks 400 questions about each
MANY = 20_000  # for the others, so that luck is small beside the bar
BAR = 0.125  # advantage per snapshot


def targets(attack) -> int:
    return TARGETS.get(attack.__name__, MANY)


def luck(attack) -> float:
    """Three standard errors of an advantage over so many coins."""
    return 3 / math.sqrt(targets(attack))


def measured(attack, way, epsilon=None) -> float:
    gain = advantage(
        attack, way, targets=targets(attack), epsilon=epsilon or settings.EPSILON, seed=SEED
    )
    print(f"{attack.__name__:14} on {way.__name__:20} {gain:+.3f}")
    return gain


def test_the_bound_of_any_attack_keeps_the_bar():
    """The best guess from one noised cell gains the distance between the noise and the same noise
    moved by one person: (1 - exp(-epsilon)) / (1 + exp(-epsilon)).
    """
    shrink = math.exp(-settings.EPSILON)
    assert (1 - shrink) / (1 + shrink) <= BAR


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_attack_gains_more_than_the_bar(attack):
    assert measured(attack, noised_cube) <= BAR + luck(attack)


@pytest.mark.parametrize(
    ("attack", "mutant"),
    [
        (boundary, exact),
        (boundary, rounded),
        (averaging, rounded),
        (averaging, noise_per_question),
        (repeating, noise_per_question),
    ],
    ids=lambda it: it.__name__,
)
def test_the_attacks_break_what_should_break(attack, mutant):
    assert measured(attack, mutant) > 0.5


def test_a_weaker_noise_would_be_noticed():
    assert measured(boundary, noised_cube, epsilon=Fraction(2)) > 0.5


def test_an_estimate_of_ten_thousand_is_right_to_five_per_cent():
    random = Random(SEED)
    errors = sorted(
        abs(sum(discrete_laplace(settings.EPSILON, random=random) for _ in range(300))) / 10_000
        for _ in range(200)  # estimates, each over 300 cells
    )
    print(f"error at 10,000 people over 300 cells, 90th percentile: {errors[179]:.2%}")
    assert errors[179] <= 0.05
