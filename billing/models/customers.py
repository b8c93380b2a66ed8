from django.db import models
from django.utils import timezone

from profiles.models import Business


class Customer(models.Model):
    """A business as Stripe knows it. Made at its first checkout, kept for the invoices."""

    business = models.OneToOneField(Business, models.PROTECT, related_name="customer")
    stripe_id = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody deleted it at Stripe."
    )

    def __str__(self) -> str:
        return f"{self.business} ({self.stripe_id})"
