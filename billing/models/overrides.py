from django.db import models
from django.utils.translation import gettext_lazy as _

from profiles.models import Business


class PlanOverride(models.Model):
    """What sales agreed with one business beyond its plan. An empty field means: as in the plan."""

    business = models.OneToOneField(Business, models.PROTECT, related_name="plan_override")
    recipients_a_month = models.PositiveIntegerField(null=True, blank=True)
    profiles = models.PositiveIntegerField(null=True, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    api_rate = models.PositiveIntegerField(null=True, blank=True, help_text=_("Requests a second."))
    webhooks = models.PositiveIntegerField(null=True, blank=True)
    history_days = models.PositiveIntegerField(null=True, blank=True)
    note = models.TextField(help_text=_("Who agreed to it, and why."))
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.business}: {self.note[:60]}"
