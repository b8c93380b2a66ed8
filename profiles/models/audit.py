from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditRow(models.Model):
    """Who did what to what, when and why: written in the transaction of the change, then never
    touched.

    A trigger refuses UPDATE, DELETE and TRUNCATE, whoever asks.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Empty: the system itself.",
    )
    business_id = models.BigIntegerField(null=True)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40)
    object_name = models.CharField(max_length=200)
    event = models.CharField(max_length=60)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [
            # used by an object's history
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_object"),
            # used by a business's history
            models.Index(fields=["business_id", "-id"], name="audit_business"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.object_name}"
