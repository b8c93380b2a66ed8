"""An invoice opens for the business that it is of, and is nobody else's."""

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from billing.models import Invoice
from profiles.tests.people import make_business, person, sign_in


class InvoiceDoorTests(TestCase):
    def test_anothers_invoice_is_as_good_as_none(self):
        alice, mallory = person("alice"), person("mallory")
        acme, elsewhere = (
            make_business("Acme", owner=alice), make_business("Elsewhere", owner=mallory)
        )  # fmt: skip
        now = timezone.now()
        Invoice.objects.create(
            business=acme, stripe_id="in_acme", status="paid", currency="usd", total=4900,
            created_at=now, fetched_at=now,
        )  # fmt: skip
        sign_in(self.client, mallory)
        for stripe_id in ("in_acme", "in_nobody"):
            page = reverse("billing_invoice", args=[elsewhere.slug, stripe_id])
            self.assertEqual(self.client.get(page).status_code, 404)
