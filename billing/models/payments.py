import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.payment_accounts import PaymentAccount
from profiles.models import Business, Profile


def new_token() -> str:
    """What makes the address of a pay page impossible to guess: 192 bits."""
    return secrets.token_urlsafe(24)


class PaymentRequestQuerySet(models.QuerySet):
    def payable(self) -> "PaymentRequestQuerySet":
        """Sent, and waiting for the money."""
        return self.filter(status__in=PaymentRequest.PAYABLE)

    def received(self) -> "PaymentRequestQuerySet":
        """The money came, whatever became of it later."""
        return self.filter(paid_at__isnull=False)


class PaymentRequest(models.Model):
    """A business asks one person for money in their chat.

        draft -> requested -> processing -> paid -> partially refunded -> refunded
                     |  ^         |           +-> disputed -> won | lost
                     |  +---------+ (a slow payment failed)
                     +-> cancelled | expired      (request_again makes a new one)

    The message in the chat holds only our address /pay/<token>; each try to pay is an attempt.
    The row outlives chat and person, as books must; the name and the amounts are what was shown.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REQUESTED = "requested", _("Waiting")
        PROCESSING = "processing", _("On its way")
        PAID = "paid", _("Paid")
        PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")
        CANCELLED = "cancelled", _("Cancelled")
        EXPIRED = "expired", _("Expired")
        DISPUTED = "disputed", _("Disputed")
        WON = "won", _("Dispute won")
        LOST = "lost", _("Dispute lost")

    class OrderStatus(models.TextChoices):
        """Where the goods are; the business says so, in the Cloud API's words."""

        PENDING = "pending", _("Pending")
        PROCESSING = "processing", _("In preparation")
        PARTIALLY_SHIPPED = "partially_shipped", _("Partly sent")
        SHIPPED = "shipped", _("Sent")
        COMPLETED = "completed", _("Completed")
        CANCELED = "canceled", _("Cancelled")

    PAYABLE = (Status.REQUESTED, Status.PROCESSING)
    REFUNDABLE = (Status.PAID, Status.PARTIALLY_REFUNDED, Status.WON)
    REPEATABLE = (Status.CANCELLED, Status.EXPIRED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token = models.CharField(max_length=40, default=new_token, unique=True, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="payment_requests")
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="payment_requests")
    account = models.ForeignKey(PaymentAccount, models.PROTECT, related_name="requests")
    person_id = models.BigIntegerField(null=True, help_text=_("Empty: the person was erased."))
    message_id = models.BigIntegerField(null=True)
    reference_id = models.CharField(max_length=35, help_text=_("The business's own name of it."))
    payee = models.CharField(max_length=200, help_text=_("The verified legal name, as shown."))
    items = models.JSONField(help_text=_("[{name, quantity, amount, retailer_id?}], each amount."))
    extras = models.JSONField(default=dict, help_text=_("tax, shipping, discount; amounts."))
    currency = models.CharField(max_length=3)
    amount = models.PositiveBigIntegerField(help_text=_("In the currency's smallest unit."))
    fee = models.PositiveBigIntegerField(help_text=_("The operator's part of it."))
    status = models.CharField(max_length=18, choices=Status, default=Status.DRAFT)
    order_status = models.CharField(max_length=18, choices=OrderStatus, default=OrderStatus.PENDING)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # null: a program
    again_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="repeats")
    amount_refunded = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, help_text=_("Cancelled or expired."))

    objects = PaymentRequestQuerySet.as_manager()

    class Meta:
        permissions = [("refund_paymentrequest", "Can give payments in chats back")]
        constraints = [
            # Money is asked for, never given.
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_of_something"),
            # The operator never takes all of it.
            models.CheckConstraint(condition=Q(fee__lt=F("amount")), name="fee_below_payment"),
            # Nobody gets back more than was paid.
            models.CheckConstraint(
                condition=Q(amount_refunded=0)
                | Q(amount_refunded__lte=F("amount"), paid_at__isnull=False),
                name="refunds_within_request",
            ),
            # What waits for money has not got it; what has got it knows when.
            models.CheckConstraint(
                condition=Q(
                    status__in=["draft", "requested", "processing", "cancelled", "expired"],
                    paid_at=None,
                )
                | Q(
                    status__in=[
                        "paid",
                        "partially_refunded",
                        "refunded",
                        "disputed",
                        "won",
                        "lost",
                    ],
                    paid_at__isnull=False,
                ),
                name="paid_says_when",
            ),
            # An order has one open or paid request: the same bill never waits twice.
            models.UniqueConstraint(
                fields=["business", "reference_id"],
                condition=~Q(status__in=["cancelled", "expired"]),
                name="one_request_per_reference",
            ),
        ]
        indexes = [
            # used by the business's list and its CSV, newest first
            models.Index(fields=["business", "-created_at"], name="payments_of_business"),
            # used by expire_payment_requests
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["requested", "processing"]),
                name="payment_expiry",
            ),
            # used by the chat, which shows the requests of its messages, and by erasure
            models.Index(fields=["person_id", "message_id"], name="payments_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.reference_id}: {self.amount} {self.currency.upper()}"

    @property
    def lines(self) -> list[tuple[str, int, int]]:
        """Name, quantity and amount of each item, for pages."""
        return [
            (item["name"], item["quantity"], item["quantity"] * item["amount"])
            for item in self.items
        ]

    @property
    def refundable(self) -> int:
        """What is left to give back, in the smallest unit; 0 where nothing can be."""
        return self.amount - self.amount_refunded if self.status in self.REFUNDABLE else 0

    @property
    def fee_kept(self) -> int:
        """The operator's part after refunds, which take their share of it along."""
        return self.fee * (self.amount - self.amount_refunded) // self.amount

    @property
    def net(self) -> int:
        """What the business keeps of it now, after refunds, a lost dispute and the fee's share."""
        if not self.paid_at:
            return 0
        lost = self.status == self.Status.LOST
        return (0 if lost else self.amount - self.amount_refunded) - self.fee_kept


class PaymentAttempt(models.Model):
    """One hosted page on which a request may be paid: its uuid is the idempotency key, so that
    however often we ask, there is one session.

    open -> paid | surplus (paid too, so given back) | processing -> paid | failed
      +---> expired
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        PROCESSING = "processing", _("On its way")
        PAID = "paid", _("Paid")
        SURPLUS = "surplus", _("Paid once too often, given back")
        FAILED = "failed", _("Failed")
        EXPIRED = "expired", _("Expired")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="attempts")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Null until Stripe was asked; unique, so that a session belongs to one attempt.
    session_id = models.CharField(max_length=100, unique=True, null=True, blank=True)  # noqa: DJ001
    url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    asked_at = models.DateTimeField(default=timezone.now, help_text=_("When Stripe was asked last"))
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # A second tap finds the first one's page.
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(state__in=["open", "processing"]),
                name="one_open_payment_attempt",
            ),
            # A request is paid once; whatever else arrives goes back.
            models.UniqueConstraint(
                fields=["request"], condition=Q(state="paid"), name="one_paid_attempt"
            ),
        ]
        indexes = [
            # used by ask_after_payments: what may have been paid without our hearing of it
            models.Index(
                fields=["asked_at"],
                condition=Q(state__in=["open", "processing"]),
                name="payment_attempt_open",
            ),
            # used by refunds and disputes made at Stripe, which name the payment
            models.Index(fields=["payment_intent"], name="payment_attempt_intent"),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.state}"


class PaymentRefund(models.Model):
    """Somebody's decision to give a payment back, whole or in part, written before Stripe is asked:
    its uuid is the idempotency key, so that the money goes once.

    decided -> done | failed -> settled
    """

    class State(models.TextChoices):
        DECIDED = "decided", _("On its way")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SETTLED = "settled", _("Seen to by staff")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="refunds")
    amount = models.PositiveBigIntegerField(help_text=_("In the currency's smallest unit."))
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # null: a rule
    state = models.CharField(max_length=8, choices=State, default=State.DECIDED)
    # Null until Stripe was asked; unique, so that a refund at Stripe is counted once.
    stripe_id = models.CharField(max_length=64, unique=True, null=True, blank=True)  # noqa: DJ001
    problem = models.TextField(blank=True)
    decided_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # A refund is of something.
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_refund_of_something"),
            # Nobody gives money away without saying why.
            models.CheckConstraint(condition=~Q(reason=""), name="payment_refund_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.attempt.request}: {self.amount} back"


class PaymentDispute(models.Model):
    """Something is wrong with a payment: the person says so in the chat, or their bank wants the
    money back. The business answers within 24 hours and resolves it within 72.
    """

    class Source(models.TextChoices):
        PERSON = "person", _("The person, in the chat")
        BANK = "bank", _("The person's bank")

    BANK_OPEN = (
        "warning_needs_response",
        "warning_under_review",
        "needs_response",
        "under_review",
    )

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(PaymentRequest, models.PROTECT, related_name="disputes")
    source = models.CharField(max_length=6, choices=Source)
    words = models.CharField(max_length=1000, blank=True, help_text=_("What is wrong."))
    # The bank's: null where the person complained to us.
    stripe_id = models.CharField(max_length=64, unique=True, null=True, blank=True)  # noqa: DJ001
    bank_status = models.CharField(max_length=30, blank=True)
    amount = models.PositiveBigIntegerField()
    opened_at = models.DateTimeField(default=timezone.now)
    answer_due_at = models.DateTimeField()
    resolve_due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    told_late_at = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("settle_paymentdispute", "Can settle disputes about payments in chats")]
        constraints = [
            # One complaint of the person about a payment at a time.
            models.UniqueConstraint(
                fields=["request"],
                condition=Q(source="person", resolved_at=None),
                name="one_open_complaint_per_payment",
            ),
            # What is resolved says how.
            models.CheckConstraint(
                condition=Q(resolved_at=None) | ~Q(outcome=""), name="dispute_end_says_how"
            ),
        ]
        indexes = [
            # used by the clocks, and by staff's list of what is late
            models.Index(
                fields=["resolve_due_at"], condition=Q(resolved_at=None), name="dispute_clock"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request}: {self.get_source_display()}"
