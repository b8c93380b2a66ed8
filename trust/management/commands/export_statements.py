"""Statements of reasons in the fields of the EU's DSA Transparency Database, one JSON a line."""

import json
from datetime import UTC, datetime, time

from django.core.management.base import BaseCommand
from django.utils.dateparse import parse_date

from trust.models import Decision


class Command(BaseCommand):
    help = (
        "Write every statement of reasons of a time as JSON lines, as the DSA database takes them."
    )

    def add_arguments(self, parser) -> None:
        parser.add_argument("--since", type=parse_date, help="First day, such as 2026-01-01.")
        parser.add_argument("--until", type=parse_date, help="Last day.")

    def handle(self, *, since, until, **options) -> None:
        decisions = Decision.objects.exclude(statement__dsa=None).order_by("made_at", "pk")
        if since:
            decisions = decisions.filter(made_at__gte=datetime.combine(since, time(), UTC))
        if until:
            decisions = decisions.filter(made_at__lte=datetime.combine(until, time.max, UTC))
        for decision in decisions.iterator(chunk_size=500):
            self.stdout.write(json.dumps(decision.statement["dsa"], ensure_ascii=False))
