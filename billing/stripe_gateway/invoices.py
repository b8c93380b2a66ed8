"""Invoices, what a change would cost, refunds and disputes."""

from datetime import datetime

import stripe

from billing.snapshots import (
    DisputeSnapshot,
    InvoiceSnapshot,
    PreviewLine,
    PreviewSnapshot,
    RefundSnapshot,
)
from billing.stripe_gateway.access import asking
from billing.stripe_gateway.values import id_of, moment, time


def invoice(invoice_id: str) -> InvoiceSnapshot:
    """An invoice and what was refunded of it, as Stripe has it now."""
    with asking() as ask:
        found = ask.v1.invoices.retrieve(invoice_id, {"expand": ["payments"]})
        intent = _intent(found)
        refunds = (
            ask.v1.refunds.list({"payment_intent": intent, "limit": 100}).data if intent else []
        )
    return _invoice(found, intent, sum(each.amount for each in refunds if _counts(each)))


def invoice_links(invoice_id: str) -> tuple[str, str]:
    """Fresh links to an invoice: its page, its PDF. They expire, so they are never kept."""
    with asking() as ask:
        found = ask.v1.invoices.retrieve(invoice_id)
    return found.hosted_invoice_url or "", found.invoice_pdf or ""


def invoices_since(moment_: datetime, *, subscription_id: str) -> list[str]:
    """The ids of a subscription's invoices made since, oldest first."""
    with asking() as ask:
        listed = ask.v1.invoices.list(
            {
                "subscription": subscription_id,
                "created": {"gte": int(moment_.timestamp())},
                "limit": 100,
            }
        )
        newest_first = [each.id for each in listed.auto_paging_iter() if each.id]
    return newest_first[::-1]


def invoice_of_intent(intent_id: str) -> str:
    """The invoice that a payment paid; empty where it paid none."""
    with asking() as ask:
        found = ask.v1.invoice_payments.list(
            {"payment": {"type": "payment_intent", "payment_intent": intent_id}, "limit": 1}
        ).data
    return id_of(found[0].invoice) if found else ""


def preview_change(
    subscription_id: str, *, item_id: str, price_id: str, quantity: int, at: datetime
) -> PreviewSnapshot:
    """What changing the plan at the moment `at` would cost now, by Stripe's own arithmetic."""
    with asking() as ask:
        found = ask.v1.invoices.create_preview(
            {
                "subscription": subscription_id,
                "subscription_details": {
                    "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                    "proration_behavior": "always_invoice",
                    "proration_date": int(at.timestamp()),
                },
            }
        )
    return PreviewSnapshot(
        currency=found.currency,
        total=found.total,
        amount_due=found.amount_due,
        lines=tuple(
            PreviewLine(text=line.description or "", amount=line.amount)
            for line in found.lines.data
        ),
    )


def upcoming(subscription_id: str) -> PreviewSnapshot:
    """The next invoice as Stripe expects it, discounts and taxes included."""
    with asking() as ask:
        found = ask.v1.invoices.create_preview({"subscription": subscription_id})
    return PreviewSnapshot(found.currency, found.total, found.amount_due, ())


def create_refund(
    *,
    payment_intent: str,
    amount: int,
    reason: str,
    key: str,
    account: str = "",
    fee: bool = False,
    ours: str = "",
) -> RefundSnapshot:
    """Give money back. `key` makes repeating it harmless.

    Arguments:
        amount: in the smallest unit.
        reason: of Stripe's three; empty: none of them.
        account: the connected account that was paid; empty: our own.
        fee: also give back our fee, in proportion.
        ours: uuid of our row, kept at Stripe too, so that its list names ours.
    """
    params: stripe.params.RefundCreateParams = {"payment_intent": payment_intent, "amount": amount}
    if reason:
        params["reason"] = reason
    if fee:
        params["refund_application_fee"] = True
    if ours:
        params["metadata"] = {"refund": ours}
    options: stripe.RequestOptions = {"idempotency_key": key}
    if account:
        options["stripe_account"] = account
    with asking() as ask:
        made = ask.v1.refunds.create(params, options)
    return RefundSnapshot(made.id, made.amount, made.status or "pending")


def dispute(dispute_id: str) -> DisputeSnapshot:
    with asking() as ask:
        return dispute_snapshot(ask.v1.disputes.retrieve(dispute_id))


def dispute_snapshot(found: stripe.Dispute) -> DisputeSnapshot:
    return DisputeSnapshot(
        stripe_id=found.id,
        status=found.status,
        reason=found.reason,
        amount=found.amount,
        currency=found.currency,
        payment_intent=id_of(found.payment_intent),
        opened_at=moment(found.created),
        evidence_due_at=time(found.evidence_details.due_by if found.evidence_details else None),
    )


def charge_intent(charge_id: str) -> str:
    """The payment that a charge belongs to."""
    with asking() as ask:
        return id_of(ask.v1.charges.retrieve(charge_id).payment_intent)


def _invoice(found: stripe.Invoice, intent: str, refunded: int) -> InvoiceSnapshot:
    parent = found.parent.subscription_details if found.parent else None
    turns = found.status_transitions
    return InvoiceSnapshot(
        stripe_id=id_of(found),
        customer_id=id_of(found.customer),
        subscription_id=id_of(parent.subscription) if parent else "",
        number=found.number or "",
        status=found.status or "draft",
        currency=found.currency,
        total=found.total,
        amount_due=found.amount_due,
        amount_paid=found.amount_paid,
        amount_refunded=refunded,
        payment_intent=intent,
        reason=found.billing_reason or "",
        created_at=moment(found.created),
        paid_at=time(turns.paid_at if turns else None),
        next_attempt_at=time(found.next_payment_attempt),
        livemode=found.livemode,
    )


def _intent(found: stripe.Invoice) -> str:
    for payment in found.payments.data if found.payments else []:
        if payment.payment.payment_intent and payment.status != "canceled":
            return id_of(payment.payment.payment_intent)
    return ""


def _counts(refund: stripe.Refund) -> bool:
    return refund.status not in ("failed", "canceled")
