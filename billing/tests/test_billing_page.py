"""Who sees the page of plan and billing, who acts on it, and what it says."""

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from billing.services.usage import claim_recipients
from billing.tests.subscriptions import subscribe
from profiles.models import Notice
from profiles.tests.people import make_business, member, person, sign_in

NOW = timezone.now()


class BillingPageTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.alice, cls.mallory = person("alice"), person("mallory")
        cls.acme = make_business("Acme", owner=cls.alice, country="US")
        make_business("Elsewhere", owner=cls.mallory)
        cls.page = reverse("billing", args=[cls.acme.slug])
        cls.actions = [
            reverse(name, args=[cls.acme.slug]) for name in ("billing_checkout", "billing_portal")
        ]

    def read(self, user=None):
        return sign_in(self.client, user or self.alice).get(self.page)

    def test_a_stranger_finds_nothing_and_can_do_nothing(self):
        self.assertEqual(self.read(self.mallory).status_code, 404)
        for action in self.actions:
            self.assertEqual(self.client.post(action).status_code, 404)

    def test_nobody_signed_in_is_sent_to_sign_in(self):
        self.assertEqual(self.client.get(self.page).status_code, 302)

    def test_an_agent_does_not_see_it(self):
        self.assertEqual(self.read(member(self.acme, "agent")).status_code, 403)

    def test_an_analyst_reads_but_does_not_act(self):
        answer = self.read(member(self.acme, "analyst"))

        self.assertContains(answer, "Owners and admins can change the plan.")
        self.assertNotContains(answer, 'Subscribe<span class="vh"> to Business</span>')
        for action in self.actions:
            self.assertEqual(self.client.post(action).status_code, 403)

    def test_actions_are_never_done_by_a_link(self):
        sign_in(self.client, self.alice)
        for action in self.actions:
            self.assertEqual(self.client.get(action).status_code, 405)

    def test_the_free_plan_is_told_plainly_with_what_can_be_had(self):
        answer = self.read()

        self.assertContains(answer, "Nothing is charged.")
        self.assertContains(answer, 'Subscribe<span class="vh"> to Business</span>')
        self.assertContains(answer, "Try 14 days free")
        self.assertContains(answer, "$99.00")

    def test_a_year_and_another_currency_can_be_looked_at(self):
        answer = sign_in(self.client, self.alice).get(
            self.page, {"interval": "year", "currency": "inr"}
        )
        self.assertContains(answer, "₹69,990.00")

    def test_what_is_not_for_sale_is_not_found(self):
        sign_in(self.client, self.alice)
        for wrong in ({"interval": "week"}, {"currency": "xxx"}):
            self.assertEqual(self.client.get(self.page, wrong).status_code, 404)

    def test_a_plan_shows_its_next_charge_and_amount_with_bought_seats(self):
        subscribe(self.acme, now=NOW, quantity=12)

        answer = self.read()

        self.assertContains(answer, "Next charge")
        self.assertContains(answer, "$123.00")
        self.assertNotContains(answer, "Subscribe<")

    def test_an_overdue_payment_is_told_with_the_day_and_the_way_to_pay(self):
        subscribe(self.acme, now=NOW, status="past_due", past_due_since=NOW - timedelta(days=4))

        answer = self.read()

        self.assertContains(answer, "Your last payment failed.")
        self.assertContains(answer, f"{NOW + timedelta(days=10):%-d %B %Y}")
        self.assertContains(answer, "Update your card")

    def test_a_suspended_business_is_told_what_still_works(self):
        subscribe(self.acme, now=NOW, status="unpaid")

        self.assertContains(self.read(), "You can still answer people who wrote to you.")

    def test_usage_is_shown_and_warned_of_once_at_80_and_once_at_100_percent(self):
        subscribe(self.acme, "starter", now=NOW)
        for share in (7_999, 1, 500, 1_500):
            claim_recipients(self.acme, share, now=NOW)

        self.assertContains(self.read(), "10,000 of 10,000")
        told = Notice.objects.filter(kind="usage_warning").order_by("id")
        self.assertEqual([notice.title.split(" %")[0] for notice in told], ["80", "100"])

    def test_when_stripe_is_away_the_page_stands_and_buying_says_so(self):
        with self.settings(STRIPE_API_BASE="http://127.0.0.1:9"):
            self.assertEqual(self.read().status_code, 200)
            answer = self.client.post(
                self.actions[0], {"plan": "business", "interval": "month"}, follow=True
            )
        self.assertContains(answer, "Nothing was charged; try again in a minute.")
