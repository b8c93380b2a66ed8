from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RegistryEntry(models.Model):
    """One public fact about a badge, in the order in which they came to be: a leaf of the log.

    `leaf` is the entry as it was hashed, canonical JSON; nothing of it is ever changed or removed
    (a trigger refuses), and the tree over all leaves (RFC 9162) would show it.
    """

    class Event(models.TextChoices):
        GRANTED = "granted", _("Verified")
        RENEWED = "renewed", _("Verification renewed")
        LAPSED = "lapsed", _("Verification ended, not renewed")
        WITHDRAWN = "withdrawn", _("Verification withdrawn")
        SUSPENDED = "suspended", _("Badge taken away for now, after complaints")
        REVOKED = "revoked", _("Verification revoked, after complaints")
        REINSTATED = "reinstated", _("Badge given back")

    index = models.BigIntegerField(primary_key=True, help_text="0, 1, 2 ... without a gap.")
    at = models.DateTimeField(default=timezone.now)
    event = models.CharField(max_length=12, choices=Event)
    business_id = models.BigIntegerField()
    handle = models.CharField(max_length=30, blank=True, help_text="Empty: all its profiles.")
    leaf = models.TextField()

    class Meta:
        verbose_name_plural = "registry entries"
        indexes = [
            # used by the history on a public page
            models.Index(fields=["business_id", "-index"], name="registry_business"),
        ]

    def __str__(self) -> str:
        return f"{self.index}: {self.event}"


class RegistryNode(models.Model):
    """The hash of a full subtree: `position` counts subtrees of 2**level leaves from the left."""

    pk = models.CompositePrimaryKey("level", "position")
    level = models.SmallIntegerField()
    position = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"node {self.level}/{self.position}"


class RegistryHead(models.Model):
    """The root over the first `size` leaves, signed: what outsiders remember us by."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    signed_at = models.DateTimeField(default=timezone.now)
    signature = models.BinaryField()

    def __str__(self) -> str:
        return f"head of {self.size}"
