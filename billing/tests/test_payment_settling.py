"""What Stripe says of a payment: kept once, whatever comes late, twice or at the same moment."""

import threading
from datetime import timedelta

from django.db import connection
from django.test import TransactionTestCase
from django.utils import timezone

from billing.models import PaymentAttempt, PaymentRefund, PaymentRequest
from billing.services.paying import open_payment, settle_attempt
from billing.services.payment_disputes import sync_payment_dispute
from billing.services.payment_refunds import sync_refunds
from billing.services.payment_requests import cancel_request
from billing.snapshots import DisputeSnapshot, GivenBack
from billing.tests.payments import (
    ReadyCase,
    ask,
    attempt_of,
    paid,
    ready_account,
    ready_profile,
    said,
)
from portal.base.refused import Refused
from profiles.tests.people import make_business, person

Status = PaymentRequest.Status
State = PaymentAttempt.State


class SettleTests(ReadyCase):
    def test_the_same_news_five_times_is_one_payment(self):
        request = ask(self.profile)
        attempt = attempt_of(request)
        for _again in range(5):
            settle_attempt(attempt, said(request, attempt))

        request.refresh_from_db()
        self.assertEqual(request.status, Status.PAID)
        self.assertFalse(PaymentRefund.objects.exists())

    def test_another_amount_than_asked_goes_back(self):
        request = ask(self.profile)
        attempt = attempt_of(request)

        with self.assertLogs("billing", "ERROR"):
            settle_attempt(attempt, said(request, attempt, amount=1))

        request.refresh_from_db()
        self.assertEqual(request.status, Status.REQUESTED)
        self.assertEqual(PaymentRefund.objects.get().amount, 1)

    def test_a_slow_payment_is_on_its_way_then_fails_then_another_pays(self):
        request = ask(self.profile)
        attempt = attempt_of(request)
        slow = said(request, attempt, payment_status="unpaid", intent_status="processing")
        settle_attempt(attempt, slow)
        request.refresh_from_db()
        self.assertEqual(request.status, Status.PROCESSING)
        with self.assertRaisesMessage(Refused, "on its way"):
            open_payment(request)

        settle_attempt(
            attempt,
            said(
                request, attempt, payment_status="unpaid", intent_status="requires_payment_method"
            ),
        )
        request.refresh_from_db()
        self.assertEqual(request.status, Status.REQUESTED)
        second = attempt_of(request, "cs_2")
        settle_attempt(second, said(request, second))

        request.refresh_from_db()
        self.assertEqual(request.status, Status.PAID)

    def test_a_late_list_of_refunds_takes_nothing_back(self):
        request = paid(self.profile)
        attempt = request.attempts.get()
        now = timezone.now()
        sync_refunds(attempt, [GivenBack("re_1", 500, now, ""), GivenBack("re_2", 200, now, "")])

        sync_refunds(attempt, [GivenBack("re_1", 500, now, "")])

        request.refresh_from_db()
        self.assertEqual((request.amount_refunded, request.status), (700, "partially_refunded"))
        self.assertEqual(PaymentRefund.objects.count(), 2)

    def test_late_news_of_a_dispute_changes_nothing(self):
        request = paid(self.profile)
        attempt, now = request.attempts.get(), timezone.now()

        def news(status: str, at) -> None:
            sync_payment_dispute(
                attempt,
                DisputeSnapshot(
                    stripe_id="du_1",
                    status=status,
                    reason="fraudulent",
                    amount=1200,
                    currency="usd",
                    payment_intent="pi",
                    opened_at=now,
                    evidence_due_at=now + timedelta(days=7),
                ),
                fetched_at=at,
            )

        news("lost", now + timedelta(seconds=2))
        news("needs_response", now + timedelta(seconds=1))

        request.refresh_from_db()
        self.assertEqual(request.status, Status.LOST)
        self.assertEqual(request.net, -request.fee)


class RaceTests(TransactionTestCase):
    def setUp(self) -> None:
        self.profile = ready_profile(make_business("Acme", owner=person("alice"), country="US"))
        ready_account(self.profile.business)

    def test_of_fifty_payments_at_once_one_is_kept_and_all_others_go_back(self):
        request = ask(self.profile)
        attempts = [
            PaymentAttempt.objects.create(
                request=request,
                session_id=f"cs_{n}",
                expires_at=request.expires_at,
                state=State.EXPIRED,
            )
            for n in range(50)
        ]
        barrier = threading.Barrier(50)

        def settle(attempt: PaymentAttempt) -> None:
            barrier.wait()
            try:
                settle_attempt(attempt, said(request, attempt))
            finally:
                connection.close()

        threads = [threading.Thread(target=settle, args=[each]) for each in attempts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        states = list(PaymentAttempt.objects.values_list("state", flat=True))
        self.assertEqual((states.count("paid"), states.count("surplus")), (1, 49))
        self.assertEqual(PaymentRefund.objects.filter(attempt__state="surplus").count(), 49)
        self.assertFalse(PaymentRefund.objects.filter(attempt__state="paid").exists())

    def test_paying_against_cancelling_either_is_kept_or_goes_back_never_both(self):
        """25 rounds; the page is one that we had lost sight of, so nothing closes it first."""
        ends = set()
        for n in range(25):
            request = ask(self.profile, reference_id=f"round-{n}", message_id=n)
            attempt = attempt_of(request, f"cs_round_{n}")
            PaymentAttempt.objects.filter(pk=attempt.pk).update(state=State.EXPIRED)
            barrier = threading.Barrier(2)
            together(
                lambda a=attempt, r=request: settle_attempt(a, said(r, a)),
                lambda r=request: cancel_request(r, by=None),
                barrier=barrier,
            )
            request.refresh_from_db()
            back = PaymentRefund.objects.filter(attempt=attempt).count()
            ends.add((request.status, back))

        self.assertLessEqual(ends, {(Status.PAID, 0), (Status.CANCELLED, 1)})


def together(*acts, barrier: threading.Barrier) -> None:
    """Each in a thread of its own, begun at the same moment; a Refused is an answer too."""

    def run(act) -> None:
        barrier.wait()
        try:
            act()
        except Refused:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
