"""Attacks on audience counts: is one person in the cell or not?

The attacker knows everybody else, may add accounts of their own, may ask as often as they like
before and between, and sees what a business sees: `Count` as shown, a range. The target is in the
cell or not, by a fair coin; an attack answers which. Advantage = 2 x accuracy - 1: 0 is a blind
guess, 1 is certainty. Differential privacy bounds it, whatever the attack, by tanh(epsilon / 2).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random

import numpy as np
from scipy.optimize import linprog

from audience.noise import discrete_laplace
from audience.services.estimates import Count

CELLS = 40  # of a country in the game; the target is in the first, or nowhere
SYBILS = 1_000  # accounts that the attacker may add
# Cells to count, and own accounts put into the first one -> what is shown.
Ask = Callable[[frozenset[int], int], Count]


@dataclass
class Game:
    """One target. `others` are the true numbers without the target, known to the attacker."""

    others: list[int]
    is_in: bool

    def true(self, cells: frozenset[int], sybils: int) -> int:
        return sum(self.others[cell] for cell in cells) + (0 in cells) * (sybils + self.is_in)


def new_game(random: Random) -> Game:
    return Game([random.randint(0, 3_000) for _ in range(CELLS)], random.random() < 0.5)


# What is attacked: Signet's way, and ways that must break.


def noised_cube(game: Game, random: Random, epsilon: Fraction) -> Ask:
    """One draw a cell, the same in every answer: audience.services.snapshots and estimates."""
    noise = defaultdict(lambda: discrete_laplace(epsilon, random=random))
    return lambda cells, sybils: Count(game.true(cells, sybils) + sum(noise[c] for c in cells))


def exact(game: Game, random: Random, epsilon: Fraction) -> Ask:
    """A mutant: true numbers, to the last person."""

    class Exact(Count):
        is_hidden = property(lambda self: False)
        _unit = property(lambda self: 1)

    return lambda cells, sybils: Exact(game.true(cells, sybils))


def rounded(game: Game, random: Random, epsilon: Fraction) -> Ask:
    """A mutant: true numbers, only rounded and floored."""
    return lambda cells, sybils: Count(game.true(cells, sybils))


def noise_per_question(game: Game, random: Random, epsilon: Fraction) -> Ask:
    """A mutant: a fresh draw for each question, sticky by question as it may be."""
    return lambda cells, sybils: Count(
        game.true(cells, sybils) + discrete_laplace(epsilon, random=random)
    )


# Attacks: each answers whether the target is in the first cell.


def boundary(ask: Ask, game: Game) -> bool:
    """Own accounts move the cell to where one person more turns the shown number over."""
    sybils, threshold = _to_edge(game.others[0])
    return ask(frozenset({0}), sybils).low >= threshold


def floor_probe(ask: Ask, game: Game) -> bool:
    """As `boundary`, at the floor: shown or not shown."""
    game.others[0] %= 1_000
    return not ask(frozenset({0}), 999 - game.others[0]).is_hidden


def differencing(ask: Ask, game: Game) -> bool:
    """Sets that hold the cell, each at an edge, against what the others in them come to."""
    votes = 0
    for size in range(1, 6):
        cells = frozenset(range(size))
        sybils, threshold = _to_edge(sum(game.others[cell] for cell in cells))
        votes += 1 if ask(cells, sybils).low >= threshold else -1
    return votes > 0


def averaging(ask: Ask, game: Game) -> bool:
    """Hundreds of supersets that differ in cells of no interest, each at an edge; the mean."""
    votes = 0
    for n in range(400):
        cells = frozenset({0}) | {1 + (n * step) % (CELLS - 1) for step in (1, 3, 7)}
        sybils, threshold = _to_edge(sum(game.others[cell] for cell in cells))
        votes += 1 if ask(cells, sybils).low >= threshold else -1
    return votes > 0


def repeating(ask: Ask, game: Game) -> bool:
    """The same question a hundred times, and what most answers say."""
    sybils, threshold = _to_edge(game.others[0])
    yes = sum(ask(frozenset({0}), sybils).low >= threshold for _ in range(101))
    return yes > 50


def probing(ask: Ask, game: Game) -> bool:
    """One account more each time, until the shown number turns over: where it does tells."""
    sybils, threshold = _to_edge(game.others[0])
    turned = sum(ask(frozenset({0}), max(0, sybils - 5) + n).low < threshold for n in range(11))
    return turned <= min(5, sybils)


def reconstructing(ask: Ask, game: Game) -> bool:
    """Overlapping audiences by their debit, which is not rounded; cells by least squares."""
    sets, chosen, weights = overlapping_sets()
    debits = np.array([ask(frozenset(cells), 0).people for cells in sets])
    return float(weights @ (debits - chosen @ np.array(game.others))) > 0.5


@cache
def overlapping_sets() -> tuple[list[list[int]], np.ndarray, np.ndarray]:
    """Half of all cells, again and again; as a matrix; and how the first cell is solved from it."""
    random = Random(CELLS)
    sets = [random.sample(range(CELLS), CELLS // 2) for _ in range(30 * CELLS)]
    chosen = np.zeros((len(sets), CELLS))
    for row, cells in enumerate(sets):
        chosen[row, cells] = 1
    return sets, chosen, np.linalg.pinv(chosen)[0]


def linear_program(ask: Ask, game: Game) -> bool:
    """Sets at edges: the smallest differences to what is known that the shown ranges allow."""
    random = Random(CELLS)
    sets = [[0, *random.sample(range(1, CELLS), 3)] for _ in range(2 * CELLS)]
    rows, limits = [], []
    for number, cells in enumerate(sets):
        known = sum(game.others[cell] for cell in cells)
        sybils, _edge = _to_edge(known)
        shown = ask(frozenset(cells), sybils)
        inside = np.array([float(cell in cells) for cell in range(CELLS)])
        slack = -np.eye(len(sets))[number]
        # low <= known + sybils + (more - less) <= high - 1, or as little beyond as can be
        rows.append(np.concatenate([inside, -inside, slack]))
        limits.append(shown.high - 1 - known - sybils)
        rows.append(np.concatenate([-inside, inside, slack]))
        limits.append(known + sybils - shown.low)
    found = linprog(
        [0.1] * (2 * CELLS) + [1.0] * len(sets), A_ub=np.array(rows), b_ub=np.array(limits, float)
    )
    return float(found.x[0] - found.x[CELLS]) > 0.5


ATTACKS = [
    boundary,
    floor_probe,
    differencing,
    probing,
    averaging,
    repeating,
    reconstructing,
    linear_program,
]


def _to_edge(known: int) -> tuple[int, int]:
    """How many accounts to add so that `known` plus them is one below a shown edge; the edge."""
    unit = 10 ** max(2, len(str(known + 1)) - 2)
    edge = max(1_000, -(-(known + 1) // unit) * unit)
    assert edge - 1 - known <= SYBILS
    return edge - 1 - known, edge


def advantage(attack, way, *, targets: int, epsilon: Fraction, seed: int) -> float:
    """What `attack` gains on `way` over `targets` games."""
    random, right = Random(seed), 0
    for _ in range(targets):
        game = new_game(random)
        right += attack(way(game, random, epsilon), game) == game.is_in
    return 2 * right / targets - 1
