from datetime import date, timedelta

from django.test import TestCase

from audience.models import Block
from audience.tests.people import NOW, make_person
from messaging.services.messages import send_message
from messaging.services.people.blocking import block_profile, unblock_profile
from messaging.services.people.reports import report_profile
from messaging.tests.cast import ANA, Cast
from messaging.weights import weight_of
from portal.base.refused import Refused
from profiles.tests.people import staff, verified_profile
from trust.models import Mark, SpamReport
from trust.services.complaints import file_report
from trust.services.reports import dismiss_report, uphold_report


class BlockTests(Cast, TestCase):
    def test_a_block_after_a_message_counts_against_its_day(self):
        self.meet()
        send_message(self.profile, ANA, by=self.bob, body="Buy!", now=NOW)
        self.assertTrue(block_profile(ANA, self.profile, reason="too_many", now=NOW))
        mark = Mark.objects.get(profile=self.profile)
        self.assertEqual((mark.unit_key, mark.reason), (f"day:{NOW.date()}", "spam"))

    def test_blocking_twice_counts_once(self):
        self.meet()
        send_message(self.profile, ANA, by=self.bob, body="Buy!", now=NOW)
        block_profile(ANA, self.profile, now=NOW)
        self.assertFalse(block_profile(ANA, self.profile, now=NOW))
        unblock_profile(ANA, self.profile)
        block_profile(ANA, self.profile, now=NOW + timedelta(days=1))
        self.assertEqual(len(Mark.objects.all()), 1)

    def test_a_block_of_who_sent_nothing_holds_and_says_nothing(self):
        make_person(ANA)
        block_profile(ANA, self.profile, now=NOW)
        self.assertTrue(Block.objects.filter(person_id=ANA).exists())
        self.assertFalse(Mark.objects.exists())

    def test_after_it_nothing_can_be_sent(self):
        self.meet()
        block_profile(ANA, self.profile, now=NOW)
        with self.assertRaises(Refused) as refused:
            send_message(self.profile, ANA, by=self.bob, body="Wait!", now=NOW)
        self.assertEqual(refused.exception.code, "blocked")


class ReportTests(Cast, TestCase):
    def test_a_report_keeps_the_message_as_it_was(self):
        self.meet()
        message = send_message(self.profile, ANA, by=self.bob, body="You won a car!", now=NOW)
        report_profile(ANA, self.profile, reason="scam", text="I never took part", now=NOW)
        type(message).objects.filter(person_id=ANA, id=message.id).update(body="Innocent words")
        report = SpamReport.objects.get()
        self.assertEqual(report.evidence["body"], "You won a car!")
        self.assertEqual(report.text, "I never took part")

    def test_another_persons_message_is_no_evidence(self):
        self.meet()
        make_person(8)
        message = send_message(self.profile, ANA, by=self.bob, body="Private", now=NOW)
        with self.assertRaises(Refused):
            report_profile(8, self.profile, reason="spam", message_id=message.id, now=NOW)

    def test_who_got_nothing_can_report_nothing(self):
        make_person(ANA)
        with self.assertRaisesMessage(Refused, "has sent you nothing"):
            report_profile(ANA, self.profile, reason="spam", now=NOW)


class WeightTests(TestCase):
    def test_a_new_account_weighs_a_tenth_and_a_month_old_one_all(self):
        person = make_person(ANA, joined=date(2026, 11, 1))
        self.assertEqual(weight_of(person, date(2026, 11, 1)), 0.1)
        self.assertAlmostEqual(weight_of(person, date(2026, 11, 16)), 0.55)
        self.assertEqual(weight_of(person, date(2026, 12, 1)), 1.0)
        self.assertEqual(weight_of(person, date(2027, 12, 1)), 1.0)

    def test_whose_reports_were_dismissed_weighs_less_and_whose_were_upheld_more_again(self):
        person, acme = make_person(ANA, joined=date(2025, 1, 1)), verified_profile("weighed")
        mo = staff("moderator", name="mo")

        def decide(how) -> float:
            impostor = {"reason": "impostor", "kind": "impostor", "unit": None, "cluster": "one"}
            report = file_report(acme, person_id=ANA, weight=1.0, now=NOW, **impostor)
            how(report, by=mo, reason="We looked", now=NOW)
            return weight_of(person, NOW.date())

        weights = [decide(how) for how in (dismiss_report, dismiss_report, uphold_report)]
        self.assertEqual(weights, [2 / 3, 2 / 4, 3 / 5])  # (agreed + 2) / (all + 2)
