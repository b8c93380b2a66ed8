"""The id by which integrators know a message: pairwise number and message id in 20 characters.

A look-up by it names the person, so it hits one shard; a business can't read another's.
"""

import base64
import binascii
from typing import NamedTuple

from portal.base.pairwise import pairwise_number, person_of

PREFIX = "wamid."
VERSION = 1


class MessageKey(NamedTuple):
    """What finds one message."""

    person_id: int
    id: int


def wamid(business_id: int, person_id: int, message_id: int) -> str:
    """The message's id towards this business; safe in paths and queries."""
    number = int(pairwise_number(business_id, person_id))
    packed = bytes([VERSION, 0]) + number.to_bytes(5, "big") + message_id.to_bytes(8, "big")
    return PREFIX + base64.urlsafe_b64encode(packed).decode()


def message_behind(business_id: int, written: str) -> MessageKey | None:
    """The message that this business calls so, else None; whether it exists is another question."""
    try:
        packed = base64.b64decode(written.removeprefix(PREFIX).encode(), b"-_", validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return None
    if not written.startswith(PREFIX) or len(packed) != 15 or packed[:2] != bytes([VERSION, 0]):
        return None
    person_id = person_of(business_id, f"{int.from_bytes(packed[2:7], 'big'):012d}")
    message_id = int.from_bytes(packed[7:], "big")
    if person_id is None or message_id >= 2**63:
        return None
    return MessageKey(person_id, message_id)
