"""The lock between a chunk of a campaign and a person who says no.

A chunk holds its bucket shared from its first statement to its commit; block, mute, opt-out, budget
and erasure hold it exclusively. So what a person says either comes before the chunk looks, or after
the chunk has committed: no later delivery exists. Without it a chunk that had already looked
delivers after the block has committed.
"""

from django.db import connection, transaction

from audience.models import bucket_of
from portal.base.prepared import run

BUCKET_LOCK = 7204  # the first key of the advisory locks on buckets; the second is the bucket


def share_bucket(bucket: int) -> None:
    """Hold the bucket for a chunk: first statement of its transaction, before any snapshot."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s, %s)", bucket)


def hold_bucket(person_id: int) -> None:
    """Hold the person's bucket alone until the transaction ends: no chunk is under way in it."""
    _lock("SELECT pg_advisory_xact_lock(%s, %s)", bucket_of(person_id))


def _lock(statement: str, bucket: int) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("A bucket is held within a transaction.")
    run(statement, [BUCKET_LOCK, bucket])
