"""People who try to misuse the rules: brigades against a sender, sybils for one."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from trust import weights
from trust.alarms import alarm
from trust.evidence import judge_first_batch
from trust.rules import Rules
from trust.simulation.bad import singles
from trust.simulation.book import Book

SILENT_SHARE = 0.8


@dataclass(frozen=True)
class Brigade:
    """What a brigade came to over all runs."""

    runs: int
    accounts: int
    age: int  # days since they joined, at most
    stopped: int
    limited: int
    suspended: int
    flagged: int


def brigade(
    *, runs: int, seed: int, rules: Rules, accounts: int = 100, people: int = 1_000, age: int = 3
) -> Brigade:
    """Accounts made for it report one honest campaign (0.3 %), each a delivery of its own.

    They come from few devices on few days, and weigh what accounts of their age and group weigh.
    """
    rng = np.random.default_rng([seed, age])
    stopped = limited = suspended = flagged = 0
    for _ in range(runs):
        honest = int(rng.binomial(people, 0.003))
        days = rng.integers(0, age + 1, accounts)
        devices = rng.integers(0, 3, accounts)
        groups = Counter(zip(days.tolist(), devices.tolist(), strict=True))
        by_group = {
            group: (size, size * weights.reporter_weight(group[0], group=size))
            for group, size in groups.items()
        }
        brigaded = sum(weight for _size, weight in by_group.values())
        x, n = honest + brigaded, people + brigaded
        look = judge_first_batch(n, x, honest + accounts, rules)
        book = Book(rules, {})
        book.unit(
            0.0,
            x,
            n,
            reporters=honest + accounts,
            clusters=len(groups) + honest,
            stopped=look.stop,
        )
        stopped += look.stop
        limited += book.standing != "clear" and book.standing != "warned"
        suspended += book.standing in ("suspended", "revoked")
        flagged += alarm([*by_group.values(), *[(1, 1.0)] * honest], rules) == "brigade"
    return Brigade(runs, accounts, age, stopped, limited, suspended, flagged)


@dataclass(frozen=True)
class Dilution:
    """How much later a sender is limited and suspended who mails sybils of its own as well."""

    plain_limit: float
    diluted_limit: float
    plain_suspend: float
    diluted_suspend: float

    @property
    def factor(self) -> float:
        """The worse of both delays."""
        return max(self.diluted_limit / self.plain_limit, self.diluted_suspend / self.plain_suspend)


def dilution(*, runs: int, seed: int, rules: Rules, rate: float = 0.1) -> Dilution:
    """Of all who see the messages 80 % are silent accounts, bought by the hundred."""
    a_day = 50
    fake = round(a_day * SILENT_SHARE / (1 - SILENT_SHARE))
    # Real people hardly use them, and they are made together.
    silent = fake * weights.reporter_weight(30, use=0.1, group=fake)
    plain = singles(rate, runs=runs, seed=seed, rho=0.02, rules=rules)
    diluted = singles(rate, runs=runs, seed=seed, rho=0.02, rules=rules, silent=silent)
    return Dilution(plain.limit, diluted.limit, plain.suspend, diluted.suspend)
