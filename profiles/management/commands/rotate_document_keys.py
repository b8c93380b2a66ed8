import time

from django.core.management.base import BaseCommand

from profiles.models import Business
from profiles.services.documents import rotate_key


class Command(BaseCommand):
    help = "Give businesses new keys over their documents; the documents stay as they are."

    def add_arguments(self, parser):
        parser.add_argument("slug", nargs="*", help="Of which businesses; none means all.")

    def handle(self, *, slug, **options):
        businesses = Business.objects.filter(sealing_key__isnull=False).order_by("pk")
        if slug:
            businesses = businesses.filter(slug__in=slug)
        began, documents, count = time.perf_counter(), 0, 0
        for business in businesses.iterator():
            documents += rotate_key(business)
            count += 1
        took = time.perf_counter() - began
        return f"{count} keys made, {documents} documents under them, in {took:.1f} s."
