from django.core.management.base import BaseCommand

from audience.services.devices import load_catalogue
from audience.services.tiers import latest_cuts, refresh_tiers


class Command(BaseCommand):
    help = "Load the catalogue of devices and set everybody's tier by their country's thirds."

    def handle(self, **options):
        changed = load_catalogue()
        moved = refresh_tiers()
        for country, cut in latest_cuts().items():
            self.stdout.write(
                f"{country}: entry up to ${cut.entry_until}, middle up to ${cut.middle_until},"
                f" price known for {cut.with_price:,} of {cut.people:,} devices"
            )
        return f"{changed:,} models changed, {moved:,} people moved."
