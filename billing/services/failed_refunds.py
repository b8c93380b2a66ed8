"""Refunds that Stripe refused or could not be asked for: somebody of the staff sees to each."""

from django.db import transaction
from django.utils.translation import gettext as _

from billing.models import Invoice, PaymentAttempt, PaymentRefund, PaymentRequest, Refund
from billing.services.payment_refunds import refund_payment
from billing.services.refunds import refund_invoice
from portal.base.refused import Refused
from portal.base.services.outbox import post
from profiles.models import User
from profiles.services.audit import record

FAILED = "failed"
SETTLED = "settled"


@transaction.atomic
def refund_again(refund: Refund | PaymentRefund, *, by: User) -> Refund | PaymentRefund:
    """Decide the same anew, since Stripe answers a key that failed with the same failure.

    Raises Refused where it has not failed, was seen to, or there is less left to give back.
    """
    _lock(refund)
    _see_to(refund)
    if isinstance(refund, Refund):
        again: Refund | PaymentRefund = refund_invoice(
            refund.invoice, amount=refund.amount, by=by, reason=refund.reason
        )
    elif refund.attempt.state == PaymentAttempt.State.PAID:
        again = refund_payment(
            refund.attempt.request, amount=refund.amount, by=by, reason=refund.reason
        )
    else:
        again = _surplus_again(refund, by=by)
    record(_about(refund), "refund.tried_again", by=by, amount=refund.amount)
    return again


@transaction.atomic
def settle_refund(refund: Refund | PaymentRefund, *, by: User, reason: str) -> None:
    """It was seen to outside: paid another way, or not owed. Raises Refused as `refund_again`."""
    if not reason.strip():
        raise Refused(_("Say how it was seen to."), code="no_reason")
    _lock(refund)
    _see_to(refund)
    record(_about(refund), "refund.settled", by=by, amount=refund.amount, reason=reason)


def _about(refund: Refund | PaymentRefund) -> Invoice | PaymentRequest:
    return refund.invoice if isinstance(refund, Refund) else refund.attempt.request


def _lock(refund: Refund | PaymentRefund) -> None:
    """The row that all decisions about this money lock first."""
    about = _about(refund)
    type(about)._default_manager.select_for_update().get(pk=about.pk)


def _see_to(refund: Refund | PaymentRefund) -> None:
    rows = type(refund)._default_manager.filter(pk=refund.pk, state=FAILED)
    if not rows.update(state=SETTLED):
        raise Refused(_("There is nothing left to see to."), code="not_failed")


def _surplus_again(refund: PaymentRefund, *, by: User) -> PaymentRefund:
    """Of a payment that was one too many: all of it goes back, whatever is left of the request."""
    again = PaymentRefund.objects.create(
        attempt=refund.attempt, amount=refund.amount, reason=refund.reason, by=by
    )
    post("payment_refund", refund=again.pk)
    return again
