"""Giving payments in chats back: decided by the business, by staff or by a rule, done by the
outbox, counted by what Stripe says.
"""

import logging

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import PaymentAttempt, PaymentRefund, PaymentRequest
from billing.money import money
from billing.services.payment_complaints import resolve_by_refund
from billing.signals import payment_changed
from billing.snapshots import GivenBack
from billing.stripe_gateway import StripeSaysNo
from portal.base.refused import Refused
from portal.base.services.outbox import gives_up, handles, post
from profiles.models import Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify

logger = logging.getLogger(__name__)

State = PaymentRefund.State
Status = PaymentRequest.Status


@transaction.atomic
def refund_payment(request: PaymentRequest, *, amount: int, by: User, reason: str) -> PaymentRefund:
    """Decide to give back `amount` (smallest unit) of a paid request; Stripe is asked soon after.

    Raises Refused beyond what is left, counting what was decided but is not done yet.
    """
    request = PaymentRequest.objects.select_for_update().get(pk=request.pk)
    left = left_to_refund(request)
    if not reason.strip():
        raise Refused(_("Say why; the person reads it."), code="no_reason")
    if request.status == Status.DISPUTED:
        raise Refused(
            _("The person's bank decides about this payment now, so it can't be refunded."),
            code="disputed",
        )
    if not 0 < amount <= left:
        raise Refused(
            _("At most %(left)s of this payment can be given back.")
            % {"left": money(left, request.currency)},
            code="refund_too_large",
        )
    attempt = request.attempts.get(state=PaymentAttempt.State.PAID)
    refund = PaymentRefund.objects.create(attempt=attempt, amount=amount, by=by, reason=reason)
    record(request, "payment.refund_decided", by=by, amount=amount, reason=reason)
    post("payment_refund", refund=refund.pk)
    return refund


def left_to_refund(request: PaymentRequest) -> int:
    """What may still be decided, in the smallest unit."""
    waiting = PaymentRefund.objects.filter(
        attempt__request=request,
        attempt__state=PaymentAttempt.State.PAID,
        state=State.DECIDED,
    )
    return request.refundable - (waiting.aggregate(sum=Sum("amount"))["sum"] or 0)


def give_back_surplus(attempt: PaymentAttempt, request: PaymentRequest, *, amount: int) -> None:
    """Paid although the request was over or paid: all of it goes back, and we want to know."""
    logger.error("Payment request %s was paid once too often: %s.", request.uuid, attempt.uuid)
    refund = PaymentRefund.objects.create(
        attempt=attempt, amount=amount, reason=_("Paid once too often"), by=None
    )
    record(request, "payment.surplus", by=None, amount=amount, intent=attempt.payment_intent)
    post("payment_refund", refund=refund.pk)
    notify(
        request.business,
        "payment_surplus",
        title=_("“%(reference)s” was paid once too often") % {"reference": request.reference_id},
        body=_("%(amount)s goes back to the person by itself. There is nothing to do.")
        % {"amount": money(amount, request.currency)},
        link=reverse("payment", args=[request.business.slug, request.uuid]),
        level=Notice.Level.WARN,
    )
    payment_changed.send(PaymentRequest, request=request, what="surplus", amount=amount)


@handles("payment_refund")
def _refund(payload: dict) -> None:
    """Ask Stripe. Twice asks with the same key, so the money goes once."""
    refund = PaymentRefund.objects.select_related("attempt__request__account").get(
        pk=payload["refund"]
    )
    request = refund.attempt.request
    if refund.state == State.DECIDED:
        try:
            stripe_gateway.create_refund(
                payment_intent=refund.attempt.payment_intent,
                amount=refund.amount,
                reason="requested_by_customer" if refund.by_id else "duplicate",
                key=f"payment-refund:{refund.uuid}",
                account=request.account.stripe_id,
                fee=bool(request.fee),
                ours=str(refund.uuid),
            )
        except StripeSaysNo as error:
            _fail(refund, str(error))
            return
    refresh_refunds(refund.attempt)


@gives_up("payment_refund")
def _give_up(payload: dict) -> None:
    refund = PaymentRefund.objects.select_related("attempt__request__business").get(
        pk=payload["refund"]
    )
    if refund.state == State.DECIDED:
        _fail(refund, _("Stripe could not be asked for many hours. We look after it."))


@transaction.atomic
def _fail(refund: PaymentRefund, problem: str) -> None:
    request = refund.attempt.request
    PaymentRefund.objects.filter(pk=refund.pk).update(state=State.FAILED, problem=problem)
    record(request, "payment.refund_failed", by=None, amount=refund.amount, problem=problem)
    notify(
        request.business,
        "payment_refund_failed",
        title=_("A refund of “%(reference)s” failed") % {"reference": request.reference_id},
        body=problem,
        link=reverse("payment", args=[request.business.slug, request.uuid]),
        level=Notice.Level.BAD,
    )


def refresh_refunds(attempt: PaymentAttempt) -> int:
    """Ask Stripe what went back of a payment, also by hand there. Returns the sum."""
    listed = stripe_gateway.refunds_of(
        attempt.payment_intent, account_id=attempt.request.account.stripe_id
    )
    return sync_refunds(attempt, listed)


@transaction.atomic
def sync_refunds(attempt: PaymentAttempt, listed: list[GivenBack]) -> int:
    """Take over Stripe's list, under the request's lock. It only grows."""
    request = PaymentRequest.objects.select_for_update().get(pk=attempt.request_id)
    attempt = PaymentAttempt.objects.get(pk=attempt.pk)
    for each in listed:
        _keep(attempt, each)
    back = sum(each.amount for each in listed)
    news = back - request.amount_refunded
    if attempt.state != PaymentAttempt.State.PAID or news <= 0:
        return back

    request.amount_refunded = back
    if request.status in PaymentRequest.REFUNDABLE:
        whole = back == request.amount
        request.status = Status.REFUNDED if whole else Status.PARTIALLY_REFUNDED
    request.save(update_fields=["amount_refunded", "status"])
    record(request, "payment.refunded", by=None, amount=news, in_all=back)
    if back == request.amount:
        resolve_by_refund(request)
    payment_changed.send(PaymentRequest, request=request, what="refunded", amount=news)
    return back


def _keep(attempt: PaymentAttempt, each: GivenBack) -> None:
    """The row of a refund at Stripe: ours, or one made there by hand."""
    done = {"state": State.DONE, "stripe_id": each.stripe_id}
    if each.ours:
        mine = PaymentRefund.objects.filter(attempt=attempt, uuid=each.ours)
        mine.exclude(state=State.DONE).update(**done, done_at=timezone.now())
        return
    PaymentRefund.objects.get_or_create(
        stripe_id=each.stripe_id,
        defaults={
            "attempt": attempt,
            "amount": each.amount,
            "reason": _("Given back at Stripe"),
            "decided_at": each.made_at,
            "done_at": each.made_at,
            **done,
        },
    )
