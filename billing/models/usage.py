from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from profiles.models import Business


class Usage(models.Model):
    """How many recipients of campaigns a business has had in one calendar month (UTC).

    Claimed before sending by one conditional statement, so that no two sends share the last unit.
    """

    business = models.ForeignKey(Business, models.PROTECT, related_name="usage")
    month = models.DateField(help_text=_("The first day of the month."))
    recipients = models.PositiveBigIntegerField(default=0)
    warned_percent = models.PositiveSmallIntegerField(
        default=0, help_text=_("The highest warning sent, of 80 and 100.")
    )

    class Meta:
        verbose_name_plural = "usage"
        constraints = [
            # One count per business and month.
            models.UniqueConstraint(fields=["business", "month"], name="one_usage_per_month"),
            # A month starts on its first day.
            models.CheckConstraint(condition=Q(month__day=1), name="usage_month_starts_on_first"),
        ]
        ordering = [F("month").desc()]

    def __str__(self) -> str:
        return f"{self.business}, {self.month:%Y-%m}: {self.recipients}"
