from django.core.management.base import BaseCommand

from audience.services.distribution import distribute, is_distributed_engine


class Command(BaseCommand):
    help = "Spread the rows per person over the nodes of a Citus cluster. May be run again."

    def handle(self, **options):
        if not is_distributed_engine():
            return "This is plain PostgreSQL: all is on one machine, nothing was changed."
        tables = distribute()
        return f"Distributed: {', '.join(tables)}" if tables else "All was distributed already."
