"""How the database is emptied after a transactional test: only what has rows in it.

Django truncates every table, which makes a new file for each table and index, eight hundred of
them, however little a test has written: a second of a busy machine, two hundred times.
"""

import re

from django.db import transaction
from django.db.backends.postgresql.operations import DatabaseOperations

LARGE = 256 * 1024  # bytes; what is larger is truncated, so that no dead rows gather
OWN_TRIGGERS = """
    select distinct tgrelid::regclass::text from pg_trigger where not tgisinternal"""
REFERRED_TO = "select distinct confrelid::regclass::text from pg_constraint where contype = 'f'"


def empty(operations: DatabaseOperations, statements: list[str]) -> None:
    """What DatabaseOperations.execute_sql_flush does, to the same tables.

    All are locked first, as TRUNCATE would: whoever still writes is waited for, and leaves nothing.
    """
    connection = operations.connection
    tables = re.findall(r'"(\w+)"', " ".join(statements))
    with transaction.atomic(connection.alias), connection.cursor() as cursor:

        def names(sql: str) -> set[str]:
            cursor.execute(sql)
            return {name for (name,) in cursor.fetchall()}

        cursor.execute(f"lock table {', '.join(tables)} in access exclusive mode")
        filled = names(
            " union all ".join(f"select '{t}' where exists (select 1 from {t})" for t in tables)
        )
        large = names(
            f"select relname from pg_class where oid = any('{{{','.join(filled)}}}'::regclass[])"
            f" and pg_relation_size(oid) > {LARGE}"
        )
        guarded = filled & names(OWN_TRIGGERS)  # the audit's refuse what is done here
        truncated = large - names(REFERRED_TO)
        for table in guarded:
            cursor.execute(f"alter table {table} disable trigger user")
        for table in filled - truncated:
            cursor.execute(f"delete from {table}")
        cursor.execute("set constraints all immediate")
        for table in truncated:
            cursor.execute(f"truncate {table}")
        for table in guarded:
            cursor.execute(f"alter table {table} enable trigger user")
