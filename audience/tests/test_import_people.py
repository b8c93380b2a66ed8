import io
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from unittest import mock

from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import TestCase, TransactionTestCase

from audience import import_sql, lines
from audience.models import Consent, ImportRun, Person, PersonKey, bucket_of
from audience.services import consent
from audience.services.import_batches import BatchLoader
from audience.services.people import claim_person_ids, digest_of, import_people
from audience.tests.people import NOW
from portal.base.refused import Refused

HEADER = "external_id,name,country,region,birth_year,device,language,time_zone,marketing,consent_at"


def loaded(*rows: str, header: str = HEADER, now=NOW, **options):
    return import_people(io.BytesIO("\n".join([header, *rows, ""]).encode()), now=now, **options)


def reasons(result) -> dict[int, str]:
    return dict(result.run.rejects.values_list("line", "reason"))


class ImportPeopleTests(TestCase):
    def test_a_line_becomes_a_person_with_key_bucket_and_consent(self):
        result = loaded("u1,Ana,BR,BR-SP,1990,SM-A145M,pt,America/Sao_Paulo,yes,2026-05-01T10:00Z")

        person = Person.objects.get()
        self.assertEqual(
            (person.external_id, person.name, person.country, person.region, person.birth_year),
            ("u1", "Ana", "BR", "BR-SP", 1990),
        )
        self.assertEqual((person.device, person.language), ("SM-A145M", "pt"))
        self.assertEqual((person.marketing, person.joined), (True, NOW.date()))
        self.assertEqual(person.bucket, bucket_of(person.person_id))
        self.assertEqual(PersonKey.objects.get().person_id, person.person_id)
        given = Consent.objects.get()
        self.assertEqual((given.kind, given.granted, given.source), ("marketing", True, "import"))
        self.assertEqual(given.at, datetime(2026, 5, 1, 10, tzinfo=UTC))
        self.assertEqual((result.lines, result.added, result.rejected), (2, 1, 0))

    def test_the_database_and_python_agree_on_buckets(self):
        loaded(*(f"u{n},,BR,,,,,,," for n in range(500)))
        for person in Person.objects.all():
            self.assertEqual(person.bucket, bucket_of(person.person_id))

    def test_unknown_facts_stay_unknown_and_the_clock_is_the_countrys(self):
        loaded("u1,,IN,,,,,,,")
        person = Person.objects.get()
        self.assertEqual((person.birth_year, person.region, person.tier), (None, "", None))
        self.assertEqual(person.time_zone, "Asia/Kolkata")
        self.assertFalse(person.marketing)
        self.assertFalse(Consent.objects.exists())

    def test_loading_again_changes_nothing(self):
        row = "u1,Ana,BR,BR-SP,1990,,pt,,yes,2026-05-01"
        loaded(row)
        before = list(Person.objects.values())
        result = loaded(row)
        self.assertEqual(list(Person.objects.values()), before)
        self.assertEqual((result.added, result.known), (0, 1))
        self.assertEqual(Consent.objects.count(), 1)

    def test_what_is_given_changes_and_what_is_empty_stays(self):
        loaded("u1,Ana,BR,BR-SP,1990,,pt,,yes,2026-05-01")
        loaded("u1,,BR,BR-RJ,,iPhone14.2,,,,")
        person = Person.objects.get()
        self.assertEqual(
            (person.name, person.region, person.birth_year, person.device),
            ("Ana", "BR-RJ", 1990, "iPhone14.2"),
        )
        self.assertTrue(person.marketing)

    def test_who_moves_to_another_country_leaves_the_region_behind(self):
        loaded("u1,Ana,BR,BR-SP,,,,,,")
        loaded("u1,,IN,,,,,,,")
        self.assertEqual(Person.objects.get().region, "")

    def test_of_a_person_named_twice_the_later_line_counts(self):
        result = loaded("u1,Ana,BR,,,,,,,", "u1,Bia,BR,,,,,,,")
        self.assertEqual(Person.objects.get().name, "Bia")
        self.assertEqual(result.added, 1)

    def test_quotes_commas_and_any_letters_are_kept(self):
        loaded('u1,"Silva, ""Ana"" 🙂",BR,BR-SP,1990,,,,,', "u2,O'Neil\\.,BR,,,,,,,")
        self.assertEqual(
            set(Person.objects.values_list("name", flat=True)), {'Silva, "Ana" 🙂', "O'Neil\\."}
        )

    def test_columns_may_come_in_any_order_and_number(self):
        loaded("BR,u1", header="country,external_id")
        self.assertEqual(Person.objects.get().external_id, "u1")

    def test_a_header_that_is_none_is_refused(self):
        for header in ["name,age", "external_id", "external_id,country,country", "", "\xff"]:
            with self.subTest(header), self.assertRaises(Refused):
                loaded("u1,BR", header=header)
        self.assertFalse(ImportRun.objects.exists())

    def test_json_lines_load_alike(self):
        body = "\n".join(
            json.dumps(person)
            for person in [
                {"external_id": "u1", "country": "BR", "birth_year": 1990, "marketing": True},
                {"external_id": "u2", "country": "IN", "name": None, "marketing": False},
            ]
        )
        result = import_people(io.BytesIO(body.encode()), format="ndjson", now=NOW)
        self.assertEqual(result.added, 2)
        self.assertEqual(
            list(Person.objects.order_by("external_id").values_list("birth_year", "marketing")),
            [(1990, True), (None, False)],
        )


