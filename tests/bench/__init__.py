"""How fast it is, against bars: `make bench`, or `python -m tests.bench [group ...]`.

Each module here with a function `measure(n)` is a group. `n` is about how many rows or people its
largest part has; the full size is DEFAULT. It measures on an empty database, with the real parts,
and returns `Found(figures, bars)`; bars are ratios inside one run, since machines differ.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.base.report import Bar

DEFAULT = 5_000_000


@dataclass(frozen=True)
class Found:
    """What a group measured: names to figures, and names to `portal.base.report.Bar`."""

    figures: Mapping[str, object]
    bars: Mapping[str, Bar] = field(default_factory=dict)
