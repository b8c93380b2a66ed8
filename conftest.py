"""What every test may use. A plain `pytest` starts the embedded database and broker itself."""

import pytest
from django.db import DatabaseError
from django.db.backends.postgresql.operations import DatabaseOperations

from portal.run import services
from portal.run.service import CannotStart
from tests.browser import chromium, visit  # noqa: F401  (here once: one browser for all tests)


def pytest_sessionstart(session: pytest.Session) -> None:
    """The first to come (not the workers of pytest-xdist) sees to it that both run."""
    if not hasattr(session.config, "workerinput"):
        try:
            services.start()
        except CannotStart as error:
            pytest.exit(str(error), returncode=3)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    from portal.tests.citus import HOLD

    for item in items:
        needs = getattr(item, "fixturenames", ())
        if "chromium" in needs:
            item.add_marker(pytest.mark.browser)
        if "processes" in needs:
            item.add_marker(pytest.mark.live)
        if item.nodeid.startswith(HOLD):
            item.add_marker(pytest.mark.citus)


@pytest.fixture(scope="session")
def last_cluster(request):
    from portal.tests import citus

    if citus.is_wanted() and not request.config.getvalue("reuse_db"):
        citus.drop_tests_database()


@pytest.fixture(scope="session")
def django_db_setup(last_cluster, django_db_setup, django_db_blocker):
    """With CITUS=1 the tests' database is spread over a cluster: see portal/tests/citus.py."""
    from portal.tests import citus

    if citus.is_wanted():
        with django_db_blocker.unblock():
            citus.spread_tests_database()


@pytest.fixture(scope="session", autouse=True)
def little_is_emptied_between_tests():
    """Transactional tests end with an empty database: see portal/tests/emptying.py."""
    from portal.tests import citus
    from portal.tests.emptying import empty

    truncate = DatabaseOperations.execute_sql_flush

    def flush(operations, statements):
        table = "ALTER TABLE profiles_auditrow"
        disable, enable = f"{table} DISABLE TRIGGER USER", f"{table} ENABLE TRIGGER USER"
        for left in (2, 1, 0):
            try:
                if left == 2 and not citus.is_wanted():
                    return empty(operations, statements)
                return truncate(operations, [disable, *statements, enable])
            except DatabaseError:  # a deadlock with the last request of a page that was left
                if not left:
                    raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", flush)
        yield


@pytest.fixture
def processes(transactional_db, tmp_path):
    """The real web server, worker and beat, started by the test, ended whatever happens."""
    from portal.tests.processes import Processes

    processes = Processes(tmp_path)
    try:
        yield processes
    finally:
        processes.stop()


# Which of Stripe's operations the tests used, also when they ran in several processes.


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error) -> None:
    from billing.tests.contract.client import SEEN

    SEEN.update(getattr(node, "workeroutput", {}).get("stripe", {}))


def pytest_sessionfinish(session: pytest.Session) -> None:
    from billing.tests.contract.client import SEEN

    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["stripe"] = dict(SEEN)


def pytest_terminal_summary(terminalreporter) -> None:
    from billing.tests.contract.client import SEEN

    if SEEN:
        terminalreporter.write_line(
            f"Stripe's contract: {sum(SEEN.values())} requests of {len(SEEN)} operations: "
            + ", ".join(f"{name} {n}" for name, n in sorted(SEEN.items()))
        )
