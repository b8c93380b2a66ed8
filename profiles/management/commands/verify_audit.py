import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from profiles.services.audit_chain import read_head, verify_audit


class Command(BaseCommand):
    help = "Check that no row of the audit was changed, removed, added or moved, and say where."

    def add_arguments(self, parser):
        parser.add_argument(
            "--heads",
            type=Path,
            help="Folder with heads that were kept elsewhere (audit-heads/*.json).",
        )

    def handle(self, *, heads, **options):
        files = sorted(heads.glob("*.json")) if heads else []
        copies = [read_head(json.loads(file.read_text())) for file in files]
        began = time.monotonic()
        read, faults = verify_audit(copies)
        rate = read / max(time.monotonic() - began, 1e-9)
        for fault in faults:
            self.stdout.write(str(fault))
        if faults:
            raise CommandError(f"{len(faults)} faults in {read} rows.")
        return f"{read} rows and {len(copies)} copied heads are sound ({rate:,.0f} rows a second)."
