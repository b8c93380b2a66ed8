"""Asking for money: who may, how much, for how long; and what the database never lets happen."""

import threading
from datetime import timedelta
from decimal import Decimal
from unittest import mock

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase, override_settings
from django.utils import timezone

from billing.models import PaymentAttempt, PaymentRefund, PaymentRequest
from billing.money import as_minor, money
from billing.payment_rules import may_request_payment
from billing.services.paying import open_payment, settle_attempt
from billing.services.payment_accounts import (
    disconnect_account,
    end_halt,
    freeze_payments,
    halt_payments,
    release_payments,
)
from billing.services.payment_complaints import (
    answer_complaint,
    complain,
    resolve_complaint,
    tell_of_late_complaints,
)
from billing.services.payment_disputes import sync_payment_dispute
from billing.services.payment_refunds import sync_refunds
from billing.services.payment_requests import (
    Item,
    cancel_request,
    forget_payer,
    set_order_status,
)
from billing.snapshots import DisputeSnapshot, GivenBack, PaymentSnapshot
from billing.tests.payments import ANA, ask, ready_account, ready_profile
from portal.base.refused import Refused
from profiles.models import Profile
from profiles.tests.people import make_business, person

Status = PaymentRequest.Status
State = PaymentAttempt.State


class ReadyCase(TestCase):
    """Acme may ask for money; what Stripe says is written down here, not asked."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alice = person("alice")
        cls.profile = ready_profile(make_business("Acme", owner=cls.alice, country="US"))
        cls.acme = cls.profile.business
        cls.account = ready_account(cls.acme)


def attempt_of(request: PaymentRequest, session_id: str = "cs_1") -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        request=request, session_id=session_id, expires_at=request.expires_at
    )


def said(request: PaymentRequest, attempt: PaymentAttempt, **changes) -> PaymentSnapshot:
    """What Stripe says of a page: paid, unless told otherwise."""
    return PaymentSnapshot(
        **{
            "session_id": attempt.session_id,
            "status": "complete",
            "payment_status": "paid",
            "url": "",
            "reference": str(request.uuid),
            "payment_intent": f"pi_{attempt.session_id}",
            "intent_status": "succeeded",
            "amount": request.amount,
            "currency": request.currency,
        }
        | changes
    )


def paid(profile: Profile, **values) -> PaymentRequest:
    request = ask(profile, **values)
    attempt = attempt_of(request, f"cs_{request.pk}")
    settle_attempt(attempt, said(request, attempt))
    request.refresh_from_db()
    return request


class WhoMayAskTests(ReadyCase):
    def refused(self, code: str, now=None) -> None:
        with self.assertRaises(Refused) as caught:
            may_request_payment(Profile.objects.get(pk=self.profile.pk), now=now)
        self.assertEqual(caught.exception.code, code)

    def test_only_a_verified_subscribed_clear_profile(self):
        self.assertEqual(may_request_payment(self.profile), self.account)
        for field, value, code in (
            ("verified_until", None, "not_verified"),
            ("paid_through", timezone.now(), "no_plan"),
            ("closed_at", timezone.now(), "closed"),
        ):
            with self.subTest(code), transaction.atomic():
                type(self.acme).objects.filter(pk=self.acme.pk).update(**{field: value})
                self.refused(code)
                transaction.set_rollback(True)

    def test_every_standing_but_clear_is_refused(self):
        for standing in set(Profile.Standing) - {Profile.Standing.CLEAR}:
            with self.subTest(standing):
                Profile.objects.filter(pk=self.profile.pk).update(standing=standing)
                self.refused("not_clear")

    def test_a_sandbox_asks_for_nothing(self):
        Profile.objects.filter(pk=self.profile.pk).update(is_test=True)
        self.refused("test_profile")

    def test_without_an_account_that_stripe_allows(self):
        type(self.account).objects.update(charges_enabled=False)
        self.refused("no_account")

    def test_a_disconnected_account_is_paid_no_more(self):
        disconnect_account(self.account.stripe_id)
        self.refused("no_account")

    def test_staff_freeze_and_release_one_business(self):
        freeze_payments(self.account, by=self.alice, reason="Fraud suspected")
        self.refused("payments_frozen")

        release_payments(self.account, by=self.alice, reason="It was a mistake")

        self.assertEqual(may_request_payment(self.profile), self.account)

    def test_the_kill_switch_stops_everybody(self):
        halt = halt_payments(by=self.alice, reason="Stripe is broken into")
        self.refused("payments_off")
        with self.assertRaises(Refused):
            halt_payments(by=self.alice, reason="Again")

        end_halt(halt, by=self.alice, reason="Mended")

        self.assertEqual(may_request_payment(self.profile), self.account)

    @override_settings(PAYMENT_REQUESTS=False)
    def test_the_setting_switches_it_off(self):
        self.refused("payments_off")

    def test_it_is_asked_again_when_the_person_pays(self):
        request = ask(self.profile)
        Profile.objects.filter(pk=self.profile.pk).update(standing="suspended")

        with self.assertRaisesMessage(Refused, "Acme Ltd can't take payments at the moment"):
            open_payment(request)

        self.assertFalse(PaymentAttempt.objects.exists())


class AmountTests(ReadyCase):
    def test_the_amount_comes_from_the_items(self):
        request = ask(
            self.profile,
            items=[Item("Filter", 1000, 2), Item("Brush", 300)],
            extras={"tax": 200, "shipping": 500, "discount": 100},
        )

        self.assertEqual((request.amount, request.fee, request.payee), (2900, 29, "Acme Ltd"))

    def test_jpy_and_kwd(self):
        yen = ask(self.profile, currency="jpy", items=[Item("Tea", 500)])
        dinar = ask(self.profile, currency="kwd", items=[Item("Tea", 1250)], message_id=2)

        self.assertEqual(money(yen.amount, "jpy"), "¥500")
        self.assertEqual(money(dinar.amount, "kwd"), "KWD\N{NO-BREAK SPACE}1.250")
        self.assertEqual(as_minor(Decimal("1.25"), "kwd"), 1250)
        with self.assertRaises(ValueError):
            as_minor(Decimal("0.5"), "jpy")
        with self.assertRaisesMessage(Refused, "end in 0"):
            ask(self.profile, currency="kwd", items=[Item("Tea", 1255)])

    def test_too_little_too_much_and_no_such_currency(self):
        for items, currency in (
            ([Item("A", 49)], "usd"),
            ([Item("A", 5_000_01)], "usd"),
            ([Item("A", 1000)], "xau"),
        ):
            with self.subTest(currency), self.assertRaises(Refused):
                ask(self.profile, items=items, currency=currency)

    def test_the_days_limit_counts_all_that_was_asked_for(self):
        for n in range(10):
            ask(self.profile, 5_000_00, message_id=n)

        with self.assertRaises(Refused) as caught:
            ask(self.profile, 50)
        self.assertEqual(caught.exception.code, "day_limit")
        ask(self.profile, 50, now=timezone.now() + timedelta(days=1, seconds=1))

    def test_a_reference_waits_once(self):
        first = ask(self.profile, reference_id="A-1")
        with self.assertRaises(Refused) as caught:
            ask(self.profile, reference_id="A-1")
        self.assertEqual(caught.exception.code, "reference_taken")
        PaymentRequest.objects.filter(pk=first.pk).update(status=Status.EXPIRED)

        ask(self.profile, reference_id="A-1")


class ConstraintTests(ReadyCase):
    def broken(self, rows, **values) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            rows.update(**values)

    def test_the_database_has_the_last_word(self):
        request = paid(self.profile)
        rows = PaymentRequest.objects.filter(pk=request.pk)
        self.broken(rows, amount=0, fee=0)
        self.broken(rows, fee=request.amount)
        self.broken(rows, amount_refunded=request.amount + 1)
        self.broken(rows, paid_at=None)
        second = attempt_of(request, "cs_2")
        self.broken(PaymentAttempt.objects.filter(pk=second.pk), state=State.PAID)
        with self.assertRaises(IntegrityError), transaction.atomic():
            attempt_of(request, "cs_3")
        with self.assertRaises(IntegrityError), transaction.atomic():
            PaymentRefund.objects.create(attempt=second, amount=1, reason="")


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


class OrderTests(ReadyCase):
    def test_a_paid_order_is_not_cancelled_before_the_money_went_back(self):
        request = paid(self.profile)
        set_order_status(request, "shipped", by=self.alice)
        with self.assertRaisesMessage(Refused, "Give the money back first"):
            set_order_status(request, "canceled", by=self.alice)

    def test_the_books_forget_an_erased_person_and_keep_the_amounts(self):
        done, waiting = paid(self.profile), ask(self.profile, message_id=2)

        self.assertEqual(forget_payer(ANA, now=timezone.now()), 2)

        done.refresh_from_db()
        waiting.refresh_from_db()
        self.assertEqual((done.person_id, done.amount, done.status), (None, 1200, Status.PAID))
        self.assertEqual(waiting.status, Status.CANCELLED)


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
