"""How much one person's voice weighs when a sender is judged, and for what (trust.md)."""

from datetime import UTC, date

from audience.models import Person
from messaging.models import Message

FULL_WEIGHT_AFTER = 30  # days since joining; a new account weighs a tenth
LOWEST_WEIGHT = 0.1


def weight_of(person: Person, today: date) -> float:
    """0.1 to 1, by the account's age: new accounts are cheap to make.

    The same above and below the line: of those who complain and of those who have seen a message.
    """
    days = max(0, (today - person.joined).days)
    return min(1.0, LOWEST_WEIGHT + (1 - LOWEST_WEIGHT) * days / FULL_WEIGHT_AFTER)


def cluster_of(person: Person) -> str:
    """Accounts that were made together on the same kind of phone: likely one hand."""
    return f"{person.device or 'unknown'} {person.joined.isoformat()}"


def unit_of(message: Message) -> int | date:
    """What the message is judged with: its campaign, or the day it was sent on (UTC)."""
    return message.campaign_id or message.created_at.astimezone(UTC).date()
