"""Takes one filter away at a time; by `make fuzz` or N= only. See mutants.

First the tests of single filters are run, in this process; what they don't notice is run against
the table, and what that does not notice against the tests of its app, in a process of its own.
"""

import ast
import os
import random
import subprocess
import sys
import unittest
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from django.db import connections, transaction

from messaging.services.integrators import rates
from messaging.tests import test_rows_of_a_business, test_rows_of_ones_own
from portal.base.report import at_least, report
from tests.permissions import test_table
from tests.permissions.actors import World
from tests.permissions.mutants import ROOT, Mutant, mutants

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("N" not in os.environ, reason="Minutes long: set N=, or `make fuzz`."),
]
SAMPLE, SEED = 12, int(os.getenv("SEED", "1"))
KILLED_SHARE = 0.95
OF_PAGES = (
    test_table.test_ones_own_pages_show_nothing_of_anothers,
    test_table.test_what_is_anothers_is_not_found_through_ones_own_pages,
)
OF_DOOR = (test_table.test_strangers_find_no_page_of_a_business,)
OF_API = (
    test_table.test_another_businesss_nodes_are_as_good_as_none,
    test_table.test_keys_open_their_own_business_by_scope_and_nothing_else,
)
OF_ROWS = (
    test_rows_of_ones_own.OwnRowsTests,
    test_rows_of_a_business.OwnTalksTests,
    test_rows_of_a_business.OwnPagesTests,
)
# Whose tests look at what is kept by these; else those that name the module.
TESTS = {
    "messaging/inbox/": "messaging/tests/test_person_*.py messaging/tests/test_account_linking.py",
    "messaging/api/": "messaging/tests/test_api_*.py messaging/tests/test_account_linking.py",
    "messaging/v1/": "messaging/tests/test_v1*.py",
    "messaging/services/conversations": "messaging/tests/test_desk.py "
    "messaging/tests/test_business_inbox.py messaging/tests/test_messages.py",
    "messaging/services/people/chats": "messaging/tests/test_person_*.py",
    "messaging/services/media": "messaging/tests/test_media.py",
}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def test_a_forgotten_filter_makes_a_test_fail(request, settings, monkeypatch):
    settings.API_CALLS_A_SECOND = 100_000
    monkeypatch.setattr(rates, "_take", lambda *args, **kwargs: rates.Room(1, 1, 1))
    every = mutants()
    chosen = every
    if (n := int(os.environ["N"])) and (n := SAMPLE if n >= 1000 else n) < len(every):
        chosen = sorted(random.Random(SEED).sample(every, n), key=str)
    killed, left, survivors, asleep = [], [], [], []
    assert not (said := rows_fail()), said  # (they fail without a mutant)
    for mutant in chosen:  # (before there is a world: both have an Acme)
        with mutant.alive() as functions:
            if not functions:
                asleep.append(str(mutant))
                continue
            is_dead = mutant.path.startswith("messaging/") and bool(rows_fail())
        (killed if is_dead else left).append(mutant)
        print(f"{mutant} {'by a test of rows' if is_dead else 'goes on'}", flush=True)
    world = request.getfixturevalue("world")
    for mutant in left:
        with mutant.alive():
            by_table = the_table_fails(world, mutant)
        is_dead = by_table or its_own_fail(mutant)
        (killed if is_dead else survivors).append(mutant)
        who = "by the table" if by_table else "by its tests" if is_dead else "SURVIVES"
        print(f"{mutant} {who}", flush=True)
    tried = len(killed) + len(survivors)
    figures = {
        "mutants there are": len(every),
        "tried": tried,
        "killed": len(killed),
        "survivors": [str(mutant) for mutant in survivors],
        "not reached": asleep,
    }
    bars = {"share killed": at_least(round(len(killed) / tried, 3), KILLED_SHARE)}
    assert report("permissions", figures, bars, seed=SEED)


def rows_fail() -> str:
    """What the first of the tests of single filters that fails says; empty where none does."""
    loader, result = unittest.TestLoader(), unittest.TestResult()
    result.failfast = True
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in OF_ROWS)
    # The end of a class closes the connection, on which our own transaction is open.
    with mock.patch.object(connections["default"], "close"):
        suite.run(result)
    return "".join(said for _test, said in result.errors + result.failures)


def the_table_fails(world: World, mutant: Mutant) -> bool:
    """Whether one of the table's tests fails while the mutant lives."""
    tests = [partial(test, world, None) for test in OF_API]
    if not mutant.path.startswith(("messaging/api", "messaging/v1")):
        chosen = OF_DOOR if "tenancy" in mutant.path else OF_PAGES
        tests = [partial(test, world) for test in chosen]
    for test in tests:
        mark = transaction.savepoint()
        try:
            test()
        except Exception:  # whatever it is, somebody would have seen it
            return True
        finally:
            transaction.savepoint_rollback(mark)
    return False


def its_own_fail(mutant: Mutant) -> bool:
    """Whether a test of the mutant's own app fails while it lives."""
    files = files_for(mutant)
    if not files:
        return False
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n1", "-p", "tests.permissions.mutants"]
    done = subprocess.run(
        [*command, "--reuse-db", *files],
        cwd=ROOT,
        env=os.environ | {"MUTANT": str(mutant)},
        capture_output=True,
        text=True,
    )
    said = done.stdout[-2000:] + done.stderr[-2000:]
    assert not done.returncode or " failed" in said, said  # (it could not even begin)
    return bool(done.returncode)


def files_for(mutant: Mutant) -> list[str]:
    """The tests of its app that may notice."""
    path = Path(mutant.path)
    patterns = next((said for start, said in TESTS.items() if mutant.path.startswith(start)), "")
    if not patterns:
        stem = path.stem.removesuffix("s").replace("_acts", "")
        tree = ast.parse((ROOT / path).read_text())
        views = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
        words = [f"{path.parts[0]}.views.{path.stem}", *(f'reverse("{view}"' for view in views)]
        patterns = " ".join(
            str(file.relative_to(ROOT))
            for file in sorted((ROOT / path.parts[0] / "tests").glob("test_*.py"))
            if stem in file.name or any(word in file.read_text() for word in words)
        )
    return [str(p) for each in patterns.split() for p in sorted(ROOT.glob(each))]
