"""Simulate senders and hold the rules against the bars: `make trust`."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from portal.base.report import Bar, report
from trust.rules import Rules
from trust.simulation.report import MUTANTS, Size, bars, figures, mutate, simulate

COLUMNS = ("size", "rate", "history", "reached", "beyond", "limit", "suspend", "revoke")


class Command(BaseCommand):
    help = (
        "Simulate honest and bad senders under the published rules; write a report with its bars."
    )
    requires_system_checks: list = []

    def add_arguments(self, parser) -> None:
        parser.add_argument("--scale", type=float, default=1.0, help="1 is the published size.")
        parser.add_argument("--seed", type=int, default=20_260_101)
        parser.add_argument("--mutants", type=float, default=0.02, help="Scale of each mutant.")
        parser.add_argument("--to", type=Path, help="The file; var/reports/trust.json.")

    def handle(self, *, scale, seed, mutants, to, **options) -> None:
        size = Size().scaled(scale) if scale != 1 else Size()
        self.stdout.write(f"{size}, seed {seed}")
        found = simulate(size, seed, Rules(), say=self.stdout.write)
        self.show(found)
        failed = {}
        for name in MUTANTS:
            failed[name] = mutate(name, Size().scaled(mutants), seed)
            caught = "; ".join(failed[name]) or "NOTHING"
            self.stdout.write(f"mutant {name!r} fails: {caught}")
        missed = [name for name, bars_failed in failed.items() if not bars_failed]
        held = bars(found) | {
            "every mutant fails a bar": Bar(", ".join(missed) or "all do", "all do", not missed)
        }
        if not report("trust", figures(found, failed, size), held, seed=seed, to=to):
            raise CommandError("A bar does not hold.")

    def show(self, found: dict) -> None:
        """The table of bad senders, and the cohorts without a bar."""
        self.stdout.write("  ".join(f"{word:>9}" for word in COLUMNS))
        for row in found["table"]:
            cells = [
                f"{row.size:,}",
                f"{row.rate:.0%}",
                "20 clean" if row.history else "none",
                f"{row.reached:,.0f}",
                f"{row.beyond:,.0f}",
                *("-" if n is None else f"{n:g}" for n in (row.limit, row.suspend, row.revoke)),
            ]
            self.stdout.write("  ".join(f"{cell:>9}" for cell in cells))
        for name, rho, tally in found["others"]:
            self.stdout.write(
                f"{name}, rho {rho}: of {tally.years} warned {tally.warned}, "
                f"limited {tally.limited}, suspended {tally.suspended}; "
                f"{tally.stopped} of {tally.units} units stopped"
            )
