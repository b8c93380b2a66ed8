import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trust.models.decisions import Decision


class Appeal(models.Model):
    """A business says that a decision was wrong; another member of staff decides within 72 hours.

    open -> upheld | changed | reversed
      \\--> stayed_at: the clock ran out, the penalty rests until someone decides
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting for review")
        UPHELD = "upheld", _("The decision stands")
        CHANGED = "changed", _("The decision was changed")
        REVERSED = "reversed", _("The decision was reversed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="appeal")
    text = models.TextField(_("why the decision is wrong"), max_length=4000)
    filed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filed_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    stayed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    first_decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_second = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)
    restored = models.JSONField(default=dict)

    class Meta:
        permissions = [("decide_appeal", "Can decide appeals")]
        constraints = [
            # An outcome says who, when and why.
            models.CheckConstraint(
                condition=Q(state="open")
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(reason="")),
                name="decided_appeal_says_who_and_why",
            ),
            # Nobody judges an appeal against their own decision.
            models.CheckConstraint(
                condition=Q(decided_by=None)
                | (
                    (Q(first_decider=None) | ~Q(decided_by=F("first_decider")))
                    & (Q(first_second=None) | ~Q(decided_by=F("first_second")))
                ),
                name="appeal_decided_by_another",
            ),
        ]
        indexes = [
            # used by the staff's queue and by the clock
            models.Index(fields=["due_at"], condition=Q(state="open"), name="appeals_due"),
        ]

    def __str__(self) -> str:
        return f"Appeal of {self.decision.profile}"
