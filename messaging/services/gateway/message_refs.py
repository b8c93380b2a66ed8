"""The id by which a messenger knows a message: person and message id in 20 characters.

All messages of a campaign share one message id, so it takes both to name one.
"""

import base64
import binascii

from messaging.services.integrators.wamids import MessageKey

PREFIX = "m_"
PERSON_BYTES, MESSAGE_BYTES = 5, 8
LENGTH = len(PREFIX) + 18


def message_ref(person_id: int, message_id: int) -> str:
    """The message's id towards messengers; safe in paths and queries."""
    packed = person_id.to_bytes(PERSON_BYTES, "big") + message_id.to_bytes(MESSAGE_BYTES, "big")
    return PREFIX + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def message_named(ref: str) -> MessageKey | None:
    """The message that is called so, else None; whether it exists is another question."""
    if not ref.startswith(PREFIX) or len(ref) != LENGTH:
        return None
    try:
        packed = base64.b64decode(f"{ref[len(PREFIX) :]}==".encode("ascii"), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    key = MessageKey(
        int.from_bytes(packed[:PERSON_BYTES], "big"), int.from_bytes(packed[PERSON_BYTES:], "big")
    )
    if key.id >= 2**63 or message_ref(*key) != ref:
        return None
    return key
