"""The mathematics of trust: pure functions of numbers, so that a simulation runs the same code.

x is the weighted sum of complaints in a unit (a campaign, or a day of single messages), n the
weighted sum of people who saw a message of it.
"""

from dataclasses import asdict, dataclass
from math import exp, inf, lgamma, log, log1p

from trust.rules import Rules

TINY = 1e-300
PRECISION = 1e-15
SCORE_PRIOR = (1.0, 249.0)  # bad, good: an unknown sender is shown at 0.4 %
STOP_PRIOR = (0.5, 99.5)


def beta_tail(a: float, b: float, p: float) -> float:
    """P(rate > p) for rate ~ Beta(a, b): one minus the regularised incomplete beta function.

    Continued fraction 8.17.22 of DLMF, evaluated by Lentz's method; agrees with
    scipy.stats.beta.sf to 1e-10 where the tests look.

    Arguments:
        a, b: the shape, both above 0. p: the line, in [0, 1].
    """
    if p <= 0:
        return 1.0
    if p >= 1:
        return 0.0
    front = exp(a * log(p) + b * log1p(-p) - log_beta(a, b))
    if p < (a + 1) / (a + b + 2):
        return 1.0 - front * _fraction(a, b, p) / a
    return front * _fraction(b, a, 1 - p) / b


def log_beta(a: float, b: float) -> float:
    """Logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _fraction(a: float, b: float, p: float) -> float:
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * p / (a + 1))
    result = d
    for m in range(1, 100_000):
        even = m * (b - m) * p / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1.0 / _not_zero(1.0 + even * d), _not_zero(1.0 + even / c)
        result *= d * c
        odd = -(a + m) * (a + b + m) * p / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1.0 / _not_zero(1.0 + odd * d), _not_zero(1.0 + odd / c)
        result *= d * c
        if abs(d * c - 1.0) < PRECISION:
            break
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def likelihood(x: float, n: float, rules: Rules) -> float:
    """L(unit): by how much a bad sender explains x of n better than an honest one (natural log).

    The ratio of beta-binomial likelihoods of "bad" (an equal mixture of rules.bad_rates) and the
    honest line, both over-dispersed by rules.rho, since campaigns of one sender differ. rho 0 is
    the plain binomial. The binomial coefficient cancels, so x and n need not be whole.
    """
    n = max(n, x)
    bad = [_log_likelihood(x, n, rate, rules.rho) for rate in rules.bad_rates]
    most = max(bad)
    mixture = most + log(sum(exp(value - most) for value in bad) / len(bad))
    return mixture - _log_likelihood(x, n, rules.honest_rate, rules.rho)


def _log_likelihood(x: float, n: float, rate: float, rho: float) -> float:
    if rho == 0:
        return x * log(rate) + (n - x) * log1p(-rate)
    size = 1 / rho - 1
    a, b = rate * size, (1 - rate) * size
    return log_beta(x + a, n - x + b) - log_beta(a, b)


def step(evidence: float, gain: float) -> float:
    """E after one more unit: Page's cumulative sum (1954). The floor keeps good behaviour from
    being saved up and spent on a blast."""
    return max(0.0, evidence + gain)


def decayed(evidence: float, days: float, rules: Rules) -> float:
    """E after `days` without news: it halves every rules.half_life days."""
    return evidence * 0.5 ** (max(days, 0.0) / rules.half_life)


def score(parts: list[tuple[float, float, float]], rules: Rules) -> tuple[float, float]:
    """The shown rate and the weighted number of people behind it.

    Arguments:
        parts: (x, n, age in days) of each unit; those older than rules.score_days don't count.
    """
    x = n = 0.0
    for complaints, seen, age in parts:
        if age <= rules.score_days:
            fade = 0.5 ** (max(age, 0.0) / rules.score_half_life)
            x, n = x + fade * complaints, n + fade * max(seen, complaints)
    bad, good = SCORE_PRIOR
    return (bad + x) / (bad + good + n), n


def colour(rate: float, people: float, rules: Rules) -> str:
    """green, yellow, red, or unknown while too few people have seen anything."""
    if people < rules.score_from and rate <= rules.red_above:
        return "unknown"
    if rate < rules.green_below:
        return "green"
    return "red" if rate > rules.red_above else "yellow"


@dataclass(frozen=True)
class Look:
    """What rule 1 says about one campaign at one planned look."""

    stop: bool
    delivered: float  # weighted people who saw it
    complaints: float  # weighted
    reporters: int
    rate: float  # mean of the posterior
    certainty: float  # P(rate > stop_rate)
    line: float  # stop_rate
    needed: float  # certainty needed

    def as_dict(self) -> dict:
        return asdict(self)


def judge_first_batch(
    delivered: float, complaints: float, reporters: int, rules: Rules | None = None
) -> Look:
    """Rule 1, the campaign stop: judges only this campaign's own rate.

    Stop when P(rate > 1.5 %) >= 0.95 under Beta(0.5 + x, 99.5 + n - x), x >= 5, from >= 5 people.

    Arguments:
        delivered: people who saw it, each by their weight. complaints: events by weight.
        reporters: people who complained, unweighted. rules: the policy; its defaults if left out.
    """
    rules = rules or Rules()
    seen = max(delivered, complaints)
    bad, good = STOP_PRIOR
    certainty = beta_tail(bad + complaints, good + seen - complaints, rules.stop_rate)
    return Look(
        stop=certainty >= rules.stop_certainty
        and complaints >= rules.stop_weight
        and reporters >= rules.stop_reporters,
        delivered=delivered,
        complaints=complaints,
        reporters=reporters,
        rate=(bad + complaints) / (bad + good + seen),
        certainty=certainty,
        line=rules.stop_rate,
        needed=rules.stop_certainty,
    )


def reports_until(target: float, before: float, x: float, n: float, rules: Rules) -> int | None:
    """How many more reports of full weight in a unit bring E to `target`; None if none can.

    Arguments:
        before: E without this unit. x, n: the unit as it stands.
    """
    low, high = 0, 1
    while step(before, likelihood(x + high, n, rules)) < target:
        low, high = high, high * 2
        if high > 1_000_000:
            return None
    if step(before, likelihood(x, n, rules)) >= target:
        return 0
    while high - low > 1:
        middle = (low + high) // 2
        if step(before, likelihood(x + middle, n, rules)) >= target:
            high = middle
        else:
            low = middle
    return high


def calm_days(evidence: float, target: float, rules: Rules) -> float:
    """Days of silence until E falls below `target`."""
    if evidence <= target:
        return 0.0
    return inf if target <= 0 else rules.half_life * log(evidence / target) / log(2)
