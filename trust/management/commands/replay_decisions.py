"""Put what every automatic decision stored through its own policy again."""

from django.core.management.base import BaseCommand, CommandError

from trust.models import Decision
from trust.services.policies import replay_decision


class Command(BaseCommand):
    help = "Replay every automatic decision; fails with those whose stored numbers disagree."

    def handle(self, **options) -> str:
        checked, wrong = 0, []
        rows = Decision.objects.filter(by=None).select_related("policy", "profile").order_by("pk")
        for decision in rows.iterator(chunk_size=200):
            replay = replay_decision(decision)
            if replay is None:
                continue
            checked += 1
            if not replay.agrees:
                wrong.append(f"{decision.uuid}: {replay.to} by {replay.rule}, {replay.evidence}")
        if wrong:
            raise CommandError("\n".join([f"{len(wrong)} of {checked} disagree.", *wrong]))
        return f"{checked} decisions replay to the same rung."
