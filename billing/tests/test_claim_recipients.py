from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from threading import Barrier

from django.db import connection
from django.test import TestCase, TransactionTestCase

from billing.models import Usage
from billing.plans import STARTER
from billing.services.usage import claim_recipients, next_reset, recipients_used, release_recipients
from billing.tests.people import Cast
from billing.tests.subscriptions import subscribe
from portal.base.refused import Refused

NOW = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
LIMIT = STARTER.recipients_a_month


class ClaimRecipientsTests(Cast, TestCase):
    def setUp(self):
        subscribe(self.acme, "starter", now=NOW)

    def test_who_has_no_plan_claims_nothing(self):
        with self.assertRaises(Refused) as refusal:
            claim_recipients(self.elsewhere, 1, now=NOW)

        self.assertEqual(refusal.exception.code, "no_plan")
        self.assertFalse(Usage.objects.exists())

    def test_claims_add_up_and_say_what_is_left(self):
        self.assertEqual(claim_recipients(self.acme, 600, now=NOW), LIMIT - 600)
        self.assertEqual(claim_recipients(self.acme, 400, now=NOW), LIMIT - 1000)
        self.assertEqual(recipients_used(self.acme, now=NOW), 1000)

    def test_a_claim_beyond_the_quota_takes_nothing_and_says_what_is_left(self):
        claim_recipients(self.acme, LIMIT - 1, now=NOW)

        with self.assertRaises(Refused) as refusal:
            claim_recipients(self.acme, 2, now=NOW)

        self.assertEqual(refusal.exception.code, "quota_reached")
        self.assertIn("but 1 of this month's 10,000", refusal.exception.sentence)
        self.assertEqual(claim_recipients(self.acme, 1, now=NOW), 0)

    def test_a_first_claim_larger_than_the_whole_quota_is_refused(self):
        with self.assertRaises(Refused):
            claim_recipients(self.acme, LIMIT + 1, now=NOW)

    def test_the_next_month_begins_anew_at_midnight_utc(self):
        claim_recipients(self.acme, LIMIT, now=NOW)

        self.assertEqual(next_reset(NOW), datetime(2027, 1, 1, tzinfo=UTC))
        self.assertEqual(claim_recipients(self.acme, 1, now=next_reset(NOW)), LIMIT - 1)
        self.assertEqual(
            sorted(Usage.objects.values_list("month", flat=True)),
            [date(2026, 12, 1), date(2027, 1, 1)],
        )

    def test_recipients_given_back_can_be_claimed_again(self):
        claim_recipients(self.acme, LIMIT, now=NOW)
        release_recipients(self.acme, 10, now=NOW)

        self.assertEqual(claim_recipients(self.acme, 10, now=NOW), 0)


class ClaimRaceTests(TransactionTestCase):
    def test_of_fifty_sends_at_the_last_unit_exactly_one_passes(self):
        Cast.setUpTestData.__func__(self.__class__)
        subscribe(self.acme, "starter", now=NOW)
        claim_recipients(self.acme, LIMIT - 1, now=NOW)
        barrier = Barrier(50)

        def claim(_: int) -> bool:
            barrier.wait()
            try:
                claim_recipients(self.acme, 1, now=NOW)
                return True
            except Refused:
                return False
            finally:
                connection.close()

        with ThreadPoolExecutor(50) as pool:
            passed = sum(pool.map(claim, range(50)))

        self.assertEqual(passed, 1)
        self.assertEqual(recipients_used(self.acme, now=NOW), LIMIT)
