"""Several statements in one round trip to the database.

with together():
    share_bucket(7)                     # sent with
    cursor.execute("select ...")        # this one
row = cursor.fetchone()                 # read after the block: reading within it waits

Each is a statement of its own with its own snapshot, in their order. The first that fails fails all
after it, and its error is raised at the end of the block.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from psycopg import capabilities, pq


@contextmanager
def together() -> Iterator[None]:
    """Send the statements of the block together. Within another one it adds nothing."""
    connection.ensure_connection()
    link = connection.connection
    if not capabilities.has_pipeline() or link.pgconn.pipeline_status != pq.PipelineStatus.OFF:
        yield
        return
    with connection.wrap_database_errors, link.pipeline():
        yield
