"""One simulated profile: what `evaluate` does with rows, done with numbers in memory.

A test holds both against each other on the same events.
"""

from collections import deque

from trust import evidence, ladder
from trust.rules import Rules

WINDOW = 28.0  # days in which reporters, groups and stops count together
LOOKS_AT_ALL = False  # a rule that begins below the first rung must see every unit


class Book:
    """The sum of one profile and where it stands. Times are days."""

    def __init__(self, rules: Rules, gains: dict[tuple[float, float], float]):
        self.rules, self.gains = rules, gains
        self.value = self.at = 0.0
        self.standing = "clear"
        self.recent: deque[tuple[float, int, int, float]] = deque()  # at, people, stopped, outrage
        self.high_at = self.changed_at = self.stopped_at = -1000.0
        self.reached: dict[str, float] = {}  # standing: when first

    def gain(self, x: float, n: float) -> float:
        """L of a unit; each pair of numbers is computed once."""
        found = self.gains.get((x, n))
        if found is None:
            found = self.gains[x, n] = evidence.likelihood(x, n, self.rules)
        return found

    def unit(
        self, at: float, x: float, n: float, *, reporters: int, clusters: int, stopped: bool = False
    ) -> None:
        """One more unit, whole; then the ladder."""
        rules = self.rules
        faded = evidence.decayed(self.value, at - self.at, rules)
        self.value, self.at = evidence.step(faded, self.gain(x, n)), at
        outrage = x / max(n, x) if x and reporters >= rules.outrage_reporters else 0.0
        self.recent.append((at, reporters, int(stopped), outrage))
        if stopped:
            self.stopped_at = at
        if self.value >= rules.limit_back:
            self.high_at = at
        if ladder.rests(self.standing, self.value, outrage, rules) and not LOOKS_AT_ALL:
            return  # no rung begins below
        self.climb(clusters)

    def quiet(self, at: float) -> None:
        """A look at a time when nothing has happened: E has faded, a limit may end."""
        self.value, self.at = evidence.decayed(self.value, at - self.at, self.rules), at
        if self.value >= self.rules.limit_back:
            self.high_at = at
        self.climb(0)

    def climb(self, clusters: int) -> None:
        for _ in ladder.RUNGS:
            verdict = ladder.judge(self.facts(clusters), self.rules)
            if verdict.to == self.standing:
                return
            self.standing, self.changed_at = verdict.to, self.at
            self.reached.setdefault(verdict.to, self.at)
            if verdict.needs_staff:
                return  # here the simulated staff say yes at once

    def facts(self, clusters: int) -> ladder.Facts:
        while self.recent and self.recent[0][0] <= self.at - WINDOW:
            self.recent.popleft()
        people = sum(row[1] for row in self.recent)
        return ladder.Facts(
            standing=self.standing,
            evidence=self.value,
            reporters=people,
            clusters=min(people, max(clusters, 3)),
            stops=sum(row[2] for row in self.recent),
            outrage=max((row[3] for row in self.recent), default=0.0),
            calm_days=self.at - max(self.high_at, self.stopped_at, self.changed_at),
        )
