"""Spreading the rows per person over many machines with Citus; see docs/scale.md."""

from django.db import connection, transaction

from audience.models import Person, PersonKey
from audience.per_person import models_per_person


class NotDistributedError(Exception):
    """After all was done the tables are not where they should be."""


def is_distributed_engine() -> bool:
    """Does this database have the extension?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'")
        return cursor.fetchone() is not None


def placement() -> list[tuple[str, str, str]]:
    """(table, column to distribute by, table to lie beside) of every table with rows per person."""
    person = Person._meta.db_table
    beside = [(model._meta.db_table, "person_id", person) for model in models_per_person()[1:]]
    return [
        (person, "person_id", "none"),
        *beside,
        (PersonKey._meta.db_table, "external_id", "none"),
    ]


@transaction.atomic
def distribute() -> list[str]:
    """Distribute what is not yet, also filled tables; run it after every migrate.

    Everything of one person lies on one node; PersonKey, which finds a person by the messenger's
    id, is spread by that id. All other tables stay on the coordinator.

    Returns:
        The tables that were distributed now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT logicalrelid::regclass::text FROM pg_dist_partition")
        done = {table for (table,) in cursor.fetchall()}
        new = [row for row in placement() if row[0] not in done]
        for table, column, beside in new:
            cursor.execute(
                "SELECT create_distributed_table(%s, %s, colocate_with := %s)",
                [table, column, beside],
            )
        _check(cursor)
    return [table for table, _column, _beside in new]


def _check(cursor) -> None:
    cursor.execute("SELECT logicalrelid::regclass::text, colocationid FROM pg_dist_partition")
    groups = dict(cursor.fetchall())
    together = {
        groups.get(table) for table, column, _beside in placement() if column == "person_id"
    }
    if len(together) != 1 or None in together:
        raise NotDistributedError(f"Tables of people lie apart: {groups}")
