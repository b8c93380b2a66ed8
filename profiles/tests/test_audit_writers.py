"""Fifty people change things at once: nobody waits for another's row of the audit."""

import threading
import time
from contextlib import ExitStack
from statistics import quantiles

import psycopg
import pytest
from django.db import connection, connections, transaction

from profiles.models import AuditRow, AuditSeal, Business
from profiles.services.audit import record
from profiles.services.audit_chain import seal_audit, verify_audit
from profiles.tests.people import make_business, person

WRITERS = 50
ROUNDS = 8


def own_connection() -> psycopg.Connection:
    now = connection.settings_dict
    return psycopg.connect(
        host=now["HOST"],
        port=now["PORT"],
        dbname=now["NAME"],
        user=now["USER"],
        password=now["PASSWORD"],
        options="-c lock_timeout=2000",
    )


@pytest.mark.django_db(transaction=True)
def test_fifty_open_transactions_write_and_the_sealer_goes_on():
    """All are open at once. Were one row chained to the next, the second would time out."""
    record(make_business("Acme", owner=person("alice")), "business.seen", by=None)
    written = AuditRow.objects.count()
    with ExitStack() as stack:
        writers = [stack.enter_context(own_connection()) for _one in range(WRITERS)]
        for writer in writers:
            writer.execute(
                "insert into profiles_auditrow (at, object_type, object_id, object_name, event,"
                " details) values (clock_timestamp(), 'x.x', '1', 'x', 'x.made', '{}')"
            )
        assert seal_audit() == written  # what has committed; it does not wait for the rest
        for writer in reversed(writers):  # those that began first end last
            writer.commit()
    assert seal_audit() == WRITERS
    assert verify_audit()[1] == []
    assert AuditSeal.objects.count() == written + WRITERS


@pytest.mark.django_db(transaction=True)
def test_the_slowest_of_fifty_is_hardly_slower_than_without_an_audit():
    owner = person("alice")
    businesses = [make_business(f"Acme {n}", owner=owner) for n in range(WRITERS)]
    plain = many(businesses, lambda business: None)
    ended = threading.Event()
    sealing = threading.Thread(target=seal_until, args=[ended])
    sealing.start()
    audited = many(businesses, lambda business: record(business, "business.changed", by=owner))
    ended.set()
    sealing.join()
    alone = many(businesses[:1], lambda business: record(business, "business.changed", by=owner))
    p95 = {name: quantiles(spans, n=20)[-1] * 1000 for name, spans in (
        ("50 writers, no audit", plain), ("50 writers, audited", audited), ("1 writer", alone),
    )}  # fmt: skip
    print("p95 of a change: " + ", ".join(f"{name} {ms:.1f} ms" for name, ms in p95.items()))
    # One more statement costs time; a queue of fifty would cost fifty times as much.
    assert p95["50 writers, audited"] < 4 * p95["50 writers, no audit"] + 20
    assert AuditRow.objects.filter(event="business.changed").count() == (WRITERS + 1) * ROUNDS
    seal_audit()
    assert verify_audit()[1] == []


def many(businesses: list[Business], also) -> list[float]:
    """Seconds of each change, all businesses at once, ROUNDS each."""
    spans: list[float] = []
    start = threading.Barrier(len(businesses))

    def work(business: Business) -> None:
        connection.ensure_connection()
        start.wait()
        for n in range(ROUNDS):
            began = time.perf_counter()
            with transaction.atomic():
                Business.objects.filter(pk=business.pk).update(time_zone=f"Etc/GMT+{n}")
                also(business)
            spans.append(time.perf_counter() - began)
        connections.close_all()

    threads = [threading.Thread(target=work, args=[business]) for business in businesses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return spans


def seal_until(ended: threading.Event) -> None:
    while not ended.wait(0.05):
        seal_audit()
    connections.close_all()
