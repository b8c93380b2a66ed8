"""How much one person's voice weighs when a sender is judged, and for what (trust.md)."""

import hashlib
from datetime import UTC, date

from audience.models import Person
from messaging.models import Message
from trust.services.reports import judged_history
from trust.weights import reporter_weight


def weight_of(person: Person, today: date) -> float:
    """0.1 to 1, by the account's age (new ones are cheap to make) and by how staff have judged the
    person's reports so far.

    The same above and below the line: of those who complain and of those who have seen a message.
    """
    agreed, disagreed = judged_history(person.person_id)
    return reporter_weight((today - person.joined).days, agreed=agreed, disagreed=disagreed)


def cluster_of(person: Person) -> str:
    """Accounts that were made together on the same kind of phone: likely one hand.

    A digest, since it stays with the complaint when the person is erased.
    """
    together = f"{person.device or 'unknown'} {person.joined.isoformat()}"
    return hashlib.sha256(together.encode()).hexdigest()[:32]


def unit_of(message: Message) -> int | date:
    """What the message is judged with: its campaign, or the day it was sent on (UTC)."""
    return message.campaign_id or message.created_at.astimezone(UTC).date()
