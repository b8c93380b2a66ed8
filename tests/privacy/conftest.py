"""What the attacks found is printed and kept in var/reports/privacy.json when they have ended."""

import pytest
from django.conf import settings

from portal.base.report import Bar, report


class Findings:
    """Gathers figures and bars of the session."""

    def __init__(self) -> None:
        self.figures: dict[str, object] = {}
        self.bars: dict[str, Bar] = {}

    def hold(self, name: str, bar: Bar) -> None:
        """Keep the bar, and fail where it does not hold."""
        self.bars[name] = bar
        assert bar.ok, f"{name}: {bar.value}, wanted {bar.bar}"


@pytest.fixture(scope="session")
def findings():
    found = Findings()
    yield found
    found.figures = {"epsilon": str(settings.EPSILON)} | found.figures
    report("privacy", found.figures, found.bars, seed=7)
