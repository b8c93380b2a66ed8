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


class AuditSeal(models.Model):
    """One link of the chain over the audit: made seconds after its row, by one sealer.

    `mac` is HMAC-SHA256, under a key that is not in the database, of the link before and the row.
    Links are append-only like the rows.
    """

    position = models.BigIntegerField(primary_key=True, help_text="1, 2, 3 ... without a gap.")
    row_id = models.BigIntegerField(unique=True)
    mac = models.BinaryField()

    def __str__(self) -> str:
        return f"seal {self.position} of row {self.row_id}"


class AuditHead(models.Model):
    """The chain's end at a moment, signed (Ed25519), so that a cut-off end is noticed.

    A copy goes to the file storage, for who can write here might cut the heads off too.
    """

    position = models.BigIntegerField(primary_key=True)
    mac = models.BinaryField()
    signed_at = models.DateTimeField(default=timezone.now)
    signature = models.BinaryField()
    # All rows up to this id are sealed or never came; later ones may still be under way.
    floor = models.BigIntegerField(default=0)
    copied_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"head at {self.position}"
