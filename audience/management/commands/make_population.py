import sys

from django.core.management.base import BaseCommand

from audience.population import make_population


class Command(BaseCommand):
    help = "Write people like those of Brazil and India as CSV, to be loaded by import_people."

    def add_arguments(self, parser):
        parser.add_argument("--people", type=int, default=200_000)
        parser.add_argument("--out", default="-", help="The file, or - for standard output.")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *, people, out, seed, **options):
        if out == "-":
            make_population(sys.stdout, people, seed=seed)
        else:
            with open(out, "w", encoding="utf-8", newline="") as file:
                make_population(file, people, seed=seed)
            self.stderr.write(f"{people:,} people in {out}")
