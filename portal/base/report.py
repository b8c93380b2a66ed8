"""What a measurement found: printed as a table, and kept in var/reports/NAME.json."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Bar:
    """One bar: the value seen, what it must be (`bar`, as words or a number), and whether it is."""

    value: Any
    bar: Any
    ok: bool


def at_most(value: float, bar: float) -> Bar:
    """A bar that holds when `value <= bar`."""
    return Bar(value, f"<= {bar:g}", value <= bar)


def at_least(value: float, bar: float) -> Bar:
    """A bar that holds when `value >= bar`."""
    return Bar(value, f">= {bar:g}", value >= bar)


def machine() -> dict[str, object]:
    """On what it was measured: figures of two machines are not compared."""
    return {
        "cpu": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
    }


def commit() -> str:
    """The commit that was measured, with a plus if files differ from it; empty outside of git."""
    asked = ["git", "describe", "--always", "--abbrev=12", "--dirty=+", "--exclude=*"]
    done = subprocess.run(asked, cwd=settings.BASE_DIR, capture_output=True, text=True)
    return done.stdout.strip()


def report(
    name: str,
    figures: Mapping[str, object],
    bars: Mapping[str, Bar] | None = None,
    *,
    seed: int | None = None,
    to: Path | None = None,
) -> bool:
    """Write var/reports/NAME.json (or the file `to`) and print what is in it.

    `figures` maps a name to whatever JSON can hold, `bars` a name to its `Bar`, `seed` repeats the
    run. Returns whether every bar holds.
    """
    bars = bars or {}
    path = to or Path(settings.VAR) / "reports" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        "name": name,
        "commit": commit(),
        "seed": seed,
        "machine": machine(),
        "figures": dict(figures),
        "bars": {which: asdict(bar) for which, bar in bars.items()},
    }
    path.write_text(json.dumps(kept, indent=1, default=str) + "\n")
    print(f"\n{name} ({kept['commit'] or 'no commit'}, seed {seed})")
    for which, value in figures.items():
        if not isinstance(value, list | dict):
            print(f"  {which:<60} {value}")
    for which, bar in bars.items():
        verdict = "holds" if bar.ok else "FAILS"
        print(f"  {verdict}  {which:<53} {bar.value}  (wanted: {bar.bar})")
    print(f"  {path}")
    return all(bar.ok for bar in bars.values())
