"""Three ways to do it wrong, each of which a check of ours must see. First the check passes on the
code as it is, then it must fail on the mutant: a check that cannot fail proves nothing.

    trusting payloads    what an event carries is believed, instead of asking Stripe
    no idempotency key   each request to Stripe is a new wish
    no reconcile         what no webhook brings is never learned
"""

import json
from unittest import mock
from uuid import uuid4

import stripe

from billing import stripe_gateway
from billing.entitlements import State
from billing.models import Invoice, Refund
from billing.services import reconcile, refresh, refunds
from billing.services.refunds import refund_invoice
from billing.services.stripe_events import handle_events
from billing.stripe_gateway.subscriptions import _snapshot
from billing.tests.scripted import ScriptedTests
from portal.base.models import Outbox
from portal.base.services.outbox import perform_due


class Wrong(AssertionError):
    """A check has seen that something is wrong."""


def expect(fact: bool, what: str) -> None:
    if not fact:
        raise Wrong(what)


class MutantTests(ScriptedTests):
    # The checks

    def check_that_late_news_raise_nobody_from_the_dead(self) -> None:
        thing = self.buy()
        as_it_was = self.stripe.tell("customer.subscription.updated", thing)
        thing |= {"status": "canceled", "ended_at": thing["start_date"]}
        self.send("customer.subscription.deleted", thing)
        self.stripe.things[thing["id"]] = thing

        self.send("customer.subscription.updated", as_it_was["data"]["object"])

        expect(self.rights().state == State.ENDED, "a late event made an ended plan live")

    def check_that_a_refund_done_twice_goes_once(self) -> None:
        self.send("invoice.paid", self.stripe.bill(self.buy(), 9900))
        refund_invoice(Invoice.objects.get(), amount=500, by=self.alice, reason="Sorry")
        perform_due()

        # The worker died before it could write that it was done.
        Refund.objects.update(state=Refund.State.DECIDED)
        Outbox.objects.filter(kind="billing_refund").update(done_at=None)
        perform_due()

        given = sum(each["amount"] for each in self.stripe.of_kind("refund"))
        expect(given == 500, f"{given} went back instead of 500")

    def check_that_a_lost_webhook_is_repaired(self) -> None:
        thing = self.buy("starter")
        thing["items"]["data"][0]["price"]["metadata"]["plan"] = "business"
        self.stripe.tell("customer.subscription.updated", thing)  # and nobody hears of it

        reconcile.reconcile_events()
        handle_events()

        expect(self.rights().plan == "business", "the change was never learned")

    # The code as it is

    def test_the_checks_pass_on_the_code_as_it_is(self):
        self.check_that_late_news_raise_nobody_from_the_dead()

    def test_the_refund_check_passes_on_the_code_as_it_is(self):
        self.check_that_a_refund_done_twice_goes_once()

    def test_the_reconcile_check_passes_on_the_code_as_it_is(self):
        self.check_that_a_lost_webhook_is_repaired()

    # The mutants

    def test_mutant_trusting_payloads(self):
        carried: dict[str, dict] = {}
        verify = stripe_gateway.verify

        def remember(body: bytes, signature: str):
            thing = stripe.Event.construct_from(json.loads(body), "k").data.object
            carried[thing["id"]] = thing
            return verify(body, signature)

        def believe(subscription_id: str):
            return _snapshot(carried[subscription_id], None)

        with (
            mock.patch.object(stripe_gateway, "verify", remember),
            mock.patch.object(refresh.stripe_gateway, "subscription", believe),
            self.assertRaisesMessage(Wrong, "a late event made an ended plan live"),
        ):
            self.check_that_late_news_raise_nobody_from_the_dead()

    def test_mutant_no_idempotency_key(self):
        create = stripe_gateway.create_refund

        def a_new_wish(*, key: str, **values):
            return create(key=str(uuid4()), **values)

        with (
            mock.patch.object(refunds.stripe_gateway, "create_refund", a_new_wish),
            self.assertRaisesMessage(Wrong, "1000 went back instead of 500"),
        ):
            self.check_that_a_refund_done_twice_goes_once()

    def test_mutant_no_reconcile(self):
        with (
            mock.patch.object(reconcile, "reconcile_events", lambda: 0),
            self.assertRaisesMessage(Wrong, "the change was never learned"),
        ):
            self.check_that_a_lost_webhook_is_repaired()
