"""From the SDK's objects to plain values."""

from datetime import UTC, datetime


def moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def time(seconds: int | None) -> datetime | None:
    return moment(seconds) if seconds else None


def id_of(thing: object) -> str:
    """The id of what Stripe gives as an id, as a whole object or not at all."""
    if isinstance(thing, dict):
        thing = thing.get("id")
    return str(getattr(thing, "id", thing) or "")
