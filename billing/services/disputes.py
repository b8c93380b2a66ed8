"""A payment to us that the buyer's bank wants back."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import Dispute, Invoice
from billing.snapshots import DisputeSnapshot
from profiles.models import Business, Notice
from profiles.services.audit import record
from profiles.services.notices import notify


def refresh_dispute(dispute_id: str) -> Dispute | None:
    """Ask Stripe about a dispute and sync the mirror. None: not about an invoice of ours."""
    asked_at = stripe_gateway.database_clock()
    snapshot = stripe_gateway.dispute(dispute_id)
    invoice = (
        Invoice.objects.select_related("business")
        .filter(payment_intent=snapshot.payment_intent)
        .exclude(payment_intent="")
        .first()
    )
    if invoice is None:
        return None
    return sync_dispute(invoice, snapshot, fetched_at=asked_at)


@transaction.atomic
def sync_dispute(invoice: Invoice, snapshot: DisputeSnapshot, *, fetched_at: datetime) -> Dispute:
    """Take over what Stripe said. An open dispute stops campaigns, a closed one lets them go on."""
    Business.objects.select_for_update().get(pk=invoice.business_id)
    row = Dispute.objects.filter(stripe_id=snapshot.stripe_id).first()
    if row and row.fetched_at >= fetched_at:
        return row

    before = row.status if row else ""
    row = row or Dispute(business=invoice.business, invoice=invoice, stripe_id=snapshot.stripe_id)
    for name in ("status", "reason", "amount", "currency", "opened_at", "evidence_due_at"):
        setattr(row, name, getattr(snapshot, name))
    is_open = row.status in Dispute.OPEN
    row.closed_at = None if is_open else row.closed_at or timezone.now()
    row.fetched_at = fetched_at
    row.save()

    if before != row.status:
        record(row, "dispute.changed", by=None, status=row.status, amount=row.amount)
    if not before and is_open:
        notify(
            row.business,
            "payment_disputed",
            title=_("A payment of yours is disputed, so campaigns are stopped"),
            body=_(
                "Your bank asked for the payment of invoice %(number)s back. Until this is "
                "settled you can answer people, but start no campaign. Write to us."
            )
            % {"number": invoice},
            link=reverse("billing", args=[row.business.slug]),
            level=Notice.Level.BAD,
        )
    return row


def is_disputed(business: Business) -> bool:
    """Whether a payment of the business is under dispute now."""
    return Dispute.objects.filter(business=business, closed_at=None).exists()