class RejectedLinesTests(TestCase):
    def test_each_bad_line_is_named_with_its_reason_and_the_rest_is_loaded(self):
        result = loaded(
            "good,Ana,BR,BR-SP,1990,,pt,,yes,2026-05-01",  # line 2
            "short,BR",
            'quote,"Ana,BR,,,,,,,',
            "",
            ",Ana,BR,,,,,,,",
            "u6,Ana,XX,,,,,,,",
            "u7,Ana,BR,IN-MH,,,,,,",
            "u8,Ana,BR,BR-XX,,,,,,",
            "u9,Ana,BR,,2990,,,,,",
            "u10,Ana,BR,,,,Portuguese!,,,",
            "u11,Ana,BR,,,,,Mars/Olympus,,",
            "u12,Ana,BR,,,,,,maybe,",
            "u13,Ana,BR,,,,,,yes,2026-13-01",
            "u14,Ana,BR,,,,,,yes,2030-01-01",
            f"u15,{'x' * 81},BR,,,,,,,",
            f"{'u' * 129},Ana,BR,,,,,,,",
            f"u17,{'x' * 20_000},BR,,,,,,,",
            "also good,,IN,,,,,,,",
        )
        named = reasons(result)
        self.assertEqual(sorted(named), list(range(3, 19)))
        self.assertEqual(result.rejected, len(named))
        for line, words in {
            3: "2 columns instead of 10",
            4: "unexpected end of data",
            5: "empty",
            6: "external_id is missing",
            7: "country is not",
            8: "another country",
            9: "region is not",
            10: "birth_year",
            11: "language",
            12: "time_zone",
            13: "marketing",
            14: "consent_at is not",
            15: "future",
            16: "name is longer",
            17: "external_id is longer",
            18: "longer than 16384 bytes",
        }.items():
            self.assertIn(words, named[line])
        self.assertEqual(
            set(Person.objects.values_list("external_id", flat=True)), {"good", "also good"}
        )

    def test_bytes_that_are_no_text_are_named(self):
        body = HEADER.encode() + b"\nu1,\xff,BR,,,,,,,\nu2,a\0b,BR,,,,,,,\nu3,Ana,BR,,,,,,,\n"
        result = import_people(io.BytesIO(body), now=NOW)
        self.assertEqual(reasons(result), {2: "not UTF-8", 3: "a NUL byte"})
        self.assertEqual(result.added, 1)

    def test_a_lone_end_mark_does_not_end_the_file(self):
        result = loaded("u1,,BR,,,,,,,", "\\.", "u2,,BR,,,,,,,")
        self.assertEqual((result.added, list(reasons(result))), (2, [3]))

    def test_json_that_is_no_person_is_named(self):
        body = b"\n".join(
            [
                b'{"external_id": "u1", "country": "BR"}',
                b"[1]",
                b"{",
                b'{"age": 3}',
                b'{"external_id": ["x"], "country": "BR"}',
                b"[" * 10_000,
                b'{"external_id": "\\ud800", "country": "BR"}',
                b'{"external_id": "a\\u0000", "country": "BR"}',
            ]
        )
        result = import_people(io.BytesIO(body), format="ndjson", now=NOW)
        self.assertEqual(result.added, 1)
        self.assertEqual(sorted(reasons(result)), list(range(2, 9)))


