"""Run one of the example programs as the business, or the messenger, of the demo that it plays."""

import os
import signal
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.demo.examples import EXAMPLES, surroundings
from portal.demo.messenger import messenger_surroundings
from profiles.models import Profile

MESSENGER = "messenger"


class Command(BaseCommand):
    help = "Run an example program (examples/) as a part of the demo. Only with DEMO=1."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=[*sorted(EXAMPLES), MESSENGER])

    def handle(self, *, name, **options):
        if not settings.DEMO:
            raise CommandError("The examples play businesses of the demo: they need DEMO=1.")
        known = messenger_surroundings() if name == MESSENGER else _business(name)
        if known is None:
            signal.pause()  # no demo, nobody to play; `make run` ends when one of its parts does
        environment = os.environ | (known or {})
        connection.close()
        program = settings.BASE_DIR / "examples" / name / f"{name}.py"
        os.execve(sys.executable, [sys.executable, str(program)], environment)


def _business(name: str) -> dict[str, str] | None:
    handle, port = EXAMPLES[name]
    profile = Profile.objects.select_related("business").filter(handle=handle).first()
    return surroundings(name, profile, port=port) if profile else None
