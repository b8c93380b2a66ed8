import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile
from trust.models.decisions import Decision


class Proposal(models.Model):
    """A decision about a large sender that waits for a second member of staff.

    open -> confirmed (then there is a decision) | withdrawn
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waits for a second yes")
        CONFIRMED = "confirmed", _("Confirmed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="proposals")
    to_standing = models.CharField(max_length=12, choices=Profile.Standing)
    reason = models.TextField()
    appeal = models.ForeignKey(
        "trust.Appeal", models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    outcome = models.CharField(max_length=8, blank=True)  # of the appeal, where it is one
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    decision = models.OneToOneField(
        Decision, models.PROTECT, null=True, blank=True, related_name="proposal"
    )

    class Meta:
        constraints = [
            # One open proposal a profile.
            models.UniqueConstraint(
                fields=["profile"], condition=Q(state="open"), name="one_open_proposal"
            ),
            # Two people, not one twice.
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(ended_by=F("made_by")),
                name="proposal_confirmed_by_another",
            ),
            # What has ended says by whom.
            models.CheckConstraint(
                condition=Q(state="open") | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="ended_proposal_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.get_to_standing_display()}?"


class SecondLook(models.Model):
    """A decision judged a second time by somebody who doesn't see the first answer.

    waiting -> answered      (agreement is counted on the staff's home and in public)
    """

    decision = models.OneToOneField(Decision, models.PROTECT, related_name="second_look")
    created_at = models.DateTimeField(default=timezone.now)
    standing = models.CharField(
        _("what it should be"), max_length=12, choices=Profile.Standing, blank=True
    )
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_decider = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("second look")
        constraints = [
            # Nobody looks a second time at what they decided.
            models.CheckConstraint(
                condition=Q(by=None) | Q(first_decider=None) | ~Q(by=F("first_decider")),
                name="second_look_by_another",
            ),
            # An answer says who, when and what.
            models.CheckConstraint(
                condition=Q(answered_at=None) | (Q(by__isnull=False) & ~Q(standing="")),
                name="second_look_answer_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision.profile}, {self.created_at:%Y-%m-%d}"

    @property
    def agrees(self) -> bool | None:
        """Whether both came to the same; None while nobody has looked."""
        return self.standing == self.decision.to_standing if self.answered_at else None


class Preset(models.Model):
    """A reason that staff give often, in words that a business understands."""

    class For(models.TextChoices):
        STANDING = "standing", _("Decisions about a profile")
        REPORT = "report", _("Reports")
        APPEAL = "appeal", _("Appeals")

    used_for = models.CharField(max_length=10, choices=For)
    text = models.CharField(max_length=500)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("preset reason")
        ordering = ["used_for", "position", "pk"]

    def __str__(self) -> str:
        return self.text
