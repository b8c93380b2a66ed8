"""Changing plan and seats, ending and keeping, refunds: on the local peer."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from billing import stripe_gateway
from billing.entitlements import entitlements
from billing.models import Invoice, PlanChange, Refund, Subscription
from billing.services.changes import make_change, show_change
from billing.services.checkout import finish_checkout
from billing.services.endings import end_subscription, keep_subscription
from billing.services.invoices import invoice_link
from billing.services.refunds import refund_everything, refund_invoice
from billing.services.stripe_events import handle_events
from billing.tests import peer
from billing.tests.peer import PeerTestCase, buy, session_of
from portal.base.refused import Refused
from portal.base.services.outbox import perform_due
from profiles.models import Notice


class Subscribed(PeerTestCase):
    """Acme has bought a plan, and its first invoice has arrived."""

    plan = "starter"
    card = peer.GOOD

    def setUp(self) -> None:
        super().setUp()
        location = buy(self.peer, self.acme, by=self.alice, plan=self.plan, card=self.card)[1]
        finish_checkout(self.acme, session_of(location))
        self.settle(lambda: Invoice.objects.filter(status="paid"), "the invoice has arrived")
        self.invoice = Invoice.objects.get()

    @property
    def subscription(self) -> Subscription:
        return Subscription.objects.get()


class ChangeTests(Subscribed):
    def test_an_upgrade_costs_what_was_shown_and_works_at_once(self):
        change = show_change(self.acme, plan="business", interval="month", seats=0, by=self.alice)
        self.assertEqual(change.due_now, 7000)

        make_change(change, by=self.alice)

        self.assertEqual(entitlements(self.acme).plan, "business")
        self.settle(lambda: Invoice.objects.filter(amount_paid=7000), "the difference is paid")

    def test_more_seats_cost_more(self):
        change = show_change(self.acme, plan="starter", interval="month", seats=5, by=self.alice)
        self.assertEqual(change.due_now, 1800)

        make_change(change, by=self.alice)

        self.assertEqual(entitlements(self.acme).seats, 5)

    def test_the_same_change_twice_and_at_once_is_made_once(self):
        change = show_change(self.acme, plan="business", interval="month", seats=0, by=self.alice)

        def click(n: int) -> None:
            try:
                make_change(PlanChange.objects.get(pk=change.pk), by=self.alice)
            finally:
                connection.close()

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(click, range(5)))

        paid = [
            stripe_gateway.invoice(each).amount_paid
            for each in stripe_gateway.invoices_since(
                self.subscription.started_at, subscription_id=self.subscription.stripe_id
            )
        ]
        self.assertEqual(sorted(paid), [2900, 7000])

    def test_an_offer_is_outdated_once_another_was_taken(self):
        first = show_change(self.acme, plan="business", interval="month", seats=0, by=self.alice)
        second = show_change(self.acme, plan="enterprise", interval="month", seats=0, by=self.alice)
        make_change(second, by=self.alice)

        with self.assertRaises(Refused) as refusal:
            make_change(PlanChange.objects.get(pk=first.pk), by=self.alice)

        self.assertEqual(refusal.exception.code, "outdated")
        self.assertEqual(entitlements(self.acme).plan, "enterprise")

    def test_a_card_that_declines_changes_nothing(self):
        customer = self.acme.customer.stripe_id
        url = stripe_gateway.portal_url({"customer": customer, "return_url": "http://localhost/"})
        self.peer.submit(url, do="card", card=peer.DECLINED_LATER)
        change = show_change(self.acme, plan="business", interval="month", seats=0, by=self.alice)

        with self.assertRaises(Refused) as refusal:
            make_change(change, by=self.alice)

        self.assertEqual(refusal.exception.code, "card_declined")
        self.assertEqual(stripe_gateway.subscription(self.subscription.stripe_id).plan, "starter")

    def test_what_one_has_is_no_change(self):
        with self.assertRaises(Refused) as refusal:
            show_change(self.acme, plan="starter", interval="month", seats=0, by=self.alice)
        self.assertEqual(refusal.exception.code, "no_change")

    def test_cancel_at_period_end_and_resume(self):
        end_subscription(self.acme, by=self.alice)
        rights = entitlements(self.acme)
        self.assertEqual((rights.state, rights.may_send), ("ending", True))
        self.acme.refresh_from_db()
        self.assertEqual(self.acme.paid_through, self.subscription.cancel_at)

        keep_subscription(self.acme, by=self.alice)
        self.assertEqual(entitlements(self.acme).state, "active")

    def test_an_invoice_has_a_fresh_link(self):
        self.assertTrue(invoice_link(self.invoice).startswith(self.peer.url))

    def test_a_subscription_edited_outside_is_followed(self):
        price = stripe_gateway.price_id("signet_enterprise_month_usd_v1")
        client = stripe_gateway.client()
        client.v1.subscriptions.update(
            self.subscription.stripe_id,
            {"items": [{"id": self.subscription.item_id, "price": price, "quantity": 60}]},
        )
        self.settle(lambda: entitlements(self.acme).plan == "enterprise", "the edit has arrived")

        self.assertEqual(entitlements(self.acme).seats, 60)


class RefundTests(Subscribed):
    def test_a_part_and_then_the_rest(self):
        refund_invoice(self.invoice, amount=1000, by=self.alice, reason="Goodwill")
        perform_due()
        self.invoice.refresh_from_db()
        self.assertEqual(self.invoice.amount_refunded, 1000)

        refund_everything(self.acme, by=self.alice, reason="Left early")
        perform_due()

        self.invoice.refresh_from_db()
        self.assertEqual((self.invoice.amount_refunded, self.invoice.refundable), (2900, 0))
        self.assertEqual(Notice.objects.filter(kind="invoice_refunded").count(), 2)

    def test_more_than_was_paid_is_refused_also_before_the_first_is_done(self):
        refund_invoice(self.invoice, amount=2000, by=self.alice, reason="Goodwill")

        with self.assertRaises(Refused) as refusal:
            refund_invoice(self.invoice, amount=1000, by=self.alice, reason="Again")

        self.assertIn("$9.00", refusal.exception.sentence)

    def test_the_same_refund_done_twice_goes_once(self):
        refund = refund_invoice(self.invoice, amount=500, by=self.alice, reason="Goodwill")
        perform_due()
        # As if the worker had died before it could write down that it was done.
        Refund.objects.filter(pk=refund.pk).update(state="decided")
        from billing.services.refunds import _refund

        _refund({"refund": refund.pk})

        self.invoice.refresh_from_db()
        self.assertEqual(self.invoice.amount_refunded, 500)

    def test_a_refund_made_by_hand_at_stripe_is_seen(self):
        stripe_gateway.create_refund(
            payment_intent=self.invoice.payment_intent, amount=700, reason="", key="by hand"
        )
        self.settle(
            lambda: Invoice.objects.filter(amount_refunded=700).exists(), "the refund has arrived"
        )

    def test_two_refunds_race_and_never_exceed_what_was_paid(self):
        def give_back(n: int) -> bool:
            try:
                refund_invoice(self.invoice, amount=2000, by=self.alice, reason="Race")
                return True
            except Refused:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(sum(pool.map(give_back, range(8))), 1)


class SurplusTests(Subscribed):
    def test_a_second_subscription_by_accident_is_ended_and_refunded(self):
        client = stripe_gateway.client()
        session = client.v1.checkout.sessions.create(
            {
                "mode": "subscription",
                "customer": self.acme.customer.stripe_id,
                "line_items": [
                    {
                        "price": stripe_gateway.price_id("signet_business_month_usd_v1"),
                        "quantity": 10,
                    }
                ],
                "success_url": "http://localhost/",
            }
        )
        self.peer.submit(session.url, card=peer.GOOD)

        def is_undone() -> bool:
            perform_due()
            second = Subscription.objects.exclude(surplus_since=None).first()
            paid = Invoice.objects.filter(amount_paid=9900).first()
            return bool(
                second and second.status == "canceled" and paid and paid.amount_refunded == 9900
            )

        self.settle(is_undone, "the second one is ended and paid back")
        self.assertEqual(entitlements(self.acme).plan, "starter")
        handle_events()
        self.assertEqual(Refund.objects.count(), 1)
