import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile
from trust.models.cases import Case
from trust.models.policy import Policy


class Decision(models.Model):
    """A change of a profile's standing: from which rung to which, by what rule or whom, and why.

    Never edited. `inputs` hold all that the rule looked at, so that it replays to the same rung.
    """

    class Rule(models.TextChoices):
        EVIDENCE = "evidence", _("Evidence against the badge")
        STOPS = "stops", _("Campaigns stopped again and again")
        OUTRAGE = "outrage", _("One campaign that no honest sender sends")
        NO_APPEAL = "no_appeal", _("Suspended and not appealed")
        CALM = "calm", _("Evidence has faded")
        STAFF = "staff", _("Decided by staff")
        APPEAL = "appeal", _("Decided on appeal")
        STAY = "stay", _("Appeal not decided in time")
        UNDO = "undo", _("Taken back as a mistake")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="decisions")
    case = models.ForeignKey(Case, models.PROTECT, null=True, blank=True, related_name="decisions")
    from_standing = models.CharField(max_length=12, choices=Profile.Standing)
    to_standing = models.CharField(max_length=12, choices=Profile.Standing)
    rule = models.CharField(max_length=10, choices=Rule)
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="+")
    evidence = models.FloatField()
    inputs = models.JSONField(default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Empty: by the rule, automatically."),
    )
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    statement = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        permissions = [
            ("decide_standing", "Can warn, limit, suspend, revoke and reinstate profiles"),
            ("set_cap", "Can set a profile's daily cap"),
        ]
        constraints = [
            # A decision changes something.
            models.CheckConstraint(
                condition=~Q(from_standing=F("to_standing")), name="decision_changes_something"
            ),
            # What a person decides says who and why.
            models.CheckConstraint(
                condition=~Q(rule__in=["staff", "appeal", "undo"])
                | (Q(by__isnull=False) & ~Q(reason="")),
                name="decision_of_staff_says_who_and_why",
            ),
            # The second pair of eyes is another's.
            models.CheckConstraint(
                condition=Q(seconded_by=None) | ~Q(seconded_by=F("by")),
                name="decision_seconded_by_another",
            ),
        ]
        indexes = [
            # used by a profile's history
            models.Index(fields=["profile", "-made_at"], name="decisions_of_profile"),
            # used by the public metrics
            models.Index(fields=["made_at"], name="decisions_in_time"),
        ]

    def __str__(self) -> str:
        return f"{self.profile}: {self.get_to_standing_display()}"

    @property
    def is_automatic(self) -> bool:
        return self.by_id is None

    @property
    def is_against(self) -> bool:
        """Whether it takes something away, so that it needs reasons and can be appealed."""
        rungs = list(Profile.Standing)
        return rungs.index(Profile.Standing(self.to_standing)) > rungs.index(
            Profile.Standing(self.from_standing)
        )
