from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trust.rules import Rules


class PolicyQuerySet(models.QuerySet["Policy"]):
    def active(self) -> "Policy":
        """The rules that hold now. The first version comes from the defaults of the code."""
        return self.filter(state=Policy.State.ACTIVE).first() or self._first_version()

    def _first_version(self) -> "Policy":
        return self.get_or_create(
            version=1,
            defaults={
                "state": Policy.State.ACTIVE,
                "values": Rules().values(),
                "note": "The rules as published with this software.",
                "published_at": timezone.now(),
            },
        )[0]


class Policy(models.Model):
    """One version of the published thresholds: draft -> active -> retired; never edited after."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("In force")
        RETIRED = "retired", _("Retired")

    version = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    values = models.JSONField(default=dict)
    note = models.TextField(_("what changes and why"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        permissions = [("publish_policy", "Can put a policy in force")]
        constraints = [
            # One set of rules holds at a time.
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="one_active_policy"
            ),
            # What was in force says since when.
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False),
                name="policy_in_force_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return f"Policy {self.version}"

    @property
    def rules(self) -> Rules:
        return Rules.of(self.values)
