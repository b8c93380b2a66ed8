"""Buying on the local peer."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.urls import reverse

from billing import stripe_gateway
from billing.entitlements import entitlements
from billing.models import CheckoutAttempt, Customer, StripeEvent, Subscription
from billing.services.checkout import finish_checkout, start_checkout
from billing.tests import peer
from billing.tests.peer import PeerTestCase, buy, session_of
from portal.base.refused import Refused
from profiles.tests.people import member, sign_in


class PurchaseTests(PeerTestCase):
    def test_a_purchase_is_in_force_when_the_buyer_is_back(self):
        status, location = buy(self.peer, self.acme, by=self.alice)
        self.assertEqual(status, 303)
        self.assertTrue(location.startswith(self.live_server_url))

        finish_checkout(self.acme, session_of(location))

        rights = entitlements(self.acme)
        self.assertEqual((rights.plan, rights.access, rights.seats), ("business", "full", 10))
        self.acme.refresh_from_db()
        self.assertTrue(self.acme.is_paid())
        self.assertEqual(CheckoutAttempt.objects.get().state, "completed")

    def test_a_purchase_is_in_force_when_the_buyer_never_comes_back(self):
        buy(self.peer, self.acme, by=self.alice)

        self.settle(lambda: entitlements(self.acme).may_send, "the webhook has brought the plan")
        self.settle(
            lambda: StripeEvent.objects.filter(
                type="checkout.session.completed", handled_at__isnull=False
            ),
            "the session's end is handled",
        )
        self.assertEqual(CheckoutAttempt.objects.get().state, "completed")

    def test_declined_when_the_card_is_attached(self):
        status, page = buy(self.peer, self.acme, by=self.alice, card=peer.DECLINED)

        self.assertEqual(status, 200)
        self.assertIn("Your card was declined. Nothing was charged.", page)
        self.assertFalse(entitlements(self.acme).may_send)

    def test_declined_when_the_card_is_charged_and_then_another_card_works(self):
        status, page = buy(self.peer, self.acme, by=self.alice, card=peer.DECLINED_LATER)
        self.assertIn("declined", page)

        status, location = buy(self.peer, self.acme, by=self.alice)

        self.assertEqual(status, 303)
        finish_checkout(self.acme, session_of(location))
        self.assertEqual(Subscription.objects.get().status, "active")

    def test_3d_secure_passed(self):
        url = start_checkout(self.acme, plan="starter", interval="year", by=self.alice)
        status, page = self.peer.submit(url, card=peer.ASKS)
        self.assertIn("Your bank asks", page)

        status, location = self.peer.submit(url, answer="yes")

        finish_checkout(self.acme, session_of(location))
        self.assertEqual(entitlements(self.acme).plan, "starter")
        self.assertEqual(Subscription.objects.get().interval, "year")

    def test_3d_secure_failed(self):
        url = start_checkout(self.acme, plan="starter", interval="year", by=self.alice)
        self.peer.submit(url, card=peer.ASKS)

        status, page = self.peer.submit(url, answer="no")

        self.assertIn("did not confirm", page)
        self.assertFalse(Subscription.objects.exists())

    def test_3d_secure_passed_but_declined(self):
        url = start_checkout(self.acme, plan="starter", interval="year", by=self.alice)
        self.peer.submit(url, card=peer.ASKS_THEN_DECLINES)

        status, page = self.peer.submit(url, answer="yes")

        self.assertIn("declined", page)

    def test_3d_secure_abandoned_leaves_nothing_and_can_be_begun_again(self):
        url = start_checkout(self.acme, plan="starter", interval="month", by=self.alice)
        self.peer.submit(url, card=peer.ASKS)
        session = CheckoutAttempt.objects.get().session_id

        self.assertEqual(finish_checkout(self.acme, session).status, "open")
        self.assertFalse(entitlements(self.acme).may_send)

        self.assertEqual(self.peer.submit(url, card=peer.GOOD)[0], 303)

    def test_a_trial_begins_without_a_card_and_there_is_no_second(self):
        status, location = buy(self.peer, self.acme, by=self.alice, card="", with_trial=True)
        finish_checkout(self.acme, session_of(location))

        rights = entitlements(self.acme)
        self.assertEqual((rights.state, rights.may_send), ("trial", True))

        stripe_gateway.cancel_subscription(Subscription.objects.get().stripe_id)
        self.settle(lambda: self.status() == "canceled", "the end has arrived")
        with self.assertRaises(Refused) as refusal:
            start_checkout(
                self.acme, plan="business", interval="month", with_trial=True, by=self.alice
            )
        self.assertEqual(refusal.exception.code, "trial_used")

    def test_a_business_pays_in_the_currency_of_its_seat(self):
        status, location = buy(self.peer, self.elsewhere, by=self.mallory)
        finish_checkout(self.elsewhere, session_of(location))

        self.assertEqual(Subscription.objects.get().currency, "brl")

    def test_who_has_a_subscription_buys_no_second(self):
        finish_checkout(self.acme, session_of(buy(self.peer, self.acme, by=self.alice)[1]))

        with self.assertRaises(Refused) as refusal:
            start_checkout(self.acme, plan="starter", interval="month", by=self.alice)
        self.assertEqual(refusal.exception.code, "subscribed")

    def test_a_customer_deleted_at_stripe_is_made_anew(self):
        buy(self.peer, self.acme, by=self.alice, card=peer.DECLINED)
        first = Customer.objects.get().stripe_id
        stripe_gateway.client().v1.customers.delete(first)
        self.settle(
            lambda: Customer.objects.get().deleted_at, "we have heard of the deleted customer"
        )

        status, location = buy(self.peer, self.acme, by=self.alice, plan="starter")

        finish_checkout(self.acme, session_of(location))
        self.assertNotEqual(Customer.objects.get().stripe_id, first)


class DoubleClickTests(PeerTestCase):
    def test_a_double_click_and_two_tabs_lead_to_one_session(self):
        first = start_checkout(self.acme, plan="business", interval="month", by=self.alice)
        second = start_checkout(self.acme, plan="business", interval="month", by=self.alice)

        self.assertEqual(first, second)

    def test_two_owners_who_choose_differently_cannot_both_pay(self):
        carol = member(self.acme, "owner", name="carol")
        first = start_checkout(self.acme, plan="business", interval="month", by=self.alice)
        second = start_checkout(self.acme, plan="enterprise", interval="year", by=carol)

        self.assertEqual(self.peer.submit(second, card=peer.GOOD)[0], 303)
        status, page = self.peer.submit(first, card=peer.GOOD)

        self.assertIn("expired", page)

    def test_a_choice_made_while_the_other_was_paid_finds_that_out(self):
        first = start_checkout(self.acme, plan="business", interval="month", by=self.alice)
        self.assertEqual(self.peer.submit(first, card=peer.GOOD)[0], 303)

        with self.assertRaises(Refused) as refusal:
            start_checkout(self.acme, plan="enterprise", interval="year", by=self.alice)

        self.assertEqual(refusal.exception.code, "subscribed")
        self.assertEqual(entitlements(self.acme).plan, "business")

    def test_fifty_parallel_checkouts_are_one_subscription(self):
        def click(n: int) -> str:
            try:
                return start_checkout(self.acme, plan="business", interval="month", by=self.alice)
            finally:
                connection.close()

        with ThreadPoolExecutor(50) as pool:
            urls = set(pool.map(click, range(50)))
        self.assertEqual(len(urls), 1)

        with ThreadPoolExecutor(8) as pool:
            url = urls.pop()
            paid = list(pool.map(lambda n: self.peer.submit(url, card=peer.GOOD)[0], range(8)))

        self.assertEqual(paid.count(303), 1)
        found = stripe_gateway.client().v1.subscriptions.list(
            {"customer": Customer.objects.get().stripe_id, "status": "all"}
        )
        self.assertEqual(len(found.data), 1)


class ReturnPageTests(PeerTestCase):
    def test_a_stranger_who_knows_the_session_gets_404(self):
        location = buy(self.peer, self.acme, by=self.alice)[1]
        sign_in(self.client, self.mallory)

        answer = self.client.get(location)

        self.assertEqual(answer.status_code, 404)

    def test_a_tampered_return_address_gives_nothing(self):
        session = session_of(buy(self.peer, self.acme, by=self.alice)[1])
        sign_in(self.client, self.mallory)

        page = reverse("billing_return", args=[self.elsewhere.slug])
        for wrong in (session, "cs_test_none", "", "../x"):
            with self.subTest(wrong):
                self.assertEqual(self.client.get(page, {"session": wrong}).status_code, 404)
        self.assertFalse(entitlements(self.elsewhere).may_send)

    def test_the_owner_comes_back_to_a_plan_that_works(self):
        location = buy(self.peer, self.acme, by=self.alice)[1]
        sign_in(self.client, self.alice)

        answer = self.client.get(location, follow=True)

        self.assertContains(answer, "Welcome to Business.")
        self.assertContains(answer, "Next charge")
        self.assertContains(answer, "$99.00")
