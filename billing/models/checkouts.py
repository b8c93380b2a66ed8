import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.plans import INTERVALS
from profiles.models import Business


class CheckoutAttempt(models.Model):
    """Somebody's wish to buy a plan, written before Stripe is asked: its uuid is the idempotency
    key, so that however often we ask, there is one session.

    open -> completed | replaced (by another choice) | expired
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        COMPLETED = "completed", _("Completed")
        REPLACED = "replaced", _("Replaced by another choice")
        EXPIRED = "expired", _("Expired")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="checkouts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    plan = models.CharField(max_length=20)
    interval = models.CharField(max_length=5, choices=INTERVALS.items())
    currency = models.CharField(max_length=3)
    with_trial = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    # Null until Stripe was asked; unique, so that a session belongs to one attempt.
    session_id = models.CharField(max_length=100, unique=True, null=True, blank=True)  # noqa: DJ001
    url = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            # Two clicks, two tabs, two owners: one open checkout per business.
            models.UniqueConstraint(
                fields=["business"], condition=Q(state="open"), name="one_open_checkout"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.plan} {self.interval}"
