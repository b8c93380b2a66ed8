"""Whatever is done to the audit behind its back is found, at the right row."""

import json
import random
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.core.management import CommandError, call_command
from django.db import connection
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone

from portal.base import signing
from profiles.models import AuditHead, AuditRow, AuditSeal
from profiles.services.audit import record
from profiles.services.audit_chain import (
    PURPOSE,
    START,
    Head,
    Link,
    _said,
    chain_key,
    find_faults,
    mac_of,
    seal_audit,
    verify_audit,
)
from profiles.tests.people import make_business, person

LENGTH = 40
TAMPERS = 10_000


def chain(length: int, key: bytes) -> list[Link]:
    links, mac = [], START
    for position in range(1, length + 1):
        row_id = position * 3
        row = (
            row_id, 1_790_000_000_000_000 + position, position % 5, 7, "profiles.profile",
               str(position % 9), "Acme", "profile.changed", json.dumps({"n": position}),
        )  # fmt: skip
        mac = mac_of(mac, row, key=key)
        links.append(Link(position, row_id, mac, row))
    return links


def head_of(link: Link) -> Head:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Head(link.position, link.mac, at,
                signing.sign(_said(link.position, link.mac, at), purpose=PURPOSE))  # fmt: skip


class Tamper:
    """One thing that somebody with the database in hand may do; returns the row it was done to."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def edit(self, links, unsealed):
        at = self.random.randrange(len(links))
        row = list(links[at].row)
        column = self.random.randrange(1, len(row))
        row[column] = f"{row[column]}x" if isinstance(row[column], str) else row[column] + 1
        links[at] = replace(links[at], row=tuple(row))
        return links[at].row_id

    def delete_the_row(self, links, unsealed):
        at = self.random.randrange(len(links))
        links[at] = replace(links[at], row=None)
        return links[at].row_id

    def delete_row_and_link(self, links, unsealed):
        at = self.random.randrange(len(links) - 1)
        gone = links.pop(at)
        return gone.position

    def insert(self, links, unsealed):
        row_id = self.random.randrange(LENGTH) * 3 + 1
        unsealed.append(row_id)
        return row_id

    def swap(self, links, unsealed):
        one, two = sorted(self.random.sample(range(len(links)), 2))
        first, second = links[one], links[two]
        links[one] = replace(first, row=(first.row_id, *second.row[1:]))
        links[two] = replace(second, row=(second.row_id, *first.row[1:]))
        return first.row_id

    def truncate(self, links, unsealed):
        keep = self.random.randrange(1, len(links))
        del links[keep:]
        return keep + 1

    def edit_and_hash_again(self, links, unsealed):
        """Every link after it is made anew, under a key of the tamperer's own."""
        row_id = self.edit(links, unsealed)
        at = next(n for n, link in enumerate(links) if link.row_id == row_id)
        mac = links[at - 1].mac if at else START
        for n in range(at, len(links)):
            mac = mac_of(mac, links[n].row, key=b"not the key")
            links[n] = replace(links[n], mac=mac)
        return row_id


class TamperTests(SimpleTestCase):
    def test_ten_thousand_tampers_are_found_at_the_right_row(self):
        key = chain_key()
        sound = chain(LENGTH, key)
        head = head_of(sound[-1])
        self.assertEqual(list(find_faults(sound, [head], [], key=key)), [])
        kinds = [name for name in vars(Tamper) if not name.startswith("_")]
        done: Counter[str] = Counter()
        for seed in range(TAMPERS):
            tamper, links, unsealed = Tamper(seed), list(sound), []
            kind = kinds[seed % len(kinds)]
            where = getattr(tamper, kind)(links, unsealed)
            found = list(find_faults(links, [head], unsealed, key=key))
            self.assertTrue(found, (seed, kind))
            self.assertIn(where, (found[0].row_id, found[0].position), (seed, kind, found[0]))
            done[kind] += 1
        self.assertEqual(sum(done.values()), TAMPERS)
        self.assertEqual(len(done), 7)

    def test_a_head_signed_by_somebody_else_is_found(self):
        sound = chain(5, chain_key())
        forged = replace(head_of(sound[-1]), signature=b"\1" * 64)
        (fault,) = find_faults(sound, [forged], [], key=chain_key())
        self.assertIn("not ours", fault.what)


class SealingTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = make_business("Acme", owner=person("alice"))

    def setUp(self):
        media = tempfile.TemporaryDirectory()
        self.addCleanup(media.cleanup)
        self.media = Path(media.name)
        self.enterContext(override_settings(MEDIA_ROOT=media.name))

    def write(self, count: int) -> list[AuditRow]:
        return [
            record(self.acme, "test.happened", by=None, n=n, why="ünïcode ✓") for n in range(count)
        ]

    def without_triggers(self, sql: str, *arguments) -> None:
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            for table in ("profiles_auditrow", "profiles_auditseal", "profiles_audithead"):
                cursor.execute(f"alter table {table} disable trigger user")
            cursor.execute(sql, arguments)

    def test_rows_are_linked_once_and_in_order(self):
        rows = self.write(5)
        before = AuditSeal.objects.count()
        self.assertGreaterEqual(seal_audit(), 5)
        self.assertEqual(seal_audit(), 0)
        self.write(2)
        self.assertEqual(seal_audit(), 2)
        self.assertEqual(before, 0)
        positions = list(AuditSeal.objects.order_by("position").values_list("position", flat=True))
        self.assertEqual(positions, list(range(1, len(positions) + 1)))
        self.assertEqual(verify_audit(), (len(positions), []))
        self.assertTrue(AuditSeal.objects.filter(row_id=rows[0].pk).exists())

    def test_a_row_that_committed_late_is_linked_later(self):
        with connection.cursor() as cursor:
            cursor.execute("select nextval('profiles_auditrow_id_seq')")
            (reserved,) = cursor.fetchone()
        self.write(2)
        late = AuditRow(pk=reserved, event="x", object_type="x", object_id="1", object_name="x")
        seal_audit()
        late.save(force_insert=True)  # a transaction that began before the others
        self.assertEqual(seal_audit(), 1)
        self.assertEqual(verify_audit()[1], [])

    def test_a_changed_row_in_the_database_is_found(self):
        row = self.write(3)[1]
        seal_audit()
        self.without_triggers(
            "update profiles_auditrow set details = details || '{\"n\": 9}' where id = %s", row.pk
        )
        self.assertEqual([fault.row_id for fault in verify_audit()[1]], [row.pk])
        with self.assertRaisesMessage(CommandError, "1 faults in"):
            call_command("verify_audit")

    def test_a_row_that_was_slipped_in_is_found(self):
        self.write(1)
        old = timezone.now() - timedelta(hours=3)
        AuditRow.objects.create(at=old, event="x", object_type="x", object_id="1", object_name="x")
        self.write(1)
        seal_audit()
        first = AuditRow.objects.order_by("id").first()
        slipped = AuditRow(
            pk=first.pk - 1, at=old, event="x", object_type="x", object_id="1", object_name="x"
        )
        slipped.save(force_insert=True)
        self.assertEqual([fault.row_id for fault in verify_audit()[1]], [slipped.pk])

    def test_who_cuts_off_the_end_and_its_heads_is_found_by_the_copy(self):
        self.write(3)
        seal_audit()
        heads = self.media / "audit-heads"
        self.assertEqual(len(list(heads.iterdir())), 1)
        self.without_triggers("delete from profiles_audithead")
        self.without_triggers("delete from profiles_auditseal where position > 1")
        self.assertEqual(verify_audit()[1], [])  # nothing in the database says so
        with self.assertRaisesMessage(CommandError, "faults"):
            call_command("verify_audit", heads=heads)

    @override_settings(MASTER_KEY="another")
    def test_a_chain_made_under_another_key_is_not_ours(self):
        self.write(1)
        with override_settings(MASTER_KEY="the first"):
            seal_audit()
        self.assertTrue(verify_audit()[1])

    def test_a_writer_never_waits_for_the_sealer(self):
        """All the sealer holds is an advisory lock that no writer asks for."""
        seal_audit()
        self.write(1)
        seal_audit()
        with connection.cursor() as cursor:
            cursor.execute(
                "select mode from pg_locks l join pg_class c on c.oid = l.relation"
                " where c.relname = 'profiles_auditrow' and pid = pg_backend_pid()"
            )
            modes = {mode for (mode,) in cursor.fetchall()}
        # None of these stands in the way of another's insert (ROW EXCLUSIVE).
        self.assertLessEqual(modes, {"AccessShareLock", "RowShareLock", "RowExclusiveLock"})

    def test_the_chain_is_fast(self):
        with connection.cursor() as cursor:
            cursor.execute(
                """insert into profiles_auditrow
                   (at, object_type, object_id, object_name, event, details)
                   select now(), 'profiles.profile', n::text, 'Acme', 'profile.changed',
                          jsonb_build_object('n', n) from generate_series(1, 30000) n"""
            )
        began = time.monotonic()
        sealed, sealing = seal_audit(), time.monotonic() - began
        with connection.cursor() as cursor:  # as the database does by itself, sooner or later
            cursor.execute("analyze profiles_auditrow, profiles_auditseal")
        middle = time.monotonic()
        read, faults = verify_audit()
        ended = time.monotonic()
        self.assertEqual((read, faults), (sealed, []))
        rates = (sealed / sealing, read / (ended - middle))
        # The bar is 50,000 a second on an idle machine (docs/trust.md); a busy one is slower.
        print("\nsealed {:,.0f}, verified {:,.0f} rows a second".format(*rates))
        self.assertGreater(min(rates), 2_000)
        self.assertEqual(AuditHead.objects.count(), 1)
