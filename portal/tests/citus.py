"""The tests' database on a Citus cluster:

    CITUS=1 CITUS_NODES=127.0.0.1:5433,127.0.0.1:5434 \\
    DATABASE_URL=postgres://signet_owner:…@127.0.0.1:5432/signet  pytest -m citus

DATABASE_URL is the coordinator; CITUS_NODES are the workers, as the coordinator reaches them. Its
role must be a superuser on all of them: making an extension and a node takes one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from audience.services.distribution import distribute, is_distributed_engine, placement

# Tests that hold on both engines: all that reads or writes rows per person.
HOLD = (
    "audience/tests/",
    "messaging/tests/test_api_messages.py",
    "messaging/tests/test_blocking.py",
    "messaging/tests/test_business_inbox.py",
    "messaging/tests/test_campaign_pages.py",
    "messaging/tests/test_campaigns.py",
    "messaging/tests/test_figures.py",
    "messaging/tests/test_integrator_traces.py",
    "messaging/tests/test_messages.py",
    "messaging/tests/test_person_chat.py",
    "messaging/tests/test_person_sessions.py",
    "messaging/tests/test_rules.py",
    "messaging/tests/test_sandbox.py",
    "trust/tests/test_complaints.py",
    "trust/tests/test_reports.py",
    "tests/test_erasure.py",
)


def is_wanted() -> bool:
    return os.getenv("CITUS") == "1"


def drop_tests_database() -> None:
    """Drop last time's: its nodes stay connected to it, so that Django can't."""
    own = connection.settings_dict
    name = Identifier(f"test_{own['NAME']}")
    with _session((own["HOST"], own["PORT"]), "postgres") as session:
        session.execute(SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(name))


def spread_tests_database() -> None:
    """Make the migrated database of the tests a distributed one, and see that it is.

    Django makes it on the coordinator alone, where all tests would pass without a cluster.
    """
    if not is_distributed_engine():
        _make_cluster()
    distribute()
    with connection.cursor() as cursor:
        cursor.execute("SELECT logicalrelid::regclass::text FROM pg_dist_partition")
        there = {table for (table,) in cursor.fetchall()}
        cursor.execute("SELECT count(*) FROM citus_get_active_worker_nodes()")
        (active,) = cursor.fetchone()
    missing = {table for table, _column, _beside in placement()} - there
    assert not missing and active == len(nodes()), f"{active} nodes, without {missing}"


def _make_cluster() -> None:
    name = connection.settings_dict["NAME"]
    for node in nodes():
        with _session(node, "postgres") as session:
            session.execute(SQL("DROP DATABASE IF EXISTS {} (FORCE)").format(Identifier(name)))
            session.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        with _session(node, name) as session:
            session.execute("CREATE EXTENSION citus")
    own = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION citus")
        cursor.execute("SELECT citus_set_coordinator_host(%s, %s)", [own["HOST"], own["PORT"]])
        for node in nodes():
            cursor.execute("SELECT citus_add_node(%s, %s)", list(node))


def nodes() -> list[tuple[str, int]]:
    addresses = [node.rpartition(":") for node in os.environ["CITUS_NODES"].split(",")]
    return [(host, int(port)) for host, _colon, port in addresses]


@contextmanager
def _session(node: tuple[str, int], database: str) -> Iterator[psycopg.Connection]:
    host, port = node
    own = connection.settings_dict
    with psycopg.connect(
        host=host,
        port=port,
        dbname=database,
        user=own["USER"],
        password=own["PASSWORD"],
        autocommit=True,
    ) as session:
        yield session
