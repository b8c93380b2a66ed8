import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models.subscriptions import Subscription
from billing.plans import INTERVALS


class PlanChange(models.Model):
    """A change of plan or seats that somebody was shown the price of: its uuid is the idempotency
    key, and `priced_at` the moment the price was computed for, so that what is charged is what was
    shown.

    shown -> done | failed
    """

    class State(models.TextChoices):
        SHOWN = "shown", _("Shown")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="changes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    plan = models.CharField(max_length=20)
    interval = models.CharField(max_length=5, choices=INTERVALS.items())
    item_id = models.CharField(max_length=64)
    quantity = models.PositiveIntegerField(help_text=_("Seats."))
    due_now = models.BigIntegerField(help_text=_("Shown; below 0: a credit. In smallest units."))
    lines = models.JSONField(default=list, help_text=_("Its parts: [text, amount]."))
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=8, choices=State, default=State.SHOWN)
    priced_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # used by the billing page's history
            models.Index(fields=["subscription", "-priced_at"], name="change_of_subscription"),
        ]

    def __str__(self) -> str:
        return f"{self.subscription}: {self.plan} {self.interval}, {self.quantity}"

    @property
    def credit(self) -> int:
        """What the change leaves over for later invoices, in the smallest unit."""
        return max(0, -self.due_now)
