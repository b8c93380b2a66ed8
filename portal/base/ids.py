"""Ids made in Python: rows per person get time-ordered ones, things with an address get 15 random
digits.
"""

import secrets
import time
from datetime import UTC, datetime

EPOCH_MS = 1_735_689_600_000  # 2025-01-01, so that 41 bits of milliseconds last until 2094
RANDOM_BITS = 22
NODE_LOWEST, NODE_HIGHEST = 10**14, 10**15 - 1  # below 2**53, as JSON needs


def new_id(now: datetime | None = None) -> int:
    """A 63-bit id whose order is the order of time, to the millisecond; ties are random.

    Pages by such a key are pages by time, and no sequence is shared between machines.
    """
    milliseconds = int(now.timestamp() * 1000) if now else time.time_ns() // 1_000_000
    return (milliseconds - EPOCH_MS) << RANDOM_BITS | secrets.randbits(RANDOM_BITS)


def lowest_id_at(moment: datetime) -> int:
    """The smallest id that `new_id` can give at `moment`: the start of a range by time."""
    return (int(moment.timestamp() * 1000) - EPOCH_MS) << RANDOM_BITS


def time_of(id_: int) -> datetime:
    """When the id was made, to the millisecond."""
    return datetime.fromtimestamp(((id_ >> RANDOM_BITS) + EPOCH_MS) / 1000, UTC)


def new_node_id() -> int:
    """The public id of a business, profile, app, template or file: 15 random digits in one
    namespace.
    """
    return NODE_LOWEST + secrets.randbelow(NODE_HIGHEST - NODE_LOWEST + 1)
