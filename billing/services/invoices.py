"""The mirror of Stripe's invoices, and what a business is told about them."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import Customer, Invoice, Subscription
from billing.snapshots import InvoiceSnapshot
from billing.stripe_gateway import StripeSaysNo
from portal.base.templatetags.ui import money
from profiles.models import Business
from profiles.services.audit import record
from profiles.services.notices import notify

COPIED = ("number", "status", "currency", "total", "amount_paid", "amount_refunded") + (
    ("payment_intent", "reason", "created_at", "paid_at", "next_attempt_at")
)


def refresh_invoice(invoice_id: str) -> Invoice | None:
    """Ask Stripe about an invoice and sync the mirror. None: not ours, or gone."""
    asked_at = stripe_gateway.database_clock()
    try:
        snapshot = stripe_gateway.invoice(invoice_id)
    except StripeSaysNo as error:
        if error.is_missing:
            return None
        raise
    customer = (
        Customer.objects.select_related("business").filter(stripe_id=snapshot.customer_id).first()
    )
    if customer is None or snapshot.livemode != stripe_gateway.is_live():
        return None
    return sync_invoice(customer.business, snapshot, fetched_at=asked_at)


@transaction.atomic
def sync_invoice(business: Business, snapshot: InvoiceSnapshot, *, fetched_at: datetime) -> Invoice:
    """Take over what Stripe said about an invoice, unless a later question was answered already.

    A first payment, and a first refusal, is told to the business, once.
    """
    business = Business.objects.select_for_update().get(pk=business.pk)
    row = Invoice.objects.filter(stripe_id=snapshot.stripe_id).first()
    if row and row.fetched_at >= fetched_at:
        return row

    was_paid = bool(row and row.paid_at)
    refunded_before = row.amount_refunded if row else 0
    row = row or Invoice(business=business, stripe_id=snapshot.stripe_id)
    for name in COPIED:
        setattr(row, name, getattr(snapshot, name))
    row.subscription = Subscription.objects.filter(stripe_id=snapshot.subscription_id).first()
    row.fetched_at = fetched_at
    row.save()

    if row.paid_at and not was_paid and row.amount_paid:
        record(row, "invoice.paid", by=None, amount=row.amount_paid, currency=row.currency)
        _tell_paid(row)
    if row.amount_refunded > refunded_before:
        more = row.amount_refunded - refunded_before
        record(row, "invoice.refunded", by=None, amount=more, currency=row.currency)
        _tell_refunded(row, more)
    return row


def _tell_paid(invoice: Invoice) -> None:
    amount = money(invoice.amount_paid, invoice.currency)
    notify(
        invoice.business,
        "invoice_paid",
        title=_("Receipt: %(amount)s paid") % {"amount": amount},
        body=_("Invoice %(number)s is paid. You find it on the page Plan and billing.")
        % {"number": invoice},
        link=reverse("billing", args=[invoice.business.slug]),
    )


def _tell_refunded(invoice: Invoice, amount: int) -> None:
    notify(
        invoice.business,
        "invoice_refunded",
        title=_("%(amount)s is on its way back to you")
        % {"amount": money(amount, invoice.currency)},
        body=_("We refunded it on invoice %(number)s. Banks take 5 to 10 days to show it.")
        % {"number": invoice},
        link=reverse("billing", args=[invoice.business.slug]),
    )


def invoice_link(invoice: Invoice) -> str:
    """A fresh address of the invoice at Stripe. Empty when Stripe has none."""
    page, pdf = stripe_gateway.invoice_links(invoice.stripe_id)
    return page or pdf
