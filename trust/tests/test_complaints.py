from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase

from portal.base.refused import Refused
from profiles.tests.people import verified_profile
from trust.models import Mark, SpamReport, Unit
from trust.services.complaints import file_report, record_complaint
from trust.services.evaluation import evaluate
from trust.tests.acts import DAY, NOW, complain, deliver


class ComplaintTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")

    def unit(self, key="campaign:7") -> Unit:
        evaluate(self.acme, now=NOW + 40 * DAY)
        return Unit.objects.get(profile=self.acme, key=key)

    def test_each_kind_of_event_weighs_as_published(self):
        deliver(self.acme, 100)
        for kind, reason in (("block", "no_longer"), ("block", "spam"), ("report", "spam")):
            complain(self.acme, kind=kind, reason=reason)

        unit = self.unit()
        self.assertAlmostEqual(unit.x, 0.1 + 0.6 + 1.0)
        self.assertEqual((unit.reporters, unit.blocks, unit.reports), (3, 2, 1))

    def test_a_reporters_weight_counts_within_bounds(self):
        complain(self.acme, weight=0.5)
        complain(self.acme, weight=7)
        complain(self.acme, weight=-7)
        self.assertAlmostEqual(self.unit().x, 0.5 + 1.0 + 0.1)

    def test_one_person_counts_once_in_30_days(self):
        complain(self.acme, person_id=1)
        complain(self.acme, person_id=1, now=NOW + 29 * DAY)
        self.assertEqual(self.unit().reporters, 1)
        complain(self.acme, person_id=1, now=NOW + 30 * DAY)
        self.assertEqual(self.unit().reporters, 2)

    def test_blocking_and_unblocking_again_and_again_adds_nothing(self):
        for hour in range(10):
            complain(self.acme, person_id=1, kind="block", now=NOW + timedelta(hours=hour))
        self.assertAlmostEqual(self.unit().x, 0.6)

    def test_a_block_that_becomes_a_report_adds_only_the_difference(self):
        complain(self.acme, person_id=1, kind="block", reason="no_longer")
        complain(self.acme, person_id=1, kind="block")
        complain(self.acme, person_id=1, kind="report")
        complain(self.acme, person_id=1, kind="block")
        unit = self.unit()
        self.assertAlmostEqual(unit.x, 1.0)
        self.assertEqual(unit.reporters, 1)

    def test_two_profiles_are_two_pairs(self):
        other = verified_profile("other", business=None)
        complain(self.acme, person_id=1)
        complain(other, person_id=1)
        self.assertEqual(Mark.objects.count(), 2)

    def test_a_block_without_any_message_says_nothing_about_the_sender(self):
        record_complaint(
            self.acme, person_id=1, kind="block", reason="none", weight=1, cluster="a", unit=None
        )
        self.assertFalse(Mark.objects.exists())

    def test_single_messages_are_judged_by_the_day(self):
        complain(self.acme, unit=date(2026, 3, 9))
        self.assertEqual(self.unit("day:2026-03-09").reporters, 1)

    def test_a_mark_says_nothing_of_who_complained(self):
        self.assertFalse({f.name for f in Mark._meta.get_fields()} & {"person", "person_id"})


class ReportTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")

    def file(self, **changes) -> SpamReport:
        return file_report(
            self.acme,
            **{
                "person_id": 1,
                "reason": "spam",
                "weight": 1.0,
                "cluster": "a",
                "unit": 7,
                "text": "Again",
                "evidence": {"body": "Buy"},
                "now": NOW,
                **changes,
            },
        )

    def test_it_keeps_the_message_as_it_was(self):
        evidence = {"body": "Buy"}
        report = self.file(evidence=evidence)
        self.assertEqual(SpamReport.objects.get(pk=report.pk).evidence, {"body": "Buy"})
        self.assertEqual((report.state, report.counted), ("open", 1.0))

    def test_it_is_refused_without_a_delivery(self):
        for nothing in ({"unit": None}, {"evidence": {}}, {"evidence": None}):
            with self.subTest(nothing), self.assertRaisesMessage(Refused, "message that you got"):
                self.file(**nothing)

    def test_the_database_refuses_a_spam_report_without_evidence(self):
        with self.assertRaises(IntegrityError), transaction.atomic():
            SpamReport.objects.create(
                profile=self.acme, person_id=1, reason="spam", weight=1, cluster="a"
            )

    def test_the_same_person_reporting_again_is_heard_but_not_counted(self):
        self.file()
        again = self.file(text="And again")
        self.assertEqual(again.counted, 0)
        self.assertEqual(Mark.objects.count(), 1)

    def test_an_impostor_needs_no_delivery_and_adds_no_evidence(self):
        report = self.file(kind="impostor", reason="impostor", unit=None, evidence=None)
        self.assertEqual(report.kind, "impostor")
        self.assertFalse(Mark.objects.exists())
