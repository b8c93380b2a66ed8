from django.core.management.base import BaseCommand, CommandError

from messaging.models import Messenger
from messaging.services.gateway.members import join_everybody


class Command(BaseCommand):
    help = "Make everybody who is in no messenger yet a member of this one."

    def add_arguments(self, parser):
        parser.add_argument("name", help="as in the admin, Messengers")

    def handle(self, *, name, **options):
        messenger = Messenger.objects.filter(name=name, closed_at=None).first()
        if messenger is None:
            raise CommandError(f"There is no messenger called {name}. Staff add it in the admin.")
        joined = join_everybody(messenger, progress=self.show)
        return f"{joined:,} people joined {messenger}."

    def show(self, joined: int) -> None:
        self.stderr.write(f"\r{joined:,}", ending="")
