"""What a person finds wrong with a payment, and the clocks that start with it: an answer within 24
hours, an end within 72. Who lets them run out has our staff look at it.
"""

from datetime import datetime, timedelta

from celery import shared_task
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import PaymentDispute, PaymentRequest
from billing.signals import payment_changed
from portal.base.refused import Refused
from profiles.models import Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify

ANSWER_WITHIN, RESOLVE_WITHIN = timedelta(hours=24), timedelta(hours=72)
COMPLAIN_WITHIN = timedelta(days=120)  # as long as banks take payments back
Source = PaymentDispute.Source


@transaction.atomic
def complain(request: PaymentRequest, *, words: str, now: datetime | None = None) -> PaymentDispute:
    """The person says what is wrong with what they paid. Raises Refused where nothing is paid."""
    now = now or timezone.now()
    request = PaymentRequest.objects.select_for_update().get(pk=request.pk)
    if request.status not in PaymentRequest.REFUNDABLE:
        raise Refused(_("There is no payment to complain about."), code="not_paid")
    if request.paid_at and now - request.paid_at > COMPLAIN_WITHIN:
        raise Refused(_("This was paid too long ago. Ask your bank."), code="too_late")
    if not words.strip() or len(words) > 1000 or "\x00" in words:
        raise Refused(_("Say in up to 1,000 characters what is wrong."), code="no_words")
    try:
        with transaction.atomic():
            dispute = PaymentDispute.objects.create(
                request=request,
                source=Source.PERSON,
                words=words.strip(),
                amount=request.refundable,
                opened_at=now,
                answer_due_at=now + ANSWER_WITHIN,
                resolve_due_at=now + RESOLVE_WITHIN,
            )
    except IntegrityError as error:
        raise Refused(
            _("You told them already. They have 24 hours to answer."), code="told_already"
        ) from error
    record(request, "payment.complained", by=None)
    _tell(dispute, title=_("Somebody finds a payment wrong: “%(reference)s”"), body=dispute.words)
    payment_changed.send(PaymentRequest, request=request, what="disputed", amount=dispute.amount)
    return dispute


@transaction.atomic
def answer_complaint(
    dispute: PaymentDispute, *, by: User, words: str, now: datetime | None = None
) -> PaymentDispute:
    """The business's first answer; it goes into the chat."""
    dispute = _open_one(dispute)
    if not words.strip() or len(words) > 1000:
        raise Refused(_("Write an answer of up to 1,000 characters."), code="no_words")
    dispute.answered_at, dispute.answer = now or timezone.now(), words.strip()
    dispute.save(update_fields=["answered_at", "answer"])
    record(dispute.request, "payment.complaint_answered", by=by)
    payment_changed.send(PaymentRequest, request=dispute.request, what="answered", amount=0)
    return dispute


@transaction.atomic
def resolve_complaint(
    dispute: PaymentDispute, *, by: User | None, outcome: str, now: datetime | None = None
) -> PaymentDispute:
    """Its end, in words for both: by staff, or by the person, who is content (`by` is None)."""
    dispute = _open_one(dispute)
    if not outcome.strip():
        raise Refused(_("Say how it ended."), code="no_words")
    dispute.resolved_at, dispute.outcome = now or timezone.now(), outcome.strip()[:200]
    dispute.save(update_fields=["resolved_at", "outcome"])
    record(dispute.request, "payment.complaint_resolved", by=by, outcome=dispute.outcome)
    payment_changed.send(PaymentRequest, request=dispute.request, what="resolved", amount=0)
    return dispute


def resolve_by_refund(request: PaymentRequest) -> int:
    """All of it went back, so what the person asked for is done. The request is locked."""
    return PaymentDispute.objects.filter(
        request=request, source=Source.PERSON, resolved_at=None
    ).update(resolved_at=timezone.now(), outcome=_("Given back"))


@shared_task
def tell_of_late_complaints(limit: int = 200) -> int:
    """Remind the business once when a clock has run out; staff see it in their list. Returns how
    many were told.
    """
    now = timezone.now()
    late = (
        PaymentDispute.objects.filter(source=Source.PERSON, resolved_at=None, told_late_at=None)
        .filter(Q(answered_at=None, answer_due_at__lte=now) | Q(resolve_due_at__lte=now))
        .values_list("pk", flat=True)
    )
    return sum(_tell_late(pk, now) for pk in list(late[:limit]))


@transaction.atomic
def _tell_late(pk: int, now: datetime) -> bool:
    dispute = PaymentDispute.objects.select_for_update().get(pk=pk)
    if dispute.told_late_at:
        return False  # another worker was faster
    dispute.told_late_at = now
    dispute.save(update_fields=["told_late_at"])
    _tell(
        dispute,
        title=_("Your answer about “%(reference)s” is late"),
        body=_("Our staff look at it now. You can still answer, or give the money back."),
    )
    return True


def _open_one(dispute: PaymentDispute) -> PaymentDispute:
    dispute = (
        PaymentDispute.objects.select_for_update(of=("self",))
        .select_related("request__business")
        .get(pk=dispute.pk)
    )
    if dispute.resolved_at or dispute.source != Source.PERSON:
        raise Refused(_("This has ended already."), code="resolved")
    return dispute


def _tell(dispute: PaymentDispute, *, title: str, body: str) -> None:
    request = dispute.request
    notify(
        request.business,
        "payment_complaint",
        title=title % {"reference": request.reference_id},
        body=body,
        link=reverse("payment", args=[request.business.slug, request.uuid]),
        level=Notice.Level.WARN,
    )
