"""Figures of a run: printed, and kept in var/reports for who reads them later."""

import json
import os
import platform
from datetime import UTC, datetime

from django.conf import settings

FOLDER = settings.VAR / "reports"


def report(name: str, **figures: object) -> None:
    """Write `figures` to var/reports/NAME.json, with the machine and the moment, and print them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    kept = {
        "name": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        **figures,
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(kept, indent=2, default=str) + "\n")
    words = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items())
    print(f"\n{name}: {words}")
