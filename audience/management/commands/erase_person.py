from django.core.management.base import BaseCommand, CommandError

from audience.services.erasure import erase_person, person_id_of


class Command(BaseCommand):
    help = "Delete everything about one person, by the messenger's id of them."

    def add_arguments(self, parser):
        parser.add_argument("external_id")

    def handle(self, *, external_id, **options):
        if (person_id := person_id_of(external_id)) is None:
            raise CommandError("There is no such person.")
        return f"{erase_person(person_id)} rows erased."
