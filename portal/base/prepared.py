"""The few statements that every message costs, planned once a connection instead of every time.

For hot paths alone: they are not in Django's log of queries. Where a pooler between us and the
database can't keep prepared statements, PREPARED=0 sends them plainly.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection


def run(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> psycopg.Cursor[Any]:
    """Execute a statement of constant words. Returns the cursor, to fetch from.

    Raises Django's DatabaseError, as its own cursors do; within `together` at the block's end.
    """
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors:
        cursor = psycopg.Cursor(connection.connection)
        cursor.execute(statement, values, prepare=True)
        return cursor
