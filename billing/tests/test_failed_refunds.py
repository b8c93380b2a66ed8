"""A refund that did not reach who should have it waits for the staff, who see to it."""

from unittest import mock

from django.urls import reverse
from django.utils import timezone

from billing import stripe_gateway
from billing.models import Invoice, PaymentRefund, Refund
from billing.services.failed_refunds import refund_again, settle_refund
from billing.services.payment_refunds import left_to_refund, refund_payment
from billing.services.refunds import refund_invoice
from billing.stripe_gateway import StripeSaysNo
from billing.tests.payments import ReadyCase, paid
from billing.tests.scripted import ScriptedTests
from portal.base.models import Outbox
from portal.base.refused import Refused
from portal.base.services import outbox
from profiles.models import AuditRow, Notice
from profiles.tests.people import person, sign_in, staff

SUBMIT = {"_form_submitted": "on"}


class RefundOfAPlanTests(ScriptedTests):
    def setUp(self) -> None:
        super().setUp()
        self.send("invoice.paid", self.stripe.bill(self.buy(), 9900))
        self.invoice = Invoice.objects.get()
        self.stripe.declines = {"post /v1/refunds"}
        self.failed = self.refund()
        self.stripe.declines = set()
        self.page = reverse("admin:billing_refund_change", args=[self.failed.pk])

    def refund(self) -> Refund:
        refund = refund_invoice(self.invoice, amount=9900, by=self.alice, reason="Sorry")
        outbox.perform_due()
        refund.refresh_from_db()
        return refund

    def act(self, action: str, **form):
        url = reverse(f"admin:billing_refund_{action}", args=[self.failed.pk])
        return self.client.post(url, SUBMIT | form)

    def given_back(self) -> int:
        return sum(each["amount"] for each in self.stripe.of_kind("refund"))

    def state(self) -> str:
        self.failed.refresh_from_db()
        return self.failed.state

    def test_who_is_no_staff_finds_nothing_and_a_verifier_may_not(self):
        for who, status in ((person("eve"), 404), (staff("verifier"), 403)):
            sign_in(self.client, who)
            self.assertEqual(self.client.get(self.page, follow=True).status_code, status)
            self.act("again")
            self.act("settle", reason="x")
        self.assertEqual(self.state(), "failed")

    def test_it_waits_on_the_home_page_with_its_problem(self):
        sign_in(self.client, staff("finance"))

        home = self.client.get(reverse("admin:index"))
        page = self.client.get(self.page)

        self.assertContains(home, "?state__exact=failed")
        self.assertContains(page, "Insufficient balance.")
        self.assertContains(page, "Try again")

    def test_support_reads_it_and_has_no_button(self):
        sign_in(self.client, staff("support"))

        self.assertNotContains(self.client.get(self.page), "Try again")
        self.act("again")

        self.assertEqual(self.state(), "failed")

    def test_finance_tries_again_once(self):
        sign_in(self.client, staff("finance"))

        self.act("again")
        self.act("again")
        outbox.perform_due()

        self.assertEqual((self.state(), self.given_back()), ("settled", 9900))
        self.assertNotContains(self.client.get(self.page), "Try again")
        self.assertEqual(AuditRow.objects.filter(event="refund.tried_again").count(), 1)

    def test_finance_says_how_it_was_seen_to(self):
        sign_in(self.client, staff("finance"))

        self.act("settle", reason=" ")
        self.assertEqual(self.state(), "failed")
        self.act("settle", reason="Bank transfer of 3 May")

        self.assertEqual((self.state(), self.given_back()), ("settled", 0))
        row = AuditRow.objects.get(event="refund.settled")
        self.assertEqual(row.details["reason"], "Bank transfer of 3 May")

    def test_what_went_back_meanwhile_does_not_go_twice(self):
        self.refund()

        with self.assertRaisesMessage(Refused, "can be refunded"):
            refund_again(self.failed, by=self.alice)

        self.assertEqual((self.state(), self.given_back()), ("failed", 9900))

    def test_one_that_stripe_could_not_be_asked_for_waits_too(self):
        refund_again(self.failed, by=self.alice)
        self.stripe.is_away = True
        for _time in range(len(outbox.PAUSES) + 1):
            Outbox.objects.update(due_at=timezone.now())
            outbox.perform_due()

        refund = Refund.objects.latest("pk")
        self.assertEqual(refund.state, "failed")
        self.assertIn("could not be asked", refund.problem)


class RefundInAChatTests(ReadyCase):
    def failed(self) -> PaymentRefund:
        self.request = paid(self.profile)
        refund_payment(self.request, amount=1200, by=self.alice, reason="Broken")
        with mock.patch.object(
            stripe_gateway, "create_refund", side_effect=StripeSaysNo("Insufficient balance.")
        ):
            outbox.perform_due()
        return PaymentRefund.objects.get()

    def test_it_waits_and_the_business_is_told(self):
        self.failed()
        sign_in(self.client, staff("finance"))

        home = self.client.get(reverse("admin:index"))

        self.assertContains(home, "Failed refunds in chats")
        self.assertTrue(Notice.objects.filter(kind="payment_refund_failed").exists())

    def test_it_is_decided_anew_or_seen_to(self):
        refund = self.failed()

        again = refund_again(refund, by=self.alice)

        refund.refresh_from_db()
        self.assertEqual((refund.state, again.state), ("settled", "decided"))
        self.assertEqual(left_to_refund(self.request), 0)
        with self.assertRaisesMessage(Refused, "nothing left to see to"):
            settle_refund(refund, by=self.alice, reason="Cash")

    def test_of_a_payment_too_many_all_goes_back_anew(self):
        refund = self.failed()
        type(refund.attempt).objects.update(state="surplus")
        refund.refresh_from_db()

        again = refund_again(refund, by=self.alice)

        self.assertEqual((again.attempt, again.amount), (refund.attempt, 1200))
