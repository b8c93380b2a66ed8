from django.db import models
from django.utils import timezone


class TransparencyReport(models.Model):
    """What was reported, decided, appealed and reversed in one half-year, as everybody may read it.

    The running half-year is counted anew each hour; one that has ended stays as it was.
    """

    begins = models.DateField(unique=True)
    ends = models.DateField()
    values = models.JSONField(default=dict)
    counted_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Its name in an address: 2026-h1."""
        return f"{self.begins.year}-h{1 if self.begins.month == 1 else 2}"