class ConsentInImportTests(TestCase):
    def marketing(self) -> bool:
        person = Person.objects.get()
        row = Consent.objects.filter(person_id=person.person_id).first()
        self.assertEqual(person.marketing, bool(row and row.granted))
        return person.marketing

    def test_an_older_yes_never_outweighs_a_later_no(self):
        loaded("u1,,BR,,,,,,yes,2026-05-01")
        consent.opt_out(Person.objects.get().person_id, now=NOW)
        loaded("u1,,BR,,,,,,yes,2026-05-01")
        self.assertFalse(self.marketing())
        loaded("u1,,BR,,,,,,yes,")  # a yes without a time is as old as the account
        self.assertFalse(self.marketing())

    def test_a_newer_yes_counts(self):
        loaded("u1,,BR,,,,,,no,2026-05-01")
        self.assertFalse(self.marketing())
        loaded("u1,,BR,,,,,,yes,2026-06-01")
        self.assertTrue(self.marketing())

    def test_a_no_without_a_time_counts_at_once(self):
        loaded("u1,,BR,,,,,,yes,2026-05-01")
        loaded("u1,,BR,,,,,,no,")
        self.assertFalse(self.marketing())

    def test_a_no_holds_the_buckets_of_those_who_said_yes(self):
        loaded("u1,,BR,,,,,,yes,2026-05-01", "u2,,BR,,,,,,yes,2026-05-01")
        person = Person.objects.get(external_id="u1")
        loaded("u1,,BR,,,,,,no,", "u2,,BR,,,,,,yes,")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT objid FROM pg_locks WHERE locktype = 'advisory'"
                " AND pid = pg_backend_pid() AND mode = 'ExclusiveLock'"
            )
            self.assertEqual([bucket for (bucket,) in cursor.fetchall()], [person.bucket])


class ResumeTests(TestCase):
    ROWS = 3_500

    def setUp(self):
        rows = [HEADER] + [f"u{n},,BR,,,,,,yes,2026-05-01" for n in range(self.ROWS)]
        rows[3_300] = "bad"
        self.file = io.BytesIO("\n".join(rows).encode())
        self.addCleanup(mock.patch.stopall)
        mock.patch.object(lines, "BATCH", 1_000).start()

    def run_until(self, batches: int):
        def stop(result):
            if result.lines > 1_000 * batches:
                raise KeyboardInterrupt

        with self.assertRaises(KeyboardInterrupt):
            import_people(self.file, source=digest_of(self.file), progress=stop, now=NOW)

    def test_an_interrupted_run_goes_on_where_it_stopped_and_nobody_is_lost_or_twice(self):
        self.run_until(2)
        self.assertEqual(Person.objects.count(), 2_000)
        loaded = []
        load = BatchLoader.load

        def watched(loader, batch):
            loaded.append(batch.first)
            return load(loader, batch)

        with mock.patch.object(BatchLoader, "load", watched):
            result = import_people(self.file, source=digest_of(self.file), now=NOW)
        self.assertEqual(loaded, [2_002, 3_002])
        self.assertEqual((result.added, result.rejected), (self.ROWS - 1, 1))
        self.assertEqual(reasons(result), {3_301: "1 columns instead of 10"})
        self.assertEqual(Person.objects.count(), self.ROWS - 1)
        self.assertEqual(PersonKey.objects.count(), self.ROWS - 1)
        self.assertEqual(Consent.objects.count(), self.ROWS - 1)

    def test_a_batch_that_breaks_leaves_nothing_half_loaded(self):
        with (
            mock.patch.object(
                import_sql, "ADD_EVERYBODY", import_sql.ADD_EVERYBODY + "; SELECT 1 / 0"
            ),
            self.assertRaisesMessage(Exception, "division by zero"),
        ):
            import_people(self.file, source=digest_of(self.file), now=NOW)
        self.assertEqual((Person.objects.count(), PersonKey.objects.count()), (0, 0))

    def test_a_batch_that_another_import_overtook_is_tried_again(self):
        add, overtaken = BatchLoader._add, []

        def overtake(loader, *args):
            if not overtaken:  # the other adds one of ours between our look and our insert
                overtaken.append(True)
                PersonKey.objects.create(external_id="u7", person_id=7)
            add(loader, *args)

        with mock.patch.object(BatchLoader, "_add", overtake):
            result = import_people(self.file, now=NOW)
        self.assertEqual(result.added, self.ROWS - 1)
        self.assertEqual(PersonKey.objects.count(), self.ROWS - 1)

    def test_another_database_error_is_not_hidden(self):
        with (
            mock.patch.object(BatchLoader, "_load", side_effect=OperationalError("gone")),
            self.assertRaisesMessage(OperationalError, "gone"),
        ):
            import_people(self.file, now=NOW)


