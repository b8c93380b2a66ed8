"""What went wrong elsewhere, each a test of its own. "Suspended only in the page" is in
messaging/tests/test_lost_standing.py, by commit timestamps in tests/chaos/test_revoke.py.
"""

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse

from portal.base.models import Outbox
from profiles.models import Notice
from profiles.tests.people import person, sign_in, staff, verified_profile
from trust.models import Appeal, SpamReport, Unit
from trust.services.appeals import decide_appeal, file_appeal, stay_overdue_appeals
from trust.services.cases import claim_case, open_case
from trust.services.complaints import file_report
from trust.services.evaluation import evaluate
from trust.services.reports import dismiss_report, uphold_report
from trust.services.standing import locked, suspend_profile
from trust.signals import report_decided
from trust.tests.acts import DAY, EVIDENCE, NOW, complain, deliver

HOUR = timedelta(hours=1)


class BugsOfOthersTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.acme = verified_profile("acme")
        cls.alice = person("alice")
        cls.mo = staff("moderator", name="mo")
        cls.ann = staff("moderator", name="ann")

    def appealed(self) -> Appeal:
        decision = suspend_profile(self.acme, by=self.mo, reason="Spam", now=NOW)
        return file_appeal(decision, by=self.alice, text="We had consent.", now=NOW + HOUR)

    def x(self) -> float:
        evaluate(self.acme, now=NOW)
        return Unit.objects.get().x

    def test_an_appeal_is_seen_without_any_mail(self):
        appeal = self.appealed()
        Outbox.objects.filter(kind="mail").delete()  # none of them ever arrives
        decision = reverse("decision", args=["acme", appeal.decision.uuid])
        page = sign_in(self.client, self.alice).get(decision)
        self.assertContains(page, "We had consent.")
        quality = self.client.get(reverse("quality", args=["acme"]))
        self.assertContains(quality, "Your appeal is being reviewed")
        queue = sign_in(self.client, self.ann).get(reverse("admin:trust_appeal_changelist"))
        self.assertContains(queue, "Acme")

    def test_every_mail_about_an_appeal_has_its_link(self):
        appeal = self.appealed()
        decide_appeal(appeal, outcome="reversed", by=self.ann, reason="Right.", now=NOW + DAY)
        notices = Notice.objects.filter(kind__startswith="appeal.")
        self.assertEqual(set(notices.values_list("kind", flat=True)), {"appeal.filed", KIND})
        for notice in notices:
            self.assertIn(str(appeal.decision.uuid), notice.link)
            mails = Outbox.objects.filter(kind="mail", payload__subject=notice.title)
            self.assertTrue(mails)
            for mail in mails:
                self.assertIn(notice.link, mail.payload["body"])

    def test_flag_retract_flag_inflates_nothing(self):
        deliver(self.acme, 1_000)
        report = complain(self.acme, person_id=5)
        once = self.x()
        dismiss_report(report, by=self.mo, reason="A mistake", now=NOW)
        self.assertEqual(self.x(), 0)
        for day in range(5):
            complain(self.acme, person_id=5, kind="block", now=NOW + day * HOUR)
            complain(self.acme, person_id=5, now=NOW + day * HOUR)
        self.assertLessEqual(self.x(), once)

    def test_one_person_reporting_again_and_again_is_one_reporter(self):
        deliver(self.acme, 1_000)
        for _time in range(20):
            complain(self.acme, person_id=5)
        self.assertEqual((self.x(), Unit.objects.get().reporters), (1, 1))
        self.assertEqual(SpamReport.objects.count(), 20)  # staff read them all

    def test_no_reporter_hears_of_your_appeal(self):
        heard: list[str] = []
        report_decided.connect(hear := lambda report, **kwargs: heard.append(report.outcome))
        self.addCleanup(report_decided.disconnect, hear)
        deliver(self.acme, 1_000)
        reports = [complain(self.acme) for _person in range(3)]
        uphold_report(reports[0], by=self.mo, reason="Spam", now=NOW)
        decide_appeal(
            self.appealed(), outcome="reversed", by=self.ann, reason="Right.", now=NOW + DAY
        )
        self.assertEqual(len(heard), 1)
        self.assertNotIn("appeal", heard[0].lower())

    def test_no_item_of_a_queue_is_hidden(self):
        report = complain(self.acme)
        impostor = file_report(
            self.acme,
            person_id=9,
            reason="impostor",
            weight=0.1,
            cluster="g",
            unit=None,
            evidence=EVIDENCE,
            kind=SpamReport.Kind.IMPOSTOR,
        )
        appeal = self.appealed()
        case = open_case(locked(self.acme), cause="surge", facts={}, now=NOW)
        claim_case(case, by=self.ann)  # somebody else works on it
        stay_overdue_appeals(now=NOW + 10 * DAY)  # and the clock has run out
        sign_in(self.client, self.mo)
        for row in (report, impostor, case, appeal):
            model = row._meta.model_name
            with self.subTest(model=model):
                queue = self.client.get(reverse(f"admin:trust_{model}_changelist"))
                self.assertContains(queue, reverse(f"admin:trust_{model}_change", args=[row.pk]))


KIND = "appeal.decided"
