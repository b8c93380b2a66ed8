"""Payments in chats on the local peer: set-up, paying, what goes wrong, refunds, disputes. The
names of the tests are those of the cases in billing.md.
"""

import re
import threading
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.utils import timezone

from billing import stripe_gateway
from billing.models import PaymentAccount, PaymentAttempt, PaymentRefund, PaymentRequest
from billing.payment_rules import may_request_payment
from billing.services.paying import ask_after_payments, open_payment
from billing.services.payment_accounts import (
    disconnect_account,
    halt_payments,
    refresh_account,
    set_up_payments,
)
from billing.services.payment_books import differences, months
from billing.services.payment_refunds import refund_payment
from billing.services.payment_requests import cancel_request, expire_payment_requests
from billing.tests.payments import ask, ready_profile
from billing.tests.peer import ASKS, DECLINED, GOOD, PeerTestCase
from portal.base.refused import Refused
from portal.base.services.outbox import perform_due

DISPUTED = "4000000000000259"
Status = PaymentRequest.Status
State = PaymentAttempt.State


class PaymentCase(PeerTestCase):
    """Acme is set up to be paid."""

    def setUp(self) -> None:
        super().setUp()
        self.profile = ready_profile(self.acme)
        self.acme = self.profile.business
        self.onboard()

    def onboard(self, answer: str = "enough") -> PaymentAccount:
        """Alice answers Stripe's questions."""
        status, _to = self.peer.submit(set_up_payments(self.acme, by=self.alice), answer=answer)
        assert status == 303
        account = PaymentAccount.objects.get(business=self.acme)
        return refresh_account(account.stripe_id)

    def pay(self, request: PaymentRequest, card: str = GOOD) -> tuple[int, str]:
        """Ana gives a card on Stripe's page."""
        return self.peer.submit(open_payment(request), card=card)

    def come_back(self, location: str) -> None:
        """Ana's browser follows Stripe back to us."""
        path = location.removeprefix(self.live_server_url)
        assert Client().get(path).status_code == 302

    def paid(self, **values) -> PaymentRequest:
        request = ask(self.profile, **values)
        _status, location = self.pay(request)
        self.come_back(location)
        request.refresh_from_db()
        assert request.status == Status.PAID
        return request

    def settled(self, request: PaymentRequest, status: str) -> None:
        def look() -> bool:
            perform_due()
            request.refresh_from_db()
            return request.status == status

        self.settle(look, f"the request is {status}")


class SetUpTests(PaymentCase):
    def onboard(self, answer: str = "enough") -> PaymentAccount:
        return super().onboard("later") if not hasattr(self, "asked") else super().onboard(answer)

    def test_a_business_is_set_up_when_stripe_has_its_answers(self):
        with self.assertRaisesMessage(Refused, "Set up payments first"):
            may_request_payment(self.profile)

        self.asked = True
        account = self.onboard()

        self.assertTrue(account.is_ready)
        self.assertEqual(may_request_payment(self.profile), account)

    def test_connect_account_losing_charges_enabled(self):
        self.asked = True
        self.onboard()
        request = ask(self.profile)
        page = open_payment(request)
        account = PaymentAccount.objects.get()

        self.peer.submit(f"{self.peer.url}/dashboard/{account.stripe_id}", answer="restrict")
        self.settle(
            lambda: not PaymentAccount.objects.get().charges_enabled, "we hear of the restriction"
        )
        perform_due()

        self.assertIn("expired", self.peer.submit(page, card=GOOD)[1])
        with self.assertRaisesMessage(Refused, "can't take payments at the moment"):
            open_payment(request)
        notice = self.acme.notices.get(kind="payments_stopped")
        self.assertIn("Stripe stopped payments", notice.title)


