"""How much one person's voice weighs when a sender is judged, and for what (trust.md)."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date

from audience.models import Person
from messaging.models import Message
from trust.services.reports import judged_histories
from trust.weights import reporter_weight


def weights_of(people: Iterable[Person], today: date) -> dict[int, float]:
    """0.1 to 1 for each, by person_id: by the account's age (new ones are cheap to make) and by how
    staff have judged the person's reports so far.

    The same above and below the line: of those who complain and of those who have seen a message.
    """
    joined = {person.person_id: person.joined for person in people}
    histories = judged_histories(joined)
    return {
        person_id: reporter_weight((today - day).days, agreed=agreed, disagreed=disagreed)
        for person_id, day in joined.items()
        for agreed, disagreed in [histories.get(person_id, (0, 0))]
    }


def weight_of(person: Person, today: date) -> float:
    """The weight of one person's voice."""
    return weights_of([person], today)[person.person_id]


def cluster_of(person: Person) -> str:
    """Accounts that were made together on the same kind of phone: likely one hand.

    A digest, since it stays with the complaint when the person is erased.
    """
    together = f"{person.device or 'unknown'} {person.joined.isoformat()}"
    return hashlib.sha256(together.encode()).hexdigest()[:32]


def unit_of(message: Message) -> int | date:
    """What the message is judged with: its campaign, or the day it was sent on (UTC)."""
    return message.campaign_id or message.created_at.astimezone(UTC).date()