class ParallelTests(TransactionTestCase):
    ROWS = 3_000

    def setUp(self):
        self.addCleanup(mock.patch.stopall)
        mock.patch.object(lines, "BATCH", 100).start()

    def test_two_workers_load_everybody_once_and_leave_no_connection(self):
        rows = [f"u{n},,BR,,,,,,yes,2026-05-01" for n in range(self.ROWS)]
        rows[1_234] = "bad"
        with connection.cursor() as cursor:
            sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            cursor.execute(sessions)
            before = cursor.fetchone()
            result = loaded(*rows, workers=2)
            deadline = time.monotonic() + 30  # a session ends a moment after its client
            while cursor.execute(sessions).fetchone() != before:
                self.assertLess(time.monotonic(), deadline)
        self.assertEqual((result.added, result.rejected), (self.ROWS - 1, 1))
        self.assertEqual(list(reasons(result)), [1_236])
        self.assertEqual(Person.objects.count(), self.ROWS - 1)
        run = ImportRun.objects.get()
        self.assertEqual((run.lines, run.added), (self.ROWS + 1, self.ROWS - 1))
        self.assertFalse(run.batches.exists())

    def test_of_a_person_in_many_batches_the_last_line_counts(self):
        rows = [f"u{n % 100},Name {n // 100},BR,,,,,,," for n in range(self.ROWS)]
        result = loaded(*rows, workers=4)
        self.assertEqual((result.added, result.known), (100, self.ROWS - 100))
        self.assertEqual(set(Person.objects.values_list("name", flat=True)), {"Name 29"})

    def test_two_imports_at_once_add_everybody_once(self):
        rows = [f"u{n},,BR,,,,,,yes,2026-05-01" for n in range(self.ROWS)]

        def load() -> int:
            try:
                return loaded(*rows).added
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            added = [future.result() for future in [threads.submit(load), threads.submit(load)]]
        self.assertEqual(sum(added), self.ROWS)
        self.assertEqual(PersonKey.objects.count(), self.ROWS)
        self.assertEqual(Person.objects.count(), self.ROWS)
        self.assertEqual(Consent.objects.count(), self.ROWS)


class ClaimPersonIdsTests(TestCase):
    def test_ranges_never_meet(self):
        first, second = claim_person_ids(10), claim_person_ids(5)
        self.assertEqual((len(first), len(second)), (10, 5))
        self.assertFalse(set(first) & set(second))


class ImportPeopleCommandTests(TestCase):
    def test_it_loads_a_file_and_writes_the_lines_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            file, rejects = Path(folder, "people.csv"), Path(folder, "rejects.csv")
            file.write_text(HEADER + "\nu1,Ana,BR,,,,,,,\nu2,Ana\n")
            errors = io.StringIO()
            call_command("import_people", str(file), rejects=rejects, stderr=errors)
            self.assertIn("1 added", errors.getvalue())
            self.assertEqual(
                rejects.read_text().splitlines(), ["line,reason", "3,2 columns instead of 10"]
            )
            self.assertEqual(Person.objects.get().joined, date.today())

    def test_a_missing_file_is_a_sentence(self):
        with self.assertRaisesMessage(CommandError, "can't be read"):
            call_command("import_people", "/nowhere.csv")