class PayingTests(PaymentCase):
    def test_a_person_pays_and_it_is_paid_at_once(self):
        request = ask(self.profile)
        status, location = self.pay(request)
        self.assertEqual(status, 303)

        self.come_back(location)

        request.refresh_from_db()
        self.assertEqual(request.status, Status.PAID)
        self.assertEqual((request.fee, request.net), (12, 1188))

    def test_the_webhook_alone_makes_it_paid(self):
        request = ask(self.profile)
        self.pay(request)

        self.settled(request, Status.PAID)

    def test_a_lost_webhook_is_repaired_by_asking(self):
        request = ask(self.profile)
        self.pay(request)
        PaymentAttempt.objects.update(asked_at=timezone.now() - timedelta(minutes=11))

        self.assertEqual(ask_after_payments(), 1)

        request.refresh_from_db()
        self.assertEqual(request.status, Status.PAID)

    def test_two_taps_open_one_page(self):
        request = ask(self.profile)

        self.assertEqual(open_payment(request), open_payment(request))
        self.assertEqual(PaymentAttempt.objects.count(), 1)

    def test_twenty_taps_at_once_open_one_page(self):
        request = ask(self.profile)
        pages, barrier = set(), threading.Barrier(20)

        def tap() -> None:
            barrier.wait()
            try:
                pages.add(open_payment(request))
            finally:
                connection.close()

        together(20, tap)

        self.assertEqual(len(pages), 1)
        self.assertEqual(PaymentAttempt.objects.count(), 1)

    def test_declined_at_charge_then_paid(self):
        request = ask(self.profile)
        page = open_payment(request)

        self.assertIn("Nothing was charged", self.peer.submit(page, card=DECLINED)[1])
        self.peer.submit(page, card=GOOD)

        self.settled(request, Status.PAID)

    def test_3ds_pass_and_fail(self):
        request = ask(self.profile)
        page = open_payment(request)
        self.assertIn("is it you?", self.peer.submit(page, card=ASKS)[1])
        self.assertIn("did not confirm", self.peer.submit(page, answer="no")[1])
        self.peer.submit(page, card=ASKS)

        self.assertEqual(self.peer.submit(page, answer="yes")[0], 303)

        self.settled(request, Status.PAID)

    def test_request_paid_twice(self):
        """Two pages were open, as after a crash between making and remembering one."""
        request = ask(self.profile)
        first = open_payment(request)
        PaymentAttempt.objects.update(state=State.EXPIRED)  # forgotten, but open at Stripe
        second = open_payment(request)
        self.assertNotEqual(first, second)
        self.peer.submit(first, card=GOOD)
        self.peer.submit(second, card=GOOD)

        self.settled(request, Status.PAID)
        self.settle(
            lambda: (
                perform_due() is not None and PaymentRefund.objects.filter(state="done").exists()
            ),
            "the second payment has gone back",
        )

        states = sorted(PaymentAttempt.objects.values_list("state", flat=True))
        self.assertEqual(states, ["paid", "surplus"])
        surplus = PaymentAttempt.objects.get(state=State.SURPLUS)
        self.assertEqual(at_stripe(surplus), 1200)
        self.assertEqual(at_stripe(PaymentAttempt.objects.get(state=State.PAID)), 0)
        request.refresh_from_db()
        self.assertEqual((request.status, request.amount_refunded), (Status.PAID, 0))
        self.assertTrue(self.acme.notices.filter(kind="payment_surplus").exists())

    def test_request_paid_after_expiry(self):
        """The page was lost to us when the request expired; what is paid on it goes back."""
        request = ask(self.profile)
        page = open_payment(request)
        PaymentAttempt.objects.update(state=State.EXPIRED)
        PaymentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        self.assertEqual(expire_payment_requests(), 1)

        self.peer.submit(page, card=GOOD)

        self.settle(
            lambda: (
                perform_due() is not None and PaymentRefund.objects.filter(state="done").exists()
            ),
            "the late payment has gone back",
        )
        request.refresh_from_db()
        self.assertEqual(request.status, Status.EXPIRED)
        self.assertEqual(at_stripe(PaymentAttempt.objects.get()), 1200)

    def test_an_expired_request_closes_its_page(self):
        request = ask(self.profile)
        page = open_payment(request)
        PaymentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        self.assertEqual(expire_payment_requests(), 1)

        self.assertIn("This checkout is expired", self.peer.submit(page, card=GOOD)[1])

    def test_what_was_paid_in_the_last_second_counts(self):
        request = ask(self.profile)
        self.pay(request)
        PaymentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        self.assertEqual(expire_payment_requests(), 0)

        request.refresh_from_db()
        self.assertEqual(request.status, Status.PAID)

    def test_a_cancelled_request_cannot_be_paid(self):
        request = ask(self.profile)
        page = open_payment(request)

        cancel_request(request, by=self.alice)

        self.assertIn("This checkout is expired", self.peer.submit(page, card=GOOD)[1])
        with self.assertRaisesMessage(Refused, "took this request back"):
            open_payment(request)

    def test_the_kill_switch_closes_open_pages(self):
        request = ask(self.profile)
        page = open_payment(request)

        halt_payments(by=self.alice, reason="Stripe is broken into")
        perform_due()

        self.assertIn("This checkout is expired", self.peer.submit(page, card=GOOD)[1])

    def test_a_request_on_a_disconnected_account_ends_and_holds_up_no_other(self):
        request = ask(self.profile)
        open_payment(request)
        disconnect_account(request.account.stripe_id)
        PaymentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        self.assertEqual(expire_payment_requests(), 1)

        request.refresh_from_db()
        self.assertEqual(request.status, Status.EXPIRED)

    def test_a_page_of_another_request_settles_nothing(self):
        mine, other = ask(self.profile), ask(self.profile, message_id=2)
        _status, location = self.pay(other)
        session = re.search(r"session=(\w+)", location)[1]

        answer = Client().get(f"/pay/{mine.token}/return/?session={session}")

        self.assertEqual(answer.status_code, 404)
        mine.refresh_from_db()
        self.assertEqual(mine.status, Status.REQUESTED)


