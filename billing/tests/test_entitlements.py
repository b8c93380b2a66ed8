from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from billing.entitlements import GRACE, Access, State, entitlements
from billing.models import PlanOverride
from billing.plans import BUSINESS, FREE, STARTER
from billing.tests.people import Cast
from billing.tests.subscriptions import subscribe

NOW = timezone.now()
DAY = timedelta(days=1)


class EntitlementsTests(Cast, TestCase):
    def test_a_business_without_a_subscription_has_the_free_plan_and_may_not_send(self):
        rights = entitlements(self.acme, NOW)

        self.assertEqual((rights.plan, rights.access), ("free", Access.NONE))
        self.assertFalse(rights.may_send)
        self.assertIn("Choose one", rights.why_not)

    def test_the_subscription_of_another_business_gives_nothing(self):
        subscribe(self.elsewhere, now=NOW)

        self.assertEqual(entitlements(self.acme, NOW).plan, "free")

    def test_every_status_of_stripe_has_its_access(self):
        expected = {
            "trialing": (Access.FULL, State.TRIAL),
            "active": (Access.FULL, State.ACTIVE),
            "past_due": (Access.FULL, State.GRACE),
            "unpaid": (Access.REPLIES, State.SUSPENDED),
            "paused": (Access.REPLIES, State.SUSPENDED),
            "incomplete": (Access.NONE, State.INCOMPLETE),
            "incomplete_expired": (Access.NONE, State.ENDED),
            "canceled": (Access.NONE, State.ENDED),
        }
        for moment, (status, (access, state)) in enumerate(expected.items()):
            now = NOW + timedelta(seconds=moment)
            subscribe(self.acme, now=now, stripe_id="sub_one", status=status)
            with self.subTest(status):
                rights = entitlements(self.acme, now)
                self.assertEqual((rights.access, rights.state), (access, state))

    def test_the_grace_after_a_failed_payment_lasts_fourteen_days_to_the_second(self):
        failed = NOW - 3 * DAY
        subscribe(self.acme, now=NOW, status="past_due", past_due_since=failed)

        last = entitlements(self.acme, failed + GRACE - timedelta(seconds=1))
        over = entitlements(self.acme, failed + GRACE)

        self.assertTrue(last.may_send)
        self.assertEqual(last.until, failed + GRACE)
        self.assertFalse(over.may_send)
        self.assertTrue(over.may_reply)

    def test_a_second_failure_does_not_prolong_the_grace(self):
        first = NOW - 10 * DAY
        subscribe(self.acme, now=NOW, stripe_id="s", status="past_due", past_due_since=first)
        subscribe(
            self.acme, now=NOW + DAY, stripe_id="s", status="past_due", past_due_since=NOW + DAY
        )

        self.assertEqual(entitlements(self.acme, NOW + DAY).until, first + GRACE)

    def test_a_cancelled_plan_works_until_its_last_day_and_ends_even_without_news(self):
        subscribe(self.acme, now=NOW, cancel_at=NOW + 5 * DAY)

        self.assertEqual(entitlements(self.acme, NOW).state, State.ENDING)
        self.assertTrue(entitlements(self.acme, NOW + 4 * DAY).may_send)
        self.assertEqual(entitlements(self.acme, NOW + 5 * DAY).plan, "free")

    def test_a_period_long_over_without_news_from_stripe_suspends(self):
        row = subscribe(self.acme, now=NOW)

        self.assertTrue(entitlements(self.acme, row.period_end + 13 * DAY).may_send)
        self.assertFalse(entitlements(self.acme, row.period_end + GRACE).may_send)

    def test_a_price_we_do_not_know_gives_the_smallest_paid_plan(self):
        subscribe(self.acme, plan="", now=NOW)
        subscribe(self.acme, now=NOW + DAY, stripe_id="sub_other", status="canceled")

        self.assertTrue(entitlements(self.acme, NOW).may_send)
        self.assertEqual(
            entitlements(self.acme, NOW).recipients_a_month, STARTER.recipients_a_month
        )

    def test_seats_are_what_the_plan_includes_or_what_was_bought(self):
        subscribe(self.acme, now=NOW, quantity=BUSINESS.seats + 4)

        self.assertEqual(entitlements(self.acme, NOW).seats, BUSINESS.seats + 4)

    def test_an_agreement_of_sales_changes_only_what_it_names_until_it_expires(self):
        subscribe(self.acme, now=NOW)
        PlanOverride.objects.create(
            business=self.acme, profiles=40, note="Pilot", expires_at=NOW + 3 * DAY
        )

        self.assertEqual(entitlements(self.acme, NOW).profiles, 40)
        self.assertEqual(entitlements(self.acme, NOW).seats, BUSINESS.seats)
        self.assertEqual(entitlements(self.acme, NOW + 3 * DAY).profiles, BUSINESS.profiles)

    def test_an_agreement_without_a_subscription_does_not_open_sending(self):
        PlanOverride.objects.create(business=self.acme, seats=9, note="Pilot")

        rights = entitlements(self.acme, NOW)
        self.assertEqual((rights.seats, rights.profiles), (9, FREE.profiles))
        self.assertFalse(rights.may_send)

    def test_two_queries_answer_everything(self):
        subscribe(self.acme, now=NOW)

        with self.assertNumQueries(2):
            entitlements(self.acme, NOW)
