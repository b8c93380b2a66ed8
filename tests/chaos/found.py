"""What the tests of one run found: kept together, for the one report that `make chaos` ends with.

    found("kill workers", deliveries=n, none_of={"missing": 0, "twice": 0})

Every name in `none_of` becomes a bar that holds at 0.
"""

from portal.base.report import Bar, at_most

FIGURES: dict[str, object] = {}
BARS: dict[str, Bar] = {}


def found(what: str, *, none_of: dict[str, int] | None = None, **figures: object) -> None:
    """Keep the figures of one test, and what must have happened to nobody."""
    for name, value in figures.items():
        FIGURES[f"{what}: {name.replace('_', ' ')}"] = value
    for name, n in (none_of or {}).items():
        BARS[f"{what}: {name}"] = at_most(n, 0)


def caught(what: str, seen: bool, **figures: object) -> None:
    """Keep that a mutant was, or was not, seen by the same check."""
    found(what, **figures)
    BARS[f"{what}: caught"] = Bar("yes" if seen else "no", "yes", seen)
