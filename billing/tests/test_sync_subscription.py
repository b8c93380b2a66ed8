from datetime import timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase
from django.utils import timezone

from billing.entitlements import GRACE, entitlements
from billing.models import Subscription
from billing.services.subscriptions import sync_subscription
from billing.signals import subscription_changed
from billing.tests.people import Cast
from billing.tests.subscriptions import snapshot, subscribe
from profiles.models import AuditRow

NOW = timezone.now()
SECOND = timedelta(seconds=1)


class SyncSubscriptionTests(Cast, TestCase):
    def setUp(self):
        self.heard = []

        def listen(sender, business, old, new, **kwargs):
            self.heard.append((business.name, old.plan, new.plan, new.access.value))

        subscription_changed.connect(listen, weak=False)
        self.addCleanup(subscription_changed.disconnect, listen)

    def test_a_new_subscription_pays_for_the_badge_is_recorded_and_announced(self):
        row = subscribe(self.acme, now=NOW)

        self.assertEqual(self.acme.paid_through, row.period_end + GRACE)
        self.assertEqual(self.heard, [("Acme", "free", "business", "full")])
        event = AuditRow.objects.get(event="subscription.began")
        self.assertEqual((event.business_id, event.details["plan"]), (self.acme.pk, "business"))

    def test_an_answer_to_an_older_question_changes_nothing(self):
        subscribe(self.acme, now=NOW, stripe_id="sub_1", status="canceled")

        late = snapshot(now=NOW, stripe_id="sub_1", status="active")
        sync_subscription(self.acme, late, fetched_at=NOW - SECOND)
        sync_subscription(self.acme, late, fetched_at=NOW)

        self.assertEqual(Subscription.objects.get().status, "canceled")
        self.assertEqual(entitlements(self.acme, NOW).plan, "free")

    def test_the_same_answer_again_leaves_one_row_and_one_record(self):
        same = snapshot(now=NOW, stripe_id="sub_1")
        for n in range(5):
            sync_subscription(self.acme, same, fetched_at=NOW + n * SECOND)

        self.assertEqual(Subscription.objects.count(), 1)
        self.assertEqual(AuditRow.objects.filter(object_type="billing.subscription").count(), 1)
        self.assertEqual(len(self.heard), 1)

    def test_an_unpaid_subscription_takes_the_badge_but_a_paid_one_returns_it(self):
        subscribe(self.acme, now=NOW, stripe_id="sub_1", status="unpaid")
        self.assertIsNone(self.acme.paid_through)

        subscribe(self.acme, now=NOW + SECOND, stripe_id="sub_1")
        self.assertTrue(self.acme.is_paid(NOW))

    def test_a_cancelled_plan_shows_the_badge_to_its_last_day_without_grace(self):
        end = NOW + timedelta(days=9)
        subscribe(self.acme, now=NOW, cancel_at=end)

        self.assertEqual(self.acme.paid_through, end)

    def test_a_second_live_subscription_is_marked_surplus_and_gives_no_rights(self):
        subscribe(self.acme, "starter", now=NOW)
        second = subscribe(self.acme, "enterprise", now=NOW + SECOND)

        self.assertIsNotNone(second.surplus_since)
        self.assertEqual(entitlements(self.acme, NOW).plan, "starter")

    def test_the_database_refuses_a_second_live_subscription(self):
        subscribe(self.acme, "starter", now=NOW)
        second = subscribe(self.acme, "enterprise", now=NOW + SECOND)

        with self.assertRaises(IntegrityError), transaction.atomic():
            Subscription.objects.filter(pk=second.pk).update(surplus_since=None)