class RefundTests(PaymentCase):
    def test_refund_partial_full_over_and_twice(self):
        request = self.paid()

        refund_payment(request, amount=500, by=self.alice, reason="One was broken")
        self.settled(request, Status.PARTIALLY_REFUNDED)
        with self.assertRaisesMessage(Refused, "At most $7.00"):
            refund_payment(request, amount=701, by=self.alice, reason="Too much")
        refund_payment(request, amount=700, by=self.alice, reason="All were broken")
        with self.assertRaisesMessage(Refused, "At most $0.00"):
            refund_payment(request, amount=1, by=self.alice, reason="Twice")
        self.settled(request, Status.REFUNDED)

        self.assertEqual(request.amount_refunded, 1200)
        self.assertEqual(at_stripe(PaymentAttempt.objects.get()), 1200)
        self.assertEqual(request.net, 0)

    def test_a_refund_made_by_hand_at_stripe_is_taken_over(self):
        request = self.paid()
        attempt = PaymentAttempt.objects.get()
        stripe_gateway.create_refund(
            payment_intent=attempt.payment_intent,
            amount=300,
            reason="",
            key="by-hand",
            account=request.account.stripe_id,
        )

        self.settled(request, Status.PARTIALLY_REFUNDED)

        refund = PaymentRefund.objects.get()
        self.assertEqual((refund.amount, refund.by, refund.state), (300, None, "done"))

    def test_twenty_refunds_at_once_give_back_once(self):
        request = self.paid()
        barrier, made = threading.Barrier(20), []

        def refund() -> None:
            barrier.wait()
            try:
                made.append(refund_payment(request, amount=1200, by=self.alice, reason="Broken"))
            except Refused:
                pass
            finally:
                connection.close()

        together(20, refund)
        self.settled(request, Status.REFUNDED)

        self.assertEqual(len(made), 1)
        self.assertEqual(at_stripe(PaymentAttempt.objects.get()), 1200)


class DisputeTests(PaymentCase):
    def test_dispute_lost_and_won(self):
        for answer, ending in (("won", Status.WON), ("lost", Status.LOST)):
            with self.subTest(answer):
                request = ask(self.profile, reference_id=answer)
                self.pay(request, card=DISPUTED)
                self.settled(request, Status.DISPUTED)
                dispute = request.disputes.get()
                self.assertEqual(dispute.answer_due_at - dispute.opened_at, timedelta(hours=24))
                with self.assertRaisesMessage(Refused, "bank decides"):
                    refund_payment(request, amount=1, by=self.alice, reason="Sorry")

                self.peer.submit(
                    f"{self.peer.url}/dashboard/{request.account.stripe_id}",
                    dispute=dispute.stripe_id,
                    answer=answer,
                )

                self.settled(request, ending)
                dispute.refresh_from_db()
                self.assertEqual(dispute.outcome, answer)


class BooksTests(PaymentCase):
    def test_the_books_say_what_stripe_says(self):
        request = self.paid()
        refund_payment(request, amount=200, by=self.alice, reason="Late")
        self.settled(request, Status.PARTIALLY_REFUNDED)

        self.assertEqual(differences(self.acme, now=timezone.now()), [])
        month = months(self.acme)[0]
        self.assertEqual((month.received, month.refunded, month.fees), (1200, 200, 10))
        self.assertEqual(month.kept, request.net)

    def test_a_payment_missing_in_the_books_is_named(self):
        self.pay(ask(self.profile))

        found = differences(self.acme, now=timezone.now())

        self.assertEqual([each.what for each in found], ["Paid at Stripe, not in our books"])


def at_stripe(attempt: PaymentAttempt) -> int:
    """What Stripe says went back of it."""
    account_id = attempt.request.account.stripe_id
    listed = stripe_gateway.refunds_of(attempt.payment_intent, account_id=account_id)
    return sum(each.amount for each in listed)


def together(n: int, work) -> None:
    threads = [threading.Thread(target=work) for _ in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
