import json

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from audience.services.erasure import export_person, person_id_of


class Command(BaseCommand):
    help = "Print everything there is about one person as JSON, by the messenger's id of them."

    def add_arguments(self, parser):
        parser.add_argument("external_id")

    def handle(self, *, external_id, **options):
        if (person_id := person_id_of(external_id)) is None:
            raise CommandError("There is no such person.")
        return json.dumps(
            export_person(person_id), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False
        )
