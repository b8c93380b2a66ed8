"""Payments in chats that the person's bank wants back. The business answers the bank in Stripe's
own dashboard; we show the clocks and take over how it ended.
"""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import PaymentAttempt, PaymentDispute, PaymentRequest
from billing.services.paying import attempt_of
from billing.services.payment_complaints import ANSWER_WITHIN, RESOLVE_WITHIN
from billing.signals import payment_changed
from billing.snapshots import DisputeSnapshot
from profiles.models import Notice
from profiles.services.audit import record
from profiles.services.notices import notify

Status = PaymentRequest.Status


def refresh_payment_dispute(dispute_id: str, *, account_id: str) -> PaymentDispute | None:
    """Ask Stripe about a dispute on a business's account. None: not about a request of ours."""
    asked_at = stripe_gateway.database_clock()
    snapshot = stripe_gateway.payment_dispute(dispute_id, account_id=account_id)
    attempt = attempt_of(snapshot.payment_intent, account_id=account_id)
    if attempt is None:
        return None
    return sync_payment_dispute(attempt, snapshot, fetched_at=asked_at)


@transaction.atomic
def sync_payment_dispute(
    attempt: PaymentAttempt, snapshot: DisputeSnapshot, *, fetched_at: datetime
) -> PaymentDispute:
    """Take over what Stripe said, under the request's lock; late news changes nothing."""
    request = PaymentRequest.objects.select_for_update().get(pk=attempt.request_id)
    row = PaymentDispute.objects.filter(stripe_id=snapshot.stripe_id).first()
    if row and row.fetched_at and row.fetched_at >= fetched_at:
        return row

    is_new = row is None
    row = row or PaymentDispute(
        request=request,
        source=PaymentDispute.Source.BANK,
        stripe_id=snapshot.stripe_id,
        opened_at=snapshot.opened_at,
        answer_due_at=snapshot.opened_at + ANSWER_WITHIN,
        resolve_due_at=snapshot.evidence_due_at or snapshot.opened_at + RESOLVE_WITHIN,
    )
    row.bank_status, row.words, row.amount = snapshot.status, snapshot.reason, snapshot.amount
    row.fetched_at = fetched_at
    if snapshot.status not in PaymentDispute.BANK_OPEN and not row.resolved_at:
        row.resolved_at, row.outcome = timezone.now(), snapshot.status
    if snapshot.status.endswith("under_review") and not row.answered_at:
        row.answered_at = timezone.now()
    row.save()
    _move(request, snapshot.status)
    if is_new:
        _tell(request, row)
    return row


def _move(request: PaymentRequest, bank_status: str) -> None:
    wanted = {"won": Status.WON, "lost": Status.LOST}.get(bank_status)
    if bank_status in PaymentDispute.BANK_OPEN:
        wanted = Status.DISPUTED
    elif bank_status == "warning_closed" and request.status == Status.DISPUTED:
        wanted = Status.PARTIALLY_REFUNDED if request.amount_refunded else Status.PAID
    if wanted is None or not request.paid_at or request.status == wanted:
        return
    request.status = wanted
    request.save(update_fields=["status"])
    record(request, "payment.disputed", by=None, bank_status=bank_status)
    payment_changed.send(PaymentRequest, request=request, what="disputed", amount=request.amount)


def _tell(request: PaymentRequest, row: PaymentDispute) -> None:
    notify(
        request.business,
        "payment_dispute",
        title=_("A bank wants the payment of “%(reference)s” back")
        % {"reference": request.reference_id},
        body=_("Send your evidence in Stripe's dashboard by %(day)s, or the money is lost.")
        % {"day": f"{row.resolve_due_at:%-d %B %Y}"},
        link=reverse("payment", args=[request.business.slug, request.uuid]),
        level=Notice.Level.BAD,
    )
