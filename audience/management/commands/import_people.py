import csv
import sys
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audience.services.people import ImportResult, digest_of, import_people
from portal.base.refused import Refused


class Command(BaseCommand):
    help = "Load people from a CSV or NDJSON file, or from standard input. May be run again."

    def add_arguments(self, parser):
        parser.add_argument("file", help="The file, or - for standard input.")
        parser.add_argument("--format", choices=["csv", "ndjson"], help="By default by its name.")
        parser.add_argument("--workers", type=int, default=2, help="Connections to load on.")
        parser.add_argument("--rejects", type=Path, help="Where to write the lines left out.")

    def handle(self, *, file, format, workers, rejects, **options):
        format = format or ("ndjson" if file.endswith((".ndjson", ".jsonl")) else "csv")
        self.began, self.begun_at = time.monotonic(), None
        try:
            if file == "-":
                result = import_people(
                    sys.stdin.buffer,
                    format=format,
                    name="standard input",
                    progress=self.show,
                    workers=workers,
                )
            else:
                with open(file, "rb") as opened:
                    result = import_people(
                        opened,
                        format=format,
                        name=file,
                        source=digest_of(opened),
                        progress=self.show,
                        workers=workers,
                    )
        except OSError as error:
            raise CommandError(f"{file} can't be read: {error.strerror}.") from error
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal

        self.show(result, end="\n")
        if result.rejected:
            self.write_rejects(
                result, rejects or Path(f"{file.strip('-') or 'people'}.rejects.csv")
            )

    def show(self, result: ImportResult, end: str = "\r") -> None:
        if self.begun_at is None:  # what an interrupted run had done does not count as speed
            self.begun_at = result.lines - min(result.lines, 10_000)
        rate = (result.lines - self.begun_at) / (time.monotonic() - self.began)
        self.stderr.write(
            f"{result.lines:,} lines, {result.added:,} added, {result.known:,} known before,"
            f" {result.rejected:,} rejected, {rate:,.0f} a second   ",
            ending=end,
        )
        self.stderr.flush()

    def write_rejects(self, result: ImportResult, path: Path) -> None:
        with path.open("w", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(["line", "reason"])
            writer.writerows(result.run.rejects.order_by("line").values_list("line", "reason"))
        self.stderr.write(f"The lines left out, and why: {path}")
