"""Takes one filter away at a time, and runs the table; by `make fuzz` or N= only. See mutants.

What the table does not notice is run against the tests of its own app, in a process of its own.
"""

import os
import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from django.db import transaction

from messaging.services.integrators import rates
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
OF_PAGES = (test_table.test_what_is_anothers_is_not_found_through_ones_own_pages,)
OF_DOOR = (test_table.test_strangers_find_no_page_of_a_business,)
OF_API = (
    test_table.test_another_businesss_nodes_are_as_good_as_none,
    test_table.test_keys_open_their_own_business_by_scope_and_nothing_else,
)
# What is looked at in any case: each filter by person, profile or business, one after the other.
ALWAYS = "messaging/tests/test_rows_*.py"
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


def test_a_forgotten_filter_makes_a_test_fail(world, settings, monkeypatch):
    settings.API_CALLS_A_SECOND = 100_000
    monkeypatch.setattr(rates, "_take", lambda *args, **kwargs: rates.Room(1, 1, 1))
    every = mutants()
    chosen = every
    if (n := int(os.environ["N"])) and (n := SAMPLE if n >= 1000 else n) < len(every):
        chosen = sorted(random.Random(SEED).sample(every, n), key=str)
    killed, survivors, asleep = [], [], []
    for mutant in chosen:
        with mutant.alive() as functions:
            if not functions:
                asleep.append(str(mutant))
                continue
            by_table = the_table_fails(world, mutant)
        is_dead = by_table or its_own_fail(mutant)
        (killed if is_dead else survivors).append(str(mutant))
        who = "by the table" if by_table else "by its tests" if is_dead else "SURVIVES"
        print(f"{mutant} {who}", flush=True)
    tried = len(killed) + len(survivors)
    figures = {
        "mutants there are": len(every),
        "tried": tried,
        "killed": len(killed),
        "survivors": survivors,
        "not reached": asleep,
    }
    bars = {"share killed": at_least(round(len(killed) / tried, 3), KILLED_SHARE)}
    assert report("permissions", figures, bars, seed=SEED)


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
    """The tests of its app that may notice, those of single filters first."""
    always = ALWAYS if mutant.path.startswith("messaging/") else ""
    path = Path(mutant.path)
    patterns = next((said for start, said in TESTS.items() if mutant.path.startswith(start)), "")
    if not patterns:
        stem = path.stem.removesuffix("s").replace("_acts", "")
        patterns = " ".join(
            str(file.relative_to(ROOT))
            for file in sorted((ROOT / path.parts[0] / "tests").glob("test_*.py"))
            if stem in file.name or f"{path.parts[0]}.views.{path.stem}" in file.read_text()
        )
    found = [str(p) for each in f"{always} {patterns}".split() for p in sorted(ROOT.glob(each))]
    return list(dict.fromkeys(found))
