import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.subscriptions import Subscription
from profiles.models import Business


class Invoice(models.Model):
    """A mirror of an invoice at Stripe: written only by `sync_invoice`. Kept when the business is
    closed, as the law on books wants. Links to its pages expire and are asked for when needed.

    draft -> open -> paid | void | uncollectible
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        PAID = "paid", _("Paid")
        VOID = "void", _("Void")
        UNCOLLECTIBLE = "uncollectible", _("Not collected")

    business = models.ForeignKey(Business, models.PROTECT, related_name="invoices")
    subscription = models.ForeignKey(
        Subscription, models.PROTECT, null=True, related_name="invoices"
    )
    stripe_id = models.CharField(max_length=64, unique=True)
    number = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=14, choices=Status)
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(help_text=_("In the currency's smallest unit; below 0: credit."))
    amount_paid = models.PositiveBigIntegerField(default=0)
    amount_refunded = models.PositiveBigIntegerField(default=0)
    payment_intent = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Nobody gets back more than was paid.
            models.CheckConstraint(
                condition=Q(amount_refunded__lte=F("amount_paid")), name="refunds_within_payment"
            ),
        ]
        indexes = [
            # used by the billing page
            models.Index(fields=["business", "-created_at"], name="invoice_of_business"),
            # used by disputes and refunds, which name the payment
            models.Index(fields=["payment_intent"], name="invoice_by_payment"),
        ]

    def __str__(self) -> str:
        return self.number or self.stripe_id

    @property
    def refundable(self) -> int:
        """What is left to give back."""
        return self.amount_paid - self.amount_refunded


class Refund(models.Model):
    """Somebody's decision to give money back, written before Stripe is asked: its uuid is the
    idempotency key, so that however often we ask, the money goes once.

    decided -> done | failed -> settled
    """

    class State(models.TextChoices):
        DECIDED = "decided", _("Decided")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SETTLED = "settled", _("Seen to by staff")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField(help_text=_("In the currency's smallest unit."))
    reason = models.TextField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text=_("Empty: the system, by a rule."),
    )
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    stripe_id = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)
    decided_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("refund_invoice", "Can give money back")]
        constraints = [
            # A refund is of something.
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_of_something"),
            # Nobody gives money away without saying why.
            models.CheckConstraint(condition=~Q(reason=""), name="refund_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"


class Dispute(models.Model):
    """A business asked its bank to take a payment to us back. While it is open, no campaigns."""

    OPEN = (
        "warning_needs_response",
        "warning_under_review",
        "needs_response",
        "under_review",
    )

    business = models.ForeignKey(Business, models.PROTECT, related_name="disputes")
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, related_name="disputes")
    stripe_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=30)
    reason = models.CharField(max_length=40)
    amount = models.PositiveBigIntegerField()
    currency = models.CharField(max_length=3)
    opened_at = models.DateTimeField()
    evidence_due_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by entitlements: is one open?
            models.Index(fields=["business"], condition=Q(closed_at=None), name="dispute_open"),
        ]

    def __str__(self) -> str:
        return f"{self.stripe_id}: {self.status}"
