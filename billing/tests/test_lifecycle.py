"""The life of a subscription as Stripe tells it: renewals, failures, ends (lane S)."""

import os
import random
import time
from collections import Counter
from datetime import timedelta

from django.db import transaction
from django.test import Client
from django.utils import timezone

from billing.entitlements import Access, State
from billing.models import Dispute, Invoice, StripeEvent, Subscription
from billing.plans import PLANS
from billing.services.letters import remind_of_charges
from billing.services.reconcile import reconcile_events
from billing.services.stripe_events import handle_events, handler_of
from billing.services.usage import claim_recipients
from billing.takings import takings
from billing.tests.scripted import DAY, ScriptedTests
from billing.tests.stripe_fixtures import event, send
from portal.base.refused import Refused
from profiles.models import Notice

# 300 in CI; the whole measure is MONEY_EVENTS=1000 pytest billing/tests/test_lifecycle.py -k money
MONEY_EVENTS = int(os.getenv("MONEY_EVENTS", "300"))


class RenewalTests(ScriptedTests):
    def fail(self, thing, *, days_ago: int = 0):
        """The renewal's charge failed so many days ago."""
        now = int(time.time())
        thing["status"] = "past_due"
        invoice = self.stripe.bill(thing, 9900, status="open", created=now - days_ago * DAY)
        self.send("invoice.payment_failed", invoice)
        return invoice

    def pay(self, thing, invoice):
        now = int(time.time())
        thing["status"] = "active"
        invoice |= {"status": "paid", "amount_paid": invoice["total"]}
        invoice["status_transitions"]["paid_at"] = now
        self.send("invoice.paid", invoice)

    def test_renewal_declined_grace_suspended_recovered(self):
        thing = self.buy()
        invoice = self.fail(thing)
        self.assertEqual((self.rights().state, self.rights().may_send), (State.GRACE, True))
        self.assertEqual(self.rights(days=15).access, Access.REPLIES)

        thing["status"] = "unpaid"
        self.send("customer.subscription.updated", thing)
        self.assertEqual(self.rights().access, Access.REPLIES)
        self.acme.refresh_from_db()
        self.assertFalse(self.acme.is_paid())

        self.pay(thing, invoice)
        self.assertEqual(self.rights().access, Access.FULL)
        self.acme.refresh_from_db()
        self.assertTrue(self.acme.is_paid())
        told = list(Notice.objects.order_by("id").values_list("title", flat=True))
        self.assertEqual(
            told,
            [
                "Your payment failed",
                "Sending is off",
                "Your payment arrived",
                "Receipt: $99.00 paid",
            ],
        )

    def test_the_grace_runs_from_the_oldest_unpaid_invoice(self):
        thing = self.buy()
        self.fail(thing, days_ago=10)
        self.fail(thing, days_ago=1)

        row = Subscription.objects.get()
        self.assertAlmostEqual(
            row.past_due_since, timezone.now() - timedelta(days=10), delta=timedelta(minutes=1)
        )

    def test_a_receipt_is_told_once_however_often_the_event_comes(self):
        thing = self.buy()
        invoice = self.stripe.bill(thing, 9900)
        for _ in range(3):
            self.send("invoice.paid", invoice)
            self.send("invoice.updated", invoice)

        self.assertEqual(Notice.objects.filter(kind="invoice_paid").count(), 1)

    def test_it_lapses_at_the_end_of_its_period(self):
        thing = self.buy()
        thing["cancel_at"] = thing["items"]["data"][0]["current_period_end"]
        self.send("customer.subscription.updated", thing)
        self.assertEqual(self.rights().state, State.ENDING)

        thing |= {"status": "canceled", "ended_at": int(time.time())}
        self.send("customer.subscription.deleted", thing)

        self.assertEqual((self.rights().state, self.rights().plan), (State.ENDED, "free"))


class TrialTests(ScriptedTests):
    def test_a_trial_ends_without_a_card(self):
        end = int(time.time()) + 14 * DAY
        thing = self.buy(status="trialing", trial_end=end)
        self.assertEqual(self.rights().state, State.TRIAL)

        thing |= {"status": "canceled", "ended_at": end}
        self.send("customer.subscription.deleted", thing)

        self.assertEqual(self.rights().plan, "free")

    def test_who_is_in_trial_hears_of_its_end_three_days_before_and_once(self):
        end = int(time.time()) + 2 * DAY
        thing = self.buy(status="trialing", trial_end=end)
        thing["items"]["data"][0]["current_period_end"] = end
        self.send("customer.subscription.updated", thing)

        self.assertEqual((remind_of_charges(), remind_of_charges()), (1, 0))

        notice = Notice.objects.get(kind="trial_ends")
        self.assertIn("$99.00 is charged then", notice.body)

    def test_a_year_is_announced_thirty_days_before_it_is_charged(self):
        thing = self.buy(interval="year", currency="eur")
        thing["items"]["data"][0]["current_period_end"] = int(time.time()) + 29 * DAY
        self.send("customer.subscription.updated", thing)

        self.assertEqual(remind_of_charges(), 1)
        self.assertIn("€890.00", Notice.objects.get(kind="year_renews").body)


