"""The whole report: cohorts, table, attacks, and the bars that each must pass."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import asdict, dataclass
from unittest.mock import patch

from portal.base.report import Bar
from trust import evidence, ladder, weights
from trust.rules import Rules
from trust.simulation import attacks, bad, book, honest
from trust.simulation.honest import Cohort, Tally

RHOS = (0.0, 0.005, 0.02)
PART = 2_000  # profile-years in one piece of work

HONEST = Cohort("honest, 0.1 to 0.5 %", 0.001, 0.005)
OTHERS = (
    Cohort("all at 0.5 %", 0.005, 0.005),
    Cohort("seasonal: 0.3 %, in December 0.8 %", 0.003, 0.003, peak=0.008),
    Cohort("careless, 1 %", 0.01, 0.01),
    Cohort("careless, 2 %", 0.02, 0.02),
)


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    honest: int = 100_000  # profile-years at each rho
    others: int = 6_000
    runs: int = 400  # of each line of the table, and of single messages
    brigades: int = 1_000

    def scaled(self, factor: float) -> "Size":
        return Size(*(max(50, int(value * factor)) for value in asdict(self).values()))


def cohort(kind: Cohort, rho: float, years: int, seed: int, rules: Rules, pool) -> Tally:
    """A cohort in pieces, on all processors."""
    parts = [min(PART, years - done) for done in range(0, years, PART)]
    jobs = [
        pool.submit(honest.live, kind, rho, part, seed * 1_000_003 + number, rules)
        for number, part in enumerate(parts)
    ]
    return sum((job.result() for job in jobs), Tally())


def simulate(size: Size, seed: int, rules: Rules, say=print) -> dict:
    """Everything, under rules that may be a mutant's. Returns the content of the report."""
    began = time.monotonic()
    # Forked, so that a mutant's patched functions are the children's too.
    fork = multiprocessing.get_context("fork")
    found: dict = {"honest": {}, "others": []}
    with ProcessPoolExecutor(mp_context=fork) as pool:
        for rho in RHOS:
            found["honest"][rho] = cohort(HONEST, rho, size.honest, seed, rules, pool)
            say(f"  honest at rho {rho}: {found['honest'][rho]}")
        for kind in OTHERS:
            for rho in (0.0, 0.02):
                tally = cohort(kind, rho, size.others, seed, rules, pool)
                found["others"].append((kind.name, rho, tally))
        jobs = [
            pool.submit(
                bad.campaigns, each, rate, past, runs=size.runs, seed=seed, rho=0.0, rules=rules
            )
            for each in bad.SIZES
            for rate in bad.RATES
            for past in (False, True)
        ]
        found["table"] = [job.result() for job in jobs]
        found["singles"] = [
            bad.singles(rate, runs=size.runs * 2, seed=seed, rho=0.02, rules=rules)
            for rate in (0.05, 0.1)
        ]
    found["brigade"] = attacks.brigade(runs=size.brigades, seed=seed, rules=rules)
    found["old_brigade"] = attacks.brigade(runs=size.brigades // 5, seed=seed, rules=rules, age=60)
    found["dilution"] = attacks.dilution(runs=size.runs, seed=seed, rules=rules)
    found["seconds"] = round(time.monotonic() - began, 1)
    return found


def bars(found: dict) -> dict[str, Bar]:
    """What must be true of the rules, by name, held against what was found."""
    return {
        **dict(_honest_bars(found)),
        **dict(_table_bars(found)),
        **dict(_single_bars(found)),
        **dict(_attack_bars(found)),
    }


def _held(name: str, wanted: str, seen: str, ok: bool) -> tuple[str, Bar]:
    return name, Bar(seen, wanted, ok)


def _honest_bars(found: dict) -> Iterator[tuple[str, Bar]]:
    for rho, tally in found["honest"].items():
        yield _held(
            f"honest senders are not suspended, rho {rho}",
            "0",
            f"{tally.suspended} of {tally.years} profile-years "
            f"(at 95 %: at most {upper(tally.suspended, tally.years):.1f} in 100,000)",
            tally.suspended == 0,
        )
    tally = found["honest"][0.02]
    yield _held(
        "few honest senders are limited, rho 0.02",
        "at most 5 %",
        f"{100 * tally.limited / tally.years:.2f} %",
        tally.limited <= 0.05 * tally.years,
    )


def _table_bars(found: dict) -> Iterator[tuple[str, Bar]]:
    high = [row for row in found["table"] if row.rate >= 0.05]
    worst = max(high, key=lambda row: row.some_beyond)
    yield _held(
        "from 5 % on nobody is reached beyond the first batch",
        "0 people in 95 % of the runs of every line",
        f"{max(row.beyond_95 for row in high):.0f} people; anybody at all in "
        f"{100 * worst.some_beyond:.1f} % of runs at worst ({worst.size:,} at {worst.rate:.0%})",
        all(row.beyond_95 == 0 for row in high),
    )
    ten = [row for row in found["table"] if row.rate == 0.1 and row.size >= 250]
    late = [row for row in ten if row.suspend is None or row.suspend > 4]
    yield _held(
        "at 10 % suspended by the fourth unit, history or not (250 people and more)",
        "median at most 4",
        ", ".join(f"{row.size:,}{' after 20 clean' * row.history}: {row.suspend}" for row in ten),
        not late,
    )


def _single_bars(found: dict) -> Iterator[tuple[str, Bar]]:
    wanted = {0.05: (300, 900), 0.1: (200, 450)}
    for row in found["singles"]:
        limit, suspend = wanted[row.rate]
        yield _held(
            f"single messages at {row.rate:.0%}, 50 a day",
            f"limited at a median of at most {limit} deliveries, suspended at {suspend}",
            f"{row.limit:.0f} and {row.suspend:.0f} "
            f"(95 %: {row.limit_95:.0f}, {row.suspend_95:.0f})",
            row.limit <= limit and row.suspend <= suspend,
        )


def _attack_bars(found: dict) -> Iterator[tuple[str, Bar]]:
    brigade, dilution = found["brigade"], found["dilution"]
    yield _held(
        "a brigade of 100 new accounts suspends nobody and is flagged",
        "0 suspensions, at least 95 % flagged",
        f"{brigade.suspended} of {brigade.runs}, {100 * brigade.flagged / brigade.runs:.1f} %",
        brigade.suspended == 0 and brigade.flagged >= 0.95 * brigade.runs,
    )
    yield _held(
        "80 % silent accounts delay detection at most twofold",
        "at most 2",
        f"{dilution.factor:.2f} (limited {dilution.plain_limit:.0f} to "
        f"{dilution.diluted_limit:.0f} real deliveries)",
        dilution.factor <= 2,
    )


def upper(events: int, of: int) -> float:
    """The upper end of the exact 95 % interval (Clopper and Pearson), in 100,000."""
    from scipy.stats import beta

    return 1e5 * float(beta.ppf(0.95, events + 1, max(of - events, 1)))


# Each takes one idea out of the rules; each must fail a bar, or the bars say nothing.


def _without_floor(evidence_: float, gain: float) -> float:
    return evidence_ + gain


def _equal(age: float, **_others) -> float:
    return 1.0


def _five_ever(facts: ladder.Facts, rules: Rules) -> ladder.Verdict:
    if facts.standing in ("suspended", "revoked"):
        return ladder.Verdict(facts.standing, "none")
    return ladder.Verdict("suspended" if facts.reporters >= 5 else facts.standing, "five")


def _five_reports_ever() -> AbstractContextManager:
    stack = ExitStack()
    stack.enter_context(patch.object(ladder, "judge", _five_ever))
    stack.enter_context(patch.object(book, "WINDOW", 1e9))
    stack.enter_context(patch.object(book, "LOOKS_AT_ALL", True))
    return stack


MUTANTS: dict[str, Callable[[], tuple[AbstractContextManager, Rules]]] = {
    "no floor in the sum": lambda: (patch.object(evidence, "step", _without_floor), Rules()),
    "no over-dispersion": lambda: (nullcontext(), Rules(rho=0.0)),
    "equal weights": lambda: (patch.object(weights, "reporter_weight", _equal), Rules()),
    "5 reports ever": lambda: (_five_reports_ever(), Rules()),
}


def mutate(name: str, size: Size, seed: int) -> dict[str, Bar]:
    """The bars that fail when one idea is taken out."""
    context, rules = MUTANTS[name]()
    with context:
        found = simulate(size, seed, rules, say=lambda _line: None)
    return {which: bar for which, bar in bars(found).items() if not bar.ok}


def figures(found: dict, mutants: dict[str, dict[str, Bar]], size: Size) -> dict[str, object]:
    """What the report keeps beside its bars."""
    return {
        "size": asdict(size),
        "seconds": found["seconds"],
        "rules": Rules().values(),
        "honest": {str(rho): asdict(tally) for rho, tally in found["honest"].items()},
        "others": [
            {"name": name, "rho": rho, **asdict(tally)} for name, rho, tally in found["others"]
        ],
        "table": [asdict(row) for row in found["table"]],
        "singles": [asdict(row) for row in found["singles"]],
        "brigade": asdict(found["brigade"]),
        "brigade_of_old_accounts": asdict(found["old_brigade"]),
        "dilution": {**asdict(found["dilution"]), "factor": found["dilution"].factor},
        "mutants": {
            name: {which: asdict(bar) for which, bar in failed.items()}
            for name, failed in mutants.items()
        },
    }
