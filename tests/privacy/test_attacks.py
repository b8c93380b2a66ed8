"""`make privacy`: what attacks on audience counts gain on Signet, and on ways that must break.

TARGETS= people attacked: 2,000 there, fewer in the suite.
"""

import math
import os
from fractions import Fraction
from random import Random

import pytest
from django.conf import settings

from audience.noise import discrete_laplace
from portal.base.report import at_least, at_most
from tests.privacy import campaigns
from tests.privacy.attacks import (
    ATTACKS,
    advantage,
    averaging,
    boundary,
    differencing,
    exact,
    linear_program,
    noise_per_question,
    noised_cube,
    probing,
    reconstructing,
    repeating,
    rounded,
)

SEED = 7
TARGETS = int(os.getenv("TARGETS", "100"))
FULL = 2_000
CHEAP = 10  # times as many targets for attacks that ask little, so that luck is small
DEAR = {averaging, repeating, reconstructing, linear_program}
BAR = 0.125  # advantage per snapshot
BROKEN = 0.5


def targets(attack, way=noised_cube) -> int:
    if attack is linear_program:
        return max(200, TARGETS // 4)  # each is a program of hundreds of unknowns
    return TARGETS if attack in DEAR or way is not noised_cube else CHEAP * TARGETS


def luck(n: int) -> float:
    """Three standard errors of an advantage over so many coins; the full suite allows none."""
    return 0 if TARGETS >= FULL else 3 / math.sqrt(n)


def gained(attack, way, findings, epsilon=None) -> float:
    n = targets(attack, way)
    gain = advantage(attack, way, targets=n, epsilon=epsilon or settings.EPSILON, seed=SEED)
    findings.figures[f"{attack.__name__} on {way.__name__}: targets"] = n
    return round(gain, 3)


def test_the_bound_of_any_attack_keeps_the_bar(findings):
    """From one noised cell: the distance between the noise and the same moved by one person."""
    bound = campaigns.bound_of_cell(settings.EPSILON)
    findings.hold("bound of any attack on estimates", at_most(round(bound, 4), BAR))
    findings.hold(
        "bound of any attack on a campaign's counts",
        at_most(round(campaigns.bound_of_counts(), 4), BAR),
    )
    for number, moves in ((1, 6), (16, 6), (math.inf, 6), (math.inf, campaigns.MOST_MOVES)):
        told = math.pi**2 / 6 if number == math.inf else campaigns.told_in_turns(int(number))
        bound = campaigns.bound_together(settings.EPSILON, told, moves=moves)
        many = "any number of" if number == math.inf else number
        findings.hold(
            f"bound of any attack on all of {many} campaigns, {moves} counts moved by a person",
            at_most(round(bound, 4), BAR),
        )


def test_campaigns_without_turns_would_not_keep_it(findings):
    for number in (4, 8, 16):
        bound = round(campaigns.bound_together(settings.EPSILON, number), 4)
        findings.hold(f"mutant without turns, bound of {number} campaigns", at_least(bound, BAR))


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_no_attack_gains_more_than_the_bar(attack, findings):
    gain = gained(attack, noised_cube, findings)
    bar = at_most(gain, round(BAR + luck(targets(attack)), 3))
    findings.hold(f"estimates, {attack.__name__}", bar)


@pytest.mark.parametrize(
    ("attack", "mutant"),
    [
        (boundary, exact),
        (boundary, rounded),
        (differencing, rounded),
        (probing, rounded),
        (averaging, rounded),
        (averaging, noise_per_question),
        (repeating, noise_per_question),
        (reconstructing, noise_per_question),
        (reconstructing, exact),
        (linear_program, rounded),
    ],
    ids=lambda it: it.__name__,
)
def test_the_attacks_break_what_should_break(attack, mutant, findings):
    gain = gained(attack, mutant, findings)
    findings.hold(f"mutant {mutant.__name__}, {attack.__name__}", at_least(gain, BROKEN))


def test_a_weaker_noise_would_be_noticed(findings):
    gain = gained(boundary, noised_cube, findings, epsilon=Fraction(2))
    findings.hold("mutant epsilon 2, boundary", at_least(gain, BROKEN))


# Campaigns: estimate, funnel, debit, counts, CSV and API at once.


def gained_on_campaigns(attack, way, n=CHEAP * TARGETS) -> float:
    gain = campaigns.advantage(attack, way, targets=n, epsilon=settings.EPSILON, seed=SEED)
    return round(gain, 3)


@pytest.mark.parametrize("attack", campaigns.ATTACKS, ids=lambda attack: attack.__name__)
def test_a_campaigns_numbers_give_nobody_away(attack, findings):
    bar = at_most(
        gained_on_campaigns(attack, campaigns.shown), round(BAR + luck(CHEAP * TARGETS), 3)
    )
    findings.hold(f"campaign, {attack.__name__}", bar)


@pytest.mark.parametrize(
    ("attack", "mutant"),
    [
        (campaigns.counts_alone, campaigns.exact_counts),
        (campaigns.sent_alone, campaigns.exact_counts),
        (campaigns.counts_alone, campaigns.fresh_noise),
    ],
    ids=lambda it: it.__name__,
)
def test_campaigns_that_show_more_break(attack, mutant, findings):
    gain = gained_on_campaigns(attack, mutant, n=TARGETS)
    findings.hold(f"mutant {mutant.__name__}, {attack.__name__}", at_least(gain, BROKEN))


def test_one_laplace_draw_a_count_would_not_do(findings):
    gain = gained_on_campaigns(campaigns.best_of_laplace, campaigns.laplace_each)
    findings.hold("weaker way laplace_each, best_of_laplace", at_least(gain, BAR))


MANY = (2, 4, 8, 16, 64)  # campaigns to the same people in one snapshot


def games(number: int) -> int:
    """Near the bar, so that luck must be small; with 200 campaigns a game is 1,200 draws."""
    return 5 * CHEAP * TARGETS if number < 50 else CHEAP * TARGETS


@pytest.mark.parametrize("number", MANY)
def test_any_number_of_campaigns_gives_nobody_away(number, findings):
    n = games(number)
    gain = gained_on_campaigns(campaigns.all_together, campaigns.in_turns(number), n=n)
    bar = at_most(gain, round(BAR + luck(n), 3))
    findings.hold(f"{number} campaigns to the same people in one snapshot, all_together", bar)


@pytest.mark.parametrize(("number", "bar"), [(8, BAR), (16, BAR), (200, BROKEN)])
def test_campaigns_without_turns_break(number, bar, findings):
    way = campaigns.without_turns(number)
    gain = gained_on_campaigns(campaigns.all_together, way, n=games(number))
    findings.hold(f"mutant without turns, {number} campaigns", at_least(gain, bar))


def test_two_snapshots_cost_at_most_twice(findings):
    """A person who is in both: the sum of both draws; the second is another draw."""
    random, right, n = Random(SEED), 0, CHEAP * TARGETS
    for _ in range(n):
        is_in = random.random() < 0.5
        draws = [is_in + discrete_laplace(settings.EPSILON, random=random) for _ in range(2)]
        right += (sum(abs(n) - abs(n - 1) for n in draws) > 0) == is_in
    bar = at_most(round(2 * right / n - 1, 3), round(2 * BAR + luck(n), 3))
    findings.hold("estimates of two snapshots together", bar)


def test_an_estimate_of_ten_thousand_is_right_to_five_per_cent(findings):
    random = Random(SEED)
    errors = sorted(
        abs(sum(discrete_laplace(settings.EPSILON, random=random) for _ in range(300))) / 10_000
        for _ in range(200)  # estimates, each over 300 cells
    )
    findings.hold("error at 10,000 people, 90th percentile", at_most(round(errors[179], 4), 0.05))
