from django.test import TestCase

from portal.base.refused import Refused
from profiles.tests.people import person, staff, verified_profile
from trust.models import Decision, SpamReport
from trust.services.appeals import decide_appeal, file_appeal
from trust.services.evaluation import evaluate
from trust.services.reports import dismiss_report, mark_told, uphold_report
from trust.signals import report_decided
from trust.tests.acts import DAY, NOW, campaign, complain, deliver


class OutcomeTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.mo, cls.ann = staff("moderator", name="mo"), staff("moderator", name="ann")

    def setUp(self):
        self.heard = []
        self.receiver = lambda report, **kwargs: self.heard.append(report.outcome)
        report_decided.connect(self.receiver)
        self.addCleanup(report_decided.disconnect, self.receiver)

    def test_the_reporter_learns_the_outcome_once(self):
        report = complain(self.acme)
        self.assertEqual(report.outcome, "")
        report = uphold_report(report, by=self.mo, reason="Spam")
        self.assertEqual(self.heard, [report.outcome])
        self.assertIn("You were right about Acme", report.outcome)
        mark_told(report, now=NOW)
        mark_told(report, now=NOW + DAY)
        self.assertEqual(SpamReport.objects.get().told_at, NOW)

    def test_the_second_decision_is_refused(self):
        report = uphold_report(complain(self.acme), by=self.mo, reason="Spam")
        with self.assertRaisesMessage(Refused, "upheld already, by Mo"):
            dismiss_report(report, by=self.ann, reason="Not spam")
        self.assertEqual(len(self.heard), 1)

    def test_a_dismissed_report_is_taken_out_whole(self):
        deliver(self.acme, 100)
        report = complain(self.acme)
        with_it = evaluate(self.acme, now=NOW)
        dismiss_report(report, by=self.mo, reason="A mistake", now=NOW)
        without = evaluate(self.acme, now=NOW)
        unit = self.acme.units.get()
        self.assertEqual((unit.x, unit.reporters, unit.reports), (0, 0, 0))
        self.assertLess(without.score, with_it.score)

    def test_reporters_are_told_nothing_about_the_businesss_appeal(self):
        campaign(self.acme, unit=1, seen=1_000, complaints=500)
        appeal = file_appeal(Decision.objects.get(), by=person("alice"), text="No", now=NOW)
        decide_appeal(appeal, outcome="reversed", by=self.ann, reason="Right", now=NOW)
        self.assertEqual(self.heard, [])
        self.assertFalse(SpamReport.objects.exclude(state="open").exists())