class OddityTests(ScriptedTests):
    def test_a_hundred_percent_promotion_is_a_plan_like_any_other(self):
        thing = self.buy()
        self.send("invoice.paid", self.stripe.bill(thing, 0))

        self.assertTrue(self.rights().may_send)
        self.assertFalse(Notice.objects.filter(kind="invoice_paid").exists())

    def test_a_price_that_was_archived_keeps_its_plan(self):
        thing = self.buy("enterprise")
        thing["items"]["data"][0]["price"]["active"] = False
        self.send("customer.subscription.updated", thing)

        self.assertEqual(self.rights().plan, "enterprise")

    def test_an_unknown_price_gives_the_smallest_paid_plan(self):
        thing = self.buy()
        thing["items"]["data"][0]["price"]["metadata"] = {}
        self.send("customer.subscription.updated", thing)

        self.assertEqual(self.rights().plan, "starter")

    def test_seats_bought_and_given_up(self):
        thing = self.buy()
        for quantity in (14, 10):
            thing["items"]["data"][0]["quantity"] = quantity
            self.send("customer.subscription.updated", thing)
            self.assertEqual(self.rights().seats, quantity)

    def test_a_customer_deleted_takes_its_subscriptions_along(self):
        thing = self.buy()
        thing |= {"status": "canceled", "ended_at": int(time.time())}
        self.send("customer.deleted", {"id": "cus_acme", "object": "customer"})

        self.assertEqual(self.rights().plan, "free")
        self.acme.customer.refresh_from_db()
        self.assertIsNotNone(self.acme.customer.deleted_at)

    def test_an_account_that_is_not_ours_changes_nothing(self):
        thing = self.stripe.subscribe("cus_of_nobody")
        self.send("customer.subscription.created", thing)

        self.assertFalse(Subscription.objects.exists())
        self.assertEqual(StripeEvent.objects.get().outcome, "not ours")

    def test_a_crash_midway_is_done_again_and_once(self):
        thing = self.stripe.subscribe("cus_acme")
        self.stripe.tell("customer.subscription.created", thing, client=self.client)
        held = self.stripe.things.pop(thing["id"])
        self.stripe.answer, whole = self.crash, self.stripe.answer
        handle_events()
        self.assertIn("crash", StripeEvent.objects.get().last_error)

        self.stripe.answer = whole
        self.stripe.things[held["id"]] = held
        StripeEvent.objects.update(due_at=timezone.now())
        handle_events()

        self.assertEqual(Subscription.objects.count(), 1)
        self.assertEqual(StripeEvent.objects.get().last_error, "")

    def crash(self, *args):
        raise MemoryError("crash")


class DisputeTests(ScriptedTests):
    def test_a_dispute_stops_campaigns_until_it_is_settled(self):
        thing = self.buy()
        invoice = self.stripe.bill(thing, 9900)
        self.send("invoice.paid", invoice)
        dispute = self.stripe.keep(
            {
                "id": "du_1",
                "object": "dispute",
                "status": "needs_response",
                "reason": "fraudulent",
                "amount": 9900,
                "currency": "usd",
                "payment_intent": invoice["payments"]["data"][0]["payment"]["payment_intent"],
                "created": int(time.time()),
                "evidence_details": {"due_by": int(time.time()) + 7 * DAY},
            }
        )
        self.send("charge.dispute.created", dispute)

        with self.assertRaises(Refused) as refusal:
            claim_recipients(self.acme, 1)
        self.assertEqual(refusal.exception.code, "disputed")
        self.assertTrue(self.rights().may_reply)

        dispute["status"] = "won"
        self.send("charge.dispute.closed", dispute)
        self.assertIsNotNone(Dispute.objects.get().closed_at)
        claim_recipients(self.acme, 1)


