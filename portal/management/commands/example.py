"""Run one of the example programs as the business of the demo that it plays."""

import os
import signal
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.demo.examples import EXAMPLES, surroundings
from profiles.models import Profile


class Command(BaseCommand):
    help = "Run an example program (examples/) for a business of the demo. Only with DEMO=1."

    def add_arguments(self, parser):
        parser.add_argument("name", choices=sorted(EXAMPLES))

    def handle(self, *, name, **options):
        if not settings.DEMO:
            raise CommandError("The examples play businesses of the demo: they need DEMO=1.")
        handle, port = EXAMPLES[name]
        profile = Profile.objects.select_related("business").filter(handle=handle).first()
        if profile is None:
            signal.pause()  # no demo, nobody to play; `make run` ends when one of its parts does
        environment = os.environ | surroundings(name, profile, port=port)
        connection.close()
        program = settings.BASE_DIR / "examples" / name / f"{name}.py"
        os.execve(sys.executable, [sys.executable, str(program)], environment)
