from django.core.management.base import BaseCommand

from audience.services.snapshots import take_snapshot


class Command(BaseCommand):
    help = (
        "Count people anew for the estimates. Each snapshot costs privacy: beat takes one every"
        " SNAPSHOT_DAYS days; by hand only after a first import."
    )

    def add_arguments(self, parser):
        parser.add_argument("--only", nargs="+", metavar="COUNTRY", help="Count these countries.")

    def handle(self, *, only, **options):
        snapshot = take_snapshot(only=only)
        return f"{snapshot}: {snapshot.cells.count():,} cells in {snapshot.seconds:.1f} s."
