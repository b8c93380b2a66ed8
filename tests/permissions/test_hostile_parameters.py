"""Each parameter that a view reads, with what no form would send: a no, never a fault of ours."""

import os
import re
import traceback

import pytest
from django.core.signals import got_request_exception

from tests.permissions.actors import World
from tests.permissions.routes import routes

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("N" not in os.environ, reason="Minutes long: set N=, or `make fuzz`."),
]
NAMES = re.compile(r"\.(?:GET|POST)(?:\.get(?:list)?\(|\[)\s*\"(\w+)\"")
HOSTILE = (  # each as every parameter at once
    "\x00",
    "²",
    "9" * 30,
    "9" * 5000,
    "-1",
    "2026-13-45T99:00:00",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "http://[",
    "NaN",
    "1e999999999",
    "[]",
)
NOT_ASKED = ("demo/", "styleguide", "admin/")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield World()
        transaction.set_rollback(True)


def names_read(settings) -> list[str]:
    """What views read from addresses and forms, by the names in their source."""
    found: set[str] = set()
    for app in ("portal", "profiles", "trust", "billing", "audience", "messaging"):
        for path in (settings.BASE_DIR / app).rglob("*.py"):
            if not {"tests", "migrations", "devpeer", "demo"} & set(path.parts):
                found |= set(NAMES.findall(path.read_text()))
    return sorted(found)


def test_no_parameter_breaks_a_page(world, settings):
    from django.db import transaction

    names = names_read(settings)
    assert len(names) > 60
    staff, member = world.client(world.strangers["superuser"]), world.client(world.alice)
    anyone, person = world.client(None), world.person()
    faces = {"staff": staff, "business": member, "account": member, "person": person}
    faults: dict[str, str] = {}

    def note(sender, **kwargs):
        faults[where] = "".join(traceback.format_exc().splitlines(keepends=True)[-7:])

    got_request_exception.connect(note)
    asked = 0
    for route in routes():
        if route.face in ("management", "platform", "cloud") or route.pattern.startswith(NOT_ASKED):
            continue
        client = faces.get(route.face, anyone)
        path = route.path(world.acme.values(route))
        for value in HOSTILE:
            for method in ("get", "post"):
                where = f"{method} {path} {value[:12]!r}"
                mark = transaction.savepoint()
                try:
                    answer = getattr(client, method)(path, dict.fromkeys(names, value))
                    if answer.streaming:
                        b"".join(answer.streaming_content)
                except Exception:
                    note(None)
                asked += 1
                transaction.savepoint_rollback(mark)
                if method == "post" and route.face == "account":
                    client = world.client(world.alice)  # it may have signed us out
    got_request_exception.disconnect(note)
    print(f"\n{len(names)} names, {asked} requests, {len(faults)} faults")
    for each, trace in faults.items():
        print(each, trace, sep="\n")
    assert not faults
