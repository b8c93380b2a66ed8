"""Discrete noise, exact: whole numbers in, whole numbers out, no floats in between.

Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020),
algorithms 1 to 3. Floats would leak: their gaps tell true values apart (Mironov, CCS 2012).
"""

from fractions import Fraction
from random import Random
from secrets import SystemRandom


def discrete_laplace(epsilon: Fraction, *, random: Random | None = None) -> int:
    """A draw x with probability proportional to exp(-epsilon * |x|).

    Arguments:
        epsilon: above 0. The standard deviation is about 1.41 / epsilon.
        random: source of the bits; the system's by default, another in simulations only.
    """
    below = (random or _SYSTEM).randrange
    s, t = epsilon.numerator, epsilon.denominator
    while True:
        u = below(t)
        if not _with_chance_of_exp(Fraction(u, t), below):
            continue
        v = 0
        while _with_chance_of_exp(Fraction(1), below):
            v += 1
        size = (u + t * v) // s
        if below(2):
            return size
        if size:  # zero would else come up twice as often
            return -size


def discrete_gaussian(sigma: int, *, random: Random | None = None) -> int:
    """A draw x with probability proportional to exp(-x² / (2 sigma²)).

    For several counts that one person moves together it hides that person with far less noise than
    Laplace does.

    Arguments:
        sigma: about the standard deviation, at least 1.
        random: as in `discrete_laplace`.
    """
    below = (random or _SYSTEM).randrange
    t = sigma + 1
    while True:
        y = discrete_laplace(Fraction(1, t), random=random)
        gap = abs(y) * t - sigma * sigma  # of the proposal's best point, times t
        if _with_chance_of_exp(Fraction(gap * gap, 2 * sigma * sigma * t * t), below):
            return y


_SYSTEM = SystemRandom()


def _with_chance_of_exp(gamma: Fraction, below) -> bool:
    """True with a chance of exp(-gamma), for gamma from 0."""
    while gamma > 1:
        if not _with_chance_of_exp(Fraction(1), below):
            return False
        gamma -= 1
    k = 1
    while below(gamma.denominator * k) < gamma.numerator:
        k += 1
    return k % 2 == 1
