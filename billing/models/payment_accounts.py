from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Business


class PaymentAccount(models.Model):
    """A business's own account at Stripe, into which people pay: a mirror, written only by
    `sync_account`. The money is the business's from the first moment; we take a fee.

    made -> onboarding -> charges_enabled <-> restricted (Stripe wants something) | disconnected
    """

    business = models.OneToOneField(Business, models.PROTECT, related_name="payment_account")
    stripe_id = models.CharField(max_length=64, unique=True)
    charges_enabled = models.BooleanField(default=False, help_text=_("Stripe lets it be paid."))
    payouts_enabled = models.BooleanField(default=False)
    details_submitted = models.BooleanField(default=False)
    currently_due = models.JSONField(default=list, help_text=_("What Stripe still wants to know."))
    disconnected_at = models.DateTimeField(null=True, blank=True)
    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    frozen_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("freeze_paymentaccount", "Can freeze and release payments of a business")]
        constraints = [
            # Nobody's payments are frozen without our knowing by whom and why.
            models.CheckConstraint(
                condition=Q(frozen_at=None) | (Q(frozen_by__isnull=False) & ~Q(frozen_reason="")),
                name="freeze_says_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} ({self.stripe_id})"

    @property
    def is_ready(self) -> bool:
        """Whether it can be paid as far as Stripe and our staff are concerned."""
        return self.charges_enabled and not self.disconnected_at and not self.frozen_at


class PaymentHalt(models.Model):
    """The operator's kill switch: while a row is open, nobody can request a payment or pay one."""

    began_at = models.DateTimeField(default=timezone.now)
    began_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reason = models.TextField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        permissions = [("halt_payments", "Can stop and resume all payments in chats")]
        constraints = [
            # There is one switch.
            models.UniqueConstraint(
                models.Value(1), condition=Q(ended_at=None), name="one_halt_at_a_time"
            ),
            # Nobody stops everybody's payments without saying why.
            models.CheckConstraint(condition=~Q(reason=""), name="halt_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M}: {self.reason[:60]}"
