"""Giving money back: decided by staff or by a rule, done by the outbox."""

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import Invoice, Refund
from billing.services.invoices import refresh_invoice
from billing.stripe_gateway import StripeSaysNo
from portal.base.refused import Refused
from portal.base.services.outbox import gives_up, handles, post
from portal.base.templatetags.ui import money
from profiles.models import Business, User
from profiles.services.audit import record

State = Refund.State


@transaction.atomic
def refund_invoice(invoice: Invoice, *, amount: int, by: User | None, reason: str) -> Refund:
    """Decide to give back `amount` (smallest unit) of a paid invoice; Stripe is asked soon after.

    Raises Refused beyond what is left, with what was decided but is not done yet counted too.
    """
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    left = invoice.refundable - _decided(invoice)
    if not reason.strip():
        raise Refused(_("Say why."))
    if amount <= 0 or amount > left:
        raise Refused(
            _("At most %(left)s of this invoice can be refunded.")
            % {"left": money(left, invoice.currency)},
            code="refund_too_large",
        )

    refund = Refund.objects.create(invoice=invoice, amount=amount, by=by, reason=reason)
    record(
        invoice,
        "refund.decided",
        by=by,
        amount=amount,
        currency=invoice.currency,
        reason=reason,
    )
    post("billing_refund", refund=refund.pk)
    return refund


@transaction.atomic
def refund_everything(business: Business, *, by: User | None, reason: str) -> list[Refund]:
    """Give back whatever is left of all paid invoices of the business."""
    refunds = []
    paid = Invoice.objects.select_for_update().filter(business=business, amount_paid__gt=0)
    for invoice in paid.order_by("id"):
        left = invoice.refundable - _decided(invoice)
        if left > 0:
            refunds.append(refund_invoice(invoice, amount=left, by=by, reason=reason))
    return refunds


def _decided(invoice: Invoice) -> int:
    """What is decided but not seen at Stripe yet."""
    waiting = Refund.objects.filter(invoice=invoice, state=State.DECIDED)
    return waiting.aggregate(sum=Sum("amount"))["sum"] or 0


@handles("billing_refund")
def _refund(payload: dict) -> None:
    """Ask Stripe. Twice asks with the same key, so the money goes once."""
    refund = Refund.objects.select_related("invoice").get(pk=payload["refund"])
    if refund.state == State.DECIDED:
        try:
            made = stripe_gateway.create_refund(
                payment_intent=refund.invoice.payment_intent,
                amount=refund.amount,
                reason="requested_by_customer",
                key=f"refund:{refund.uuid}",
            )
        except StripeSaysNo as error:
            _fail(refund, str(error))
            return
        Refund.objects.filter(pk=refund.pk).update(
            state=State.DONE, stripe_id=made.stripe_id, done_at=timezone.now()
        )
    refresh_invoice(refund.invoice.stripe_id)


@gives_up("billing_refund")
def _give_up(payload: dict) -> None:
    refund = Refund.objects.select_related("invoice").get(pk=payload["refund"])
    if refund.state == State.DECIDED:
        _fail(refund, _("Stripe could not be asked for many hours."))


@transaction.atomic
def _fail(refund: Refund, problem: str) -> None:
    Refund.objects.filter(pk=refund.pk).update(state=State.FAILED, problem=problem)
    record(refund.invoice, "refund.failed", by=None, amount=refund.amount, problem=problem)
