"""What staff see and do about money."""

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from billing.models import Invoice, Refund, StripeEvent
from billing.services.invoices import sync_invoice
from billing.snapshots import InvoiceSnapshot
from billing.tests.subscriptions import subscribe
from profiles.models import AuditRow
from profiles.tests.people import make_business, person, sign_in, staff

NOW = timezone.now()
SUBMIT = {"_form_submitted": "on"}


class StaffTests(TestCase):
    def setUp(self):
        self.acme = make_business("Acme", owner=person("alice"))
        subscribe(self.acme, now=NOW)
        self.invoice = sync_invoice(self.acme, paid_invoice(), fetched_at=NOW)
        self.event = StripeEvent.objects.create(
            stripe_id="evt_1", type="invoice.paid", happened_at=NOW, handled_at=NOW
        )
        self.pages = {
            "money": reverse("admin:billing_money"),
            "invoice": reverse("admin:billing_invoice_change", args=[self.invoice.pk]),
            "invoices": reverse("admin:billing_invoice_changelist"),
            "subscriptions": reverse("admin:billing_subscription_changelist"),
            "events": reverse("admin:billing_stripeevent_changelist"),
            "event": reverse("admin:billing_stripeevent_change", args=[self.event.pk]),
            "agreements": reverse("admin:billing_planoverride_changelist"),
        }

    def act(self, action, pk, **form):
        model = {"refund": "invoice", "replay": "stripeevent"}[action]
        url = reverse(f"admin:billing_{model}_{action}", args=[pk])
        return self.client.post(url, SUBMIT | form)

    def test_who_is_no_staff_finds_nothing(self):
        sign_in(self.client, person("alice"))
        for name, page in self.pages.items():
            with self.subTest(name):
                self.assertEqual(self.client.get(page, follow=True).status_code, 404)

    def test_finance_sees_every_page(self):
        sign_in(self.client, staff("finance"))
        for name, page in self.pages.items():
            with self.subTest(name):
                self.assertEqual(self.client.get(page).status_code, 200)

    def test_a_verifier_sees_nothing_of_money_and_gives_nothing_back(self):
        sign_in(self.client, staff("verifier"))
        for name, page in self.pages.items():
            with self.subTest(name):
                self.assertEqual(self.client.get(page).status_code, 403)
        self.act("refund", self.invoice.pk, amount="1", reason="x")
        self.assertFalse(Refund.objects.exists())

    def test_the_money_page_says_what_comes_in(self):
        sign_in(self.client, staff("finance"))

        answer = self.client.get(self.pages["money"])

        self.assertContains(answer, "$99.00")
        self.assertContains(answer, "1 subscription")

    def test_finance_gives_a_part_back_with_a_reason(self):
        sign_in(self.client, staff("finance"))

        self.act("refund", self.invoice.pk, amount="12.50", reason="Goodwill")

        refund = Refund.objects.get()
        self.assertEqual((refund.amount, refund.by.email), (1250, "finance@example.com"))
        self.assertTrue(AuditRow.objects.filter(event="refund.decided").exists())

    def test_more_than_was_paid_more_decimals_or_no_reason_gives_nothing(self):
        sign_in(self.client, staff("finance"))
        for amount, reason in (("99.01", "x"), ("1.005", "x"), ("5", " "), ("-5", "x")):
            with self.subTest(amount):
                self.act("refund", self.invoice.pk, amount=amount, reason=reason)
        self.assertFalse(Refund.objects.exists())

    def test_an_event_is_handled_again_but_not_by_a_link(self):
        sign_in(self.client, staff("finance"))
        page = reverse("admin:billing_stripeevent_replay", args=[self.event.pk])
        self.client.get(page)
        self.event.refresh_from_db()
        self.assertIsNotNone(self.event.handled_at)

        self.act("replay", self.event.pk)

        self.event.refresh_from_db()
        self.assertIsNone(self.event.handled_at)

    def test_nothing_is_edited_by_hand(self):
        sign_in(self.client, staff("superuser"))
        self.client.post(self.pages["invoice"], {"amount_refunded": "0", "status": "void"})

        self.assertEqual(Invoice.objects.get().status, "paid")


def paid_invoice(**changes) -> InvoiceSnapshot:
    values = {
        "stripe_id": "in_1",
        "customer_id": "cus_1",
        "subscription_id": "",
        "number": "A-1",
        "status": "paid",
        "currency": "usd",
        "total": 9900,
        "amount_due": 9900,
        "amount_paid": 9900,
        "amount_refunded": 0,
        "payment_intent": "pi_1",
        "reason": "subscription_create",
        "created_at": NOW,
        "paid_at": NOW,
        "next_attempt_at": None,
        "livemode": False,
    }
    return InvoiceSnapshot(**(values | changes))
