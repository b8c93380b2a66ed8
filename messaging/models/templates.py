from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from portal.base.ids import new_node_id
from profiles.models import Business

TEMPLATE_NAME = r"[a-z0-9_]{1,512}"


class Template(models.Model):
    """A message's words, approved beforehand, in one language. Components are in Cloud-API shape.

    pending -> approved -> paused -> approved | disabled
          \\-> rejected (reason) -> edited: pending again
    """

    class Category(models.TextChoices):
        MARKETING = "MARKETING", _("Advert")
        UTILITY = "UTILITY", _("Service update")
        AUTHENTICATION = "AUTHENTICATION", _("Sign-in code")

    class Status(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        PENDING = "PENDING", _("Waiting for review")
        APPROVED = "APPROVED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        PAUSED = "PAUSED", _("Paused")
        DISABLED = "DISABLED", _("Disabled")

    id = models.BigIntegerField(primary_key=True, default=new_node_id, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=10, default="en")
    category = models.CharField(max_length=16, choices=Category)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    parameter_format = models.CharField(max_length=12, default="POSITIONAL")
    components = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("decide_template", "Can approve and reject templates")]
        constraints = [
            # One template per name and language in a business.
            models.UniqueConstraint(
                fields=["business", "name", "language"],
                condition=Q(deleted_at=None),
                name="one_template_per_name_and_language",
            ),
            # A rejection says why.
            models.CheckConstraint(
                condition=~Q(status="REJECTED") | ~Q(reason=""), name="template_rejection_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def language_name(self) -> str:
        """Such as “Brazilian Portuguese”; the code where nobody knows a name for it."""
        try:
            return get_language_info(self.language.replace("_", "-").lower())["name_translated"]
        except KeyError:
            return self.language
