"""Something is wrong with a payment: clocks, answers, ends."""

from unittest import mock

from django.utils import timezone

from billing.services.payment_complaints import (
    answer_complaint,
    complain,
    resolve_complaint,
    tell_of_late_complaints,
)
from billing.services.payment_refunds import sync_refunds
from billing.snapshots import GivenBack
from billing.tests.payments import ReadyCase, ask, paid
from portal.base.refused import Refused


class ComplaintTests(ReadyCase):
    def test_its_clocks_run_and_are_told_of_once(self):
        request = paid(self.profile)
        dispute = complain(request, words="It never came.")
        with self.assertRaisesMessage(Refused, "told them already"):
            complain(request, words="Again")
        self.assertEqual(tell_of_late_complaints(), 0)

        with mock.patch.object(timezone, "now", return_value=dispute.answer_due_at):
            self.assertEqual(tell_of_late_complaints(), 1)
            self.assertEqual(tell_of_late_complaints(), 0)

        self.assertEqual(self.acme.notices.filter(kind="payment_complaint").count(), 2)

    def test_an_answer_and_an_end(self):
        dispute = complain(paid(self.profile), words="It never came.")

        answer_complaint(dispute, by=self.alice, words="It is at your neighbour's.")
        resolve_complaint(dispute, by=None, outcome="The person is content")

        dispute.refresh_from_db()
        self.assertTrue(dispute.answered_at and dispute.resolved_at)
        with self.assertRaisesMessage(Refused, "ended already"):
            resolve_complaint(dispute, by=self.alice, outcome="Again")

    def test_giving_all_back_ends_it(self):
        request = paid(self.profile)
        dispute = complain(request, words="It never came.")

        sync_refunds(request.attempts.get(), [GivenBack("re_1", 1200, timezone.now(), "")])

        dispute.refresh_from_db()
        self.assertEqual(dispute.outcome, "Given back")

    def test_what_is_not_paid_cannot_be_wrong(self):
        with self.assertRaises(Refused):
            complain(ask(self.profile), words="Too dear")
