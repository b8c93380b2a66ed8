"""A business asks, staff look, the answer is kept."""

from datetime import timedelta
from unittest import mock

from django.core import mail
from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from portal.base.refused import Refused
from portal.base.services.outbox import perform_due
from profiles import signals
from profiles.models import AuditRow, Document, VerificationCase
from profiles.services.terms import lapse_verifications, withdraw_verification
from profiles.services.verification import (
    approve_case,
    ask_for_information,
    change_case,
    claim_case,
    open_case,
    queue_place,
    reject_case,
    release_case,
    submit_case,
)
from profiles.tests.people import make_business, member, person, staff, verify

SAYS = {
    "legal_name": "Acme Ltd",
    "register_number": "0123",
    "country": "GB",
    "address": "1 High Street",
    "representative": "Alice Adams",
}


def handed_in(business, *, by=None) -> VerificationCase:
    by = by or person("alice")
    case = change_case(open_case(business, by=by), by=by, **SAYS)
    Document.objects.create(case=case, kind="register", name="x", size=1, uploaded_by=by)
    return submit_case(case, by=by)


class VerificationTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice = person("alice")
        cls.acme = make_business("Acme", owner=cls.alice)
        cls.vera = staff("verifier", name="vera")

    def test_from_draft_to_verified_for_twelve_months(self):
        now = timezone.now()
        case = handed_in(self.acme)
        claim_case(case, by=self.vera)
        with mock.patch.object(signals.verification_changed, "send") as sent:
            verification = approve_case(
                case, by=self.vera, checked=["register", "address"], now=now
            )
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.verified_until, now + timedelta(days=365))
        passed = verification.case.checks.filter(result="passed").values_list("kind", flat=True)
        self.assertEqual(set(passed), {"register", "address", "look_alike"})
        self.assertTrue(sent.call_args.kwargs["is_verified"])
        perform_due()
        self.assertEqual(mail.outbox[-1].to, ["alice@example.com"])
        self.assertEqual(
            list(
                AuditRow.objects.filter(object_type="profiles.verificationcase")
                .order_by("id")
                .values_list("event", flat=True)
            ),
            ["case.opened", "case.changed", "case.submitted", "case.claimed", "case.approved"],
        )

    def test_handing_in_says_what_is_missing(self):
        case = open_case(self.acme, by=self.alice)
        with self.assertRaisesMessage(Refused, "legal name, register number, address"):
            submit_case(case, by=self.alice)
        change_case(case, by=self.alice, **SAYS)
        with self.assertRaisesMessage(Refused, "Still missing: a register extract"):
            submit_case(case, by=self.alice)

    def test_there_is_one_open_request_at_a_time(self):
        first = open_case(self.acme, by=self.alice)
        self.assertEqual(open_case(self.acme, by=self.alice), first)
        with self.assertRaises(IntegrityError), transaction.atomic():
            VerificationCase.objects.create(business=self.acme)

    def test_the_queue_says_how_many_are_ahead(self):
        for n in range(2):
            handed_in(make_business(f"Business {n}"))
        self.assertEqual(queue_place(handed_in(self.acme)), 2)

    def test_two_members_of_staff_do_not_judge_at_once(self):
        case = handed_in(self.acme)
        claim_case(case, by=self.vera)
        otto = staff("verifier", name="otto")
        for act in (claim_case, approve_case):
            with self.assertRaisesMessage(Refused, "Vera holds this case for 30 more minutes"):
                act(case, by=otto)
        later = timezone.now() + timedelta(minutes=31)
        claim_case(case, by=otto, now=later)
        with self.assertRaisesMessage(Refused, "Otto holds"):
            approve_case(case, by=self.vera, now=later)

    def test_a_case_can_be_put_back_by_who_holds_it(self):
        case = handed_in(self.acme)
        claim_case(case, by=self.vera)
        with self.assertRaisesMessage(Refused, "don't hold"):
            release_case(case, by=staff("verifier", name="otto"))
        self.assertEqual(release_case(case, by=self.vera).state, "submitted")

    def test_nobody_judges_a_business_they_work_for(self):
        case = handed_in(self.acme)
        member(self.acme, "admin", name="vera")
        with self.assertRaisesMessage(Refused, "You are a member of this business."):
            approve_case(case, by=self.vera)

    def test_a_refusal_says_why_and_holds_for_30_days(self):
        now = timezone.now()
        case = handed_in(self.acme)
        with mock.patch.object(signals.verification_refused, "send") as sent:
            reject_case(case, by=self.vera, reason="The register does not know you.", now=now)
        self.assertEqual(sent.call_args.kwargs["business"], self.acme)
        self.assertIn("does not know you", self.acme.notices.get().body)
        with self.assertRaisesMessage(Refused, "You can apply again from"):
            open_case(self.acme, by=self.alice, now=now + timedelta(days=29))
        self.assertIsNotNone(open_case(self.acme, by=self.alice, now=now + timedelta(days=31)))

    def test_the_database_refuses_a_silent_refusal(self):
        case = handed_in(self.acme)
        with self.assertRaises(IntegrityError), transaction.atomic():
            VerificationCase.objects.filter(pk=case.pk).update(
                state="rejected", decided_by=self.vera, decided_at=timezone.now(), reason=""
            )
        with self.assertRaises(IntegrityError), transaction.atomic():
            VerificationCase.objects.filter(pk=case.pk).update(state="approved")

    def test_a_question_gives_the_request_back_and_the_answer_queues_it_again(self):
        case = handed_in(self.acme)
        case = ask_for_information(case, by=self.vera, reason="The extract is blurry.")
        self.assertEqual((case.state, case.claimed_by), ("needs_information", None))
        change_case(case, by=self.alice, address="2 High Street")
        self.assertEqual(submit_case(case, by=self.alice).reason, "")

    def test_what_was_handed_in_or_decided_stays_as_it_is(self):
        case = handed_in(self.acme)
        with self.assertRaisesMessage(Refused, "can't be changed now"):
            change_case(case, by=self.alice, address="elsewhere")
        approve_case(case, by=self.vera)
        for act in (approve_case, claim_case):
            with self.assertRaisesMessage(Refused, "not waiting for a decision: Approved"):
                act(case, by=self.vera)

    def test_it_lapses_when_nobody_renews(self):
        verify(self.acme, now=timezone.now() - timedelta(days=366))
        live = make_business("Live")
        verify(live)
        self.assertEqual(lapse_verifications(), 1)
        self.assertEqual(lapse_verifications(), 0)
        self.acme.refresh_from_db()
        self.assertIsNone(self.acme.verified_until)
        live.refresh_from_db()
        self.assertTrue(live.is_verified())

    def test_it_is_renewed_within_90_days_of_its_end(self):
        now = timezone.now()
        verify(self.acme, now=now)
        with self.assertRaisesMessage(Refused, "renew from 90 days before the end"):
            open_case(self.acme, by=self.alice, now=now + timedelta(days=200))
        open_case(self.acme, by=self.alice, now=now + timedelta(days=300)).delete()
        again = verify(self.acme, now=now + timedelta(days=300))
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.verified_until, again.valid_until)
        self.assertEqual(self.acme.verifications.filter(ended_at=None).count(), 1)

    def test_it_can_be_withdrawn_with_a_reason(self):
        verify(self.acme)
        withdraw_verification(self.acme, by=self.vera, reason="The register entry is gone.")
        self.acme.refresh_from_db()
        self.assertFalse(self.acme.is_verified())
        with self.assertRaisesMessage(Refused, "Acme is not verified."):
            withdraw_verification(self.acme, by=self.vera, reason="Again")
