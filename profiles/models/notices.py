import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models.businesses import Business


class Notice(models.Model):
    """Something a business must know, shown in its dashboard and mailed to those whom it
    concerns.
    """

    class Level(models.TextChoices):
        INFO = "info", _("For your information")
        WARN = "warn", _("Needs attention")
        BAD = "bad", _("Urgent")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=60)
    level = models.CharField(max_length=4, choices=Level, default=Level.INFO)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    dismissed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # used by the dashboard's notices
            models.Index(fields=["business", "-created_at"], name="notice_recent"),
        ]

    def __str__(self) -> str:
        return self.title
