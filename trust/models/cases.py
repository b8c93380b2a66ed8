import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile


class Case(models.Model):
    """What staff should look at about one profile: opened by a rule, closed by a person.

    open -> closed      (a profile has one open case; its reports gather in it)
    """

    class Cause(models.TextChoices):
        REPORTS = "reports", _("Reports")
        SURGE = "surge", _("Many reports in a day")
        BRIGADE = "brigade", _("Perhaps a brigade")
        SUSPENDED = "suspended", _("Suspended by the rules")
        REVOKE = "revoke", _("Revocation waits for a yes")
        LINKED = "linked", _("Linked to a revoked profile")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="cases")
    cause = models.CharField(max_length=10, choices=Cause)
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.TextField(blank=True)

    class Meta:
        permissions = [("work_case", "Can claim and close cases")]
        constraints = [
            # A profile has one open case.
            models.UniqueConstraint(
                fields=["profile"], condition=Q(state="open"), name="one_open_case_per_profile"
            ),
            # A closed case says when.
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None)
                | Q(state="closed", closed_at__isnull=False),
                name="closed_case_says_when",
            ),
        ]
        indexes = [
            # used by the staff's queue, what is due first
            models.Index(fields=["due_at"], condition=Q(state="open"), name="cases_due"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.get_cause_display()}"
