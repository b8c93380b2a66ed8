"""What changed in a conversation, told to the open pages of both its sides."""

from portal.base.live import announce, announce_together
from portal.base.pairwise import pairwise_number
from profiles.models import Profile


def announce_conversation(profile: Profile, person_id: int) -> None:
    """Tell both sides' open pages that the conversation changed."""
    announce_together((f"person:{person_id}", "chat", profile.pk), _to_business(profile, person_id))


def announce_business(profile: Profile, person_id: int) -> None:
    """Tell the business's open pages, by the only number it knows."""
    announce(*_to_business(profile, person_id))


def _to_business(profile: Profile, person_id: int) -> tuple[str, str, str]:
    return (
        f"business:{profile.business_id}",
        "conversation",
        pairwise_number(profile.business_id, person_id),
    )