class OrderTests(ScriptedTests):
    def test_all_5040_orders_of_the_seven_events_of_a_life_end_in_one_state(self):
        thing = self.stripe.subscribe("cus_acme")
        paid = self.stripe.bill(thing, 9900)
        failed = self.stripe.bill(thing, 9900, status="void")
        sub = {key: thing[key] for key in ("id", "object", "customer", "status")}
        life = [
            event("customer.subscription.created", sub | {"status": "incomplete"}),
            event("invoice.paid", paid),
            event("customer.subscription.updated", sub),
            event("invoice.payment_failed", failed | {"status": "open"}),
            event("customer.subscription.updated", sub | {"status": "past_due"}),
            event("invoice.voided", failed),
            event("customer.subscription.deleted", sub | {"status": "canceled"}),
        ]
        thing |= {"status": "canceled", "ended_at": int(time.time())}
        for each in life:
            send(Client(), each)
        self.known = list(StripeEvent.objects.order_by("id"))
        self.seen: dict[tuple, dict] = {}

        ends = self.orders_by_end(frozenset(range(7)))

        self.assertEqual(
            ends,
            {
                (
                    (("canceled", "business", None),),
                    (("paid", 9900), ("void", 0)),
                    ("Receipt: $99.00 paid", "Your subscription has ended"),
                    State.ENDED,
                ): 5040
            },
        )

    def orders_by_end(self, left: frozenset) -> dict:
        """How many orders of the events that are left lead from here to which end.

        Every order is walked, sharing its beginning with others; where the same events are left and
        the same rows stand, the rest is known already, since handling depends on nothing else.
        """
        here = (left, self.state())
        if here not in self.seen:
            ends: Counter = Counter()
            for n in left:
                before = transaction.savepoint()
                self.handle(self.known[n])
                ends.update(self.orders_by_end(left - {n}))
                transaction.savepoint_rollback(before)
            self.seen[here] = dict(ends) if left else {self.state(): 1}
        return self.seen[here]

    def handle(self, event: StripeEvent) -> None:
        # As if it had come this moment: nothing we know is newer.
        event.received_at, event.attempts = timezone.now() + timedelta(days=1), 1
        handler_of(event)(event)

    def state(self) -> tuple:
        rows = Subscription.objects.values_list("status", "plan", "cancel_at")
        invoices = Invoice.objects.order_by("status").values_list("status", "amount_paid")
        told = Notice.objects.order_by("title").values_list("title", flat=True)
        return tuple(rows), tuple(invoices), tuple(told), self.rights().state


class MoneyTests(ScriptedTests):
    def test_the_money_page_equals_an_independent_sum_after_random_events(self):
        dice = random.Random(20261123)
        subscriptions = []
        for n in range(MONEY_EVENTS):
            kind = dice.choice(("buy", "bill", "bill", "refund", "end", "void", "lost"))
            if kind == "buy" or not subscriptions:
                subscriptions.append(self.random_purchase(dice, n))
            elif kind == "end":
                thing = dice.choice(subscriptions)
                thing |= {"status": "canceled", "ended_at": int(time.time())}
                self.send("customer.subscription.deleted", thing)
            elif kind == "refund":
                self.random_refund(dice)
            else:
                self.random_bill(dice, dice.choice(subscriptions), kind)
        reconcile_events()
        while handle_events():
            pass

        page = {one.currency: one for one in takings()}
        for currency in ("usd", "brl", "inr", "eur"):
            self.assertEqual(
                (page[currency].invoiced, page[currency].refunded, page[currency].monthly),
                self.independent_sum(currency),
                currency,
            )

    def random_purchase(self, dice, n):
        from billing.models import Customer
        from profiles.tests.people import make_business

        business = make_business(f"Shop {n}", owner=self.alice)
        Customer.objects.create(business=business, stripe_id=f"cus_{n}")
        thing = self.stripe.subscribe(
            f"cus_{n}",
            dice.choice(("starter", "business", "enterprise")),
            interval=dice.choice(("month", "year")),
            currency=dice.choice(("usd", "brl", "inr", "eur")),
        )
        self.send("customer.subscription.created", thing)
        return thing

    def random_bill(self, dice, thing, kind):
        amount = dice.randrange(1, 100_000)
        status = {"void": "void"}.get(kind, "paid")
        invoice = self.stripe.bill(thing, amount, status=status)
        if kind == "lost":  # no webhook ever comes; only reconciling can know
            self.stripe.tell("invoice.paid", invoice)
            return
        for _ in range(dice.choice((1, 1, 2))):
            self.send("invoice.paid" if status == "paid" else "invoice.voided", invoice)

    def random_refund(self, dice):
        paid = [each for each in self.stripe.of_kind("invoice") if each["status"] == "paid"]
        if not paid:
            return
        invoice = dice.choice(paid)
        intent = invoice["payments"]["data"][0]["payment"]["payment_intent"]
        left = invoice["amount_paid"] - self.refunded(intent)
        if left < 1:
            return
        amount = dice.randrange(1, left + 1)
        number = next(self.stripe.numbers)
        self.stripe.keep(
            {
                "id": f"re_{number}",
                "object": "refund",
                "amount": amount,
                "payment_intent": intent,
                "status": "succeeded",
            }
        )
        charge = self.stripe.keep(
            {"id": f"ch_{number}", "object": "charge", "payment_intent": intent}
        )
        self.send("charge.refunded", charge)

    def refunded(self, intent):
        return sum(
            each["amount"]
            for each in self.stripe.of_kind("refund")
            if each["payment_intent"] == intent
        )

    def independent_sum(self, currency):
        """Straight from Stripe's objects, by other code than ours."""
        paid = back = monthly = 0
        for each in self.stripe.of_kind("invoice"):
            if each["currency"] == currency and each["status"] == "paid":
                paid += each["amount_paid"]
                back += self.refunded(each["payments"]["data"][0]["payment"]["payment_intent"])
        for each in self.stripe.of_kind("subscription"):
            item = each["items"]["data"][0]
            if each["currency"] == currency and each["status"] == "active":
                price = PLANS[item["price"]["metadata"]["plan"]].monthly[currency]
                is_year = item["price"]["recurring"]["interval"] == "year"
                monthly += price * 10 // 12 if is_year else price
        return paid, back, monthly
