from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from profiles.models.businesses import Business


class SupportNote(models.Model):
    """What staff tell each other about a business; it never sees it. Written once, never edited."""

    business = models.ForeignKey(Business, models.PROTECT, related_name="support_notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField()
    written_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A note says something.
            models.CheckConstraint(condition=~Q(text=""), name="support_note_says_something"),
        ]
        indexes = [
            # used by the business's page in the admin
            models.Index(fields=["business", "-written_at"], name="support_notes_of_business"),
        ]

    def __str__(self) -> str:
        return f"{self.by}, {self.written_at:%Y-%m-%d}"
