"""Asking for money: who may, how much, for how long; and what the database never lets happen."""

from datetime import timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.test import override_settings
from django.utils import timezone

from billing.models import PaymentAttempt, PaymentRefund, PaymentRequest
from billing.money import as_minor, money
from billing.payment_rules import may_request_payment
from billing.services.paying import open_payment
from billing.services.payment_accounts import (
    disconnect_account,
    end_halt,
    freeze_payments,
    halt_payments,
    release_payments,
)
from billing.services.payment_requests import Item, forget_payer, set_order_status
from billing.tests.payments import ANA, ReadyCase, ask, attempt_of, paid
from portal.base.refused import Refused
from profiles.models import Profile

Status = PaymentRequest.Status
State = PaymentAttempt.State


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
