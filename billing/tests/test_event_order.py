"""Events that come late, twice, in the wrong order or not at all, on the local peer."""

import json

from django.test import Client
from django.utils import timezone

from billing import stripe_gateway
from billing.entitlements import entitlements
from billing.models import StripeEvent, Subscription
from billing.services.catalogue import sync_catalogue
from billing.services.checkout import finish_checkout
from billing.services.reconcile import reconcile_events, refresh_live_subscriptions
from billing.services.refresh import refresh_subscription
from billing.services.stripe_events import handle_events
from billing.tests.peer import PeerTestCase, buy, session_of, silence_webhooks
from billing.tests.stripe_fixtures import send, subscription_event


class EventOrderTests(PeerTestCase):
    def subscribe(self) -> Subscription:
        finish_checkout(self.acme, session_of(buy(self.peer, self.acme, by=self.alice)[1]))
        return Subscription.objects.get()

    def test_updated_before_created(self):
        self.subscribe()
        subscription = Subscription.objects.get().stripe_id
        Subscription.objects.all().delete()
        StripeEvent.objects.all().delete()

        for kind in ("updated", "created"):
            send(Client(), subscription_event(kind, subscription))
            handle_events()
            self.assertEqual(entitlements(self.acme).plan, "business")

    def test_a_late_created_after_deleted_raises_nobody_from_the_dead(self):
        subscription = self.subscribe().stripe_id
        stripe_gateway.cancel_subscription(subscription)
        self.settle(lambda: self.status() == "canceled", "the end has arrived")

        send(Client(), subscription_event("created", subscription))
        handle_events()

        self.assertEqual(self.status(), "canceled")
        self.assertFalse(entitlements(self.acme).may_send)

    def test_what_we_asked_after_the_event_is_not_asked_again(self):
        subscription = self.subscribe().stripe_id
        late = subscription_event("updated", subscription)
        send(Client(), late)
        refresh_subscription(subscription)
        handle_events()

        # Those that the peer sends of its own accord may come after ours.
        self.assertEqual(StripeEvent.objects.get(stripe_id=late["id"]).outcome, "known already")

    def test_a_webhook_that_was_down_is_repaired_by_reconciling(self):
        subscription = self.subscribe().stripe_id
        handle_events()
        reconcile_events()
        silence_webhooks(self.live_server_url)
        try:
            stripe_gateway.cancel_subscription(subscription)
            self.assertEqual(self.status(), "active")

            self.assertGreaterEqual(reconcile_events(), 1)
            handle_events()
        finally:
            sync_catalogue()

        self.assertEqual(self.status(), "canceled")
        self.acme.refresh_from_db()
        self.assertFalse(self.acme.is_paid())

    def test_the_nightly_walk_repairs_what_even_the_list_of_events_has_lost(self):
        subscription = self.subscribe().stripe_id
        silence_webhooks(self.live_server_url)
        try:
            stripe_gateway.cancel_subscription(subscription)
            self.assertEqual(refresh_live_subscriptions(), 1)
        finally:
            sync_catalogue()
        self.assertEqual(self.status(), "canceled")

    def test_a_worker_that_dies_while_handling_leaves_the_event_to_the_next(self):
        subscription = self.subscribe().stripe_id
        send(Client(), subscription_event("updated", subscription))
        now = timezone.now()
        StripeEvent.objects.update(leased_until=now + timezone.timedelta(minutes=2), attempts=1)
        self.assertEqual(handle_events(), 0)

        StripeEvent.objects.update(leased_until=now - timezone.timedelta(seconds=1))
        handle_events()

        self.assertFalse(StripeEvent.objects.filter(handled_at=None).exists())

    def test_a_subscription_of_somebody_else_is_not_ours(self):
        stranger = stripe_gateway.create_customer(business_id=1, key="a stranger")
        send(Client(), subscription_event("created", "sub_of_nobody"))
        handle_events()

        self.assertTrue(stranger)
        self.assertEqual(
            StripeEvent.objects.get(subscription_id="sub_of_nobody").outcome, "not ours"
        )


class PersistenceTests(PeerTestCase):
    def test_after_kill_9_the_peer_still_knows_everything(self):
        finish_checkout(self.acme, session_of(buy(self.peer, self.acme, by=self.alice)[1]))
        subscription = Subscription.objects.get()
        events = json.loads(self.peer.get("/v1/events?limit=100"))["data"]

        self.peer.stop(9)
        self.peer.start()

        self.assertEqual(stripe_gateway.subscription(subscription.stripe_id).status, "active")
        self.assertEqual(json.loads(self.peer.get("/v1/events?limit=100"))["data"], events)
        self.assertEqual(sync_catalogue(), [])
