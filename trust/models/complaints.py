import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile


class Complaint(models.Model):
    """When a person's complaint about a profile last counted: one event per pair in 30 days.

    A row per person, so the key begins with person_id. Claimed by INSERT ... ON CONFLICT DO
    UPDATE ... WHERE: who gets the row back counts. `factor` is what the event weighed, so that a
    block that becomes a report within the 30 days adds only the difference.
    """

    pk = models.CompositePrimaryKey("person_id", "profile_id")
    person_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    counted_at = models.DateTimeField()
    factor = models.FloatField()

    def __str__(self) -> str:
        return f"{self.person_id} about {self.profile_id}"


class Mark(models.Model):
    """One counted complaint, the rest of one that grew, or its withdrawal. Says nothing of who.

    `counted_at` is set by `evaluate` when the mark has entered its unit.
    """

    class Kind(models.TextChoices):
        BLOCK = "block", _("Block")
        REPORT = "report", _("Report")

    class Reason(models.TextChoices):
        NO_LONGER = "no_longer", _("No longer needed")
        NEVER_SIGNED_UP = "never_signed_up", _("Never signed up")
        SPAM = "spam", _("Spam")
        SCAM = "scam", _("It looks like a scam")
        OFFENSIVE = "offensive", _("Offensive")
        IMPOSTOR = "impostor", _("Pretends to be somebody else")
        NONE = "none", _("No reason given")

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="marks")
    unit_key = models.CharField(max_length=40)
    campaign_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.CharField(max_length=20, choices=Reason)
    x = models.FloatField()  # what it adds to the unit: the reporter's weight times the event's
    people = models.SmallIntegerField(default=1)  # 1 counted, 0 the rest of one, -1 withdrawn
    cluster = models.CharField(max_length=64)
    at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A mark is of at most one person.
            models.CheckConstraint(
                condition=Q(people__range=(-1, 1)), name="mark_is_of_one_person"
            ),
        ]
        indexes = [
            # used by evaluate: what is not yet counted in
            models.Index(
                fields=["profile"], condition=Q(counted_at=None), name="marks_not_counted"
            ),
            # used by the ladder, the alarm and the quality page
            models.Index(fields=["profile", "at"], name="marks_in_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.profile_id}"


class SpamReport(models.Model):
    """What a person told us about a message or a profile, with the evidence as it was then.

        open -> upheld | dismissed      (and the reporter learns which: told_at)

    A single key and a snapshot, not a link: the message and the person may be erased.
    """

    class Kind(models.TextChoices):
        SPAM = "spam", _("Unwanted message")
        IMPOSTOR = "impostor", _("Impostor")

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="spam_reports")
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SPAM)
    reason = models.CharField(max_length=20, choices=Mark.Reason)
    text = models.TextField(blank=True, max_length=2000)
    weight = models.FloatField(help_text=_("The reporter's weight, 0.1 to 1."))
    cluster = models.CharField(max_length=64)
    unit_key = models.CharField(max_length=40, blank=True)
    campaign_id = models.BigIntegerField(null=True, blank=True)
    evidence = models.JSONField(default=dict)
    counted = models.FloatField(default=0, help_text=_("What it added to the unit."))
    counted_person = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    case = models.ForeignKey(
        "trust.Case", models.PROTECT, null=True, blank=True, related_name="reports"
    )
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_why = models.TextField(_("why"), blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("decide_report", "Can uphold and dismiss reports")]
        constraints = [
            # A report about a message shows the message; only an impostor needs no delivery.
            models.CheckConstraint(
                condition=Q(kind="impostor") | ~Q(evidence={}), name="spam_report_shows_evidence"
            ),
            # Nobody's report is decided without our knowing when and why.
            models.CheckConstraint(
                condition=Q(state="open") | (Q(decided_at__isnull=False) & ~Q(decided_why="")),
                name="decided_report_says_when_and_why",
            ),
        ]
        indexes = [
            # used by the staff's queue: what waits, oldest first, then what was decided last
            models.Index(fields=["created_at"], condition=Q(state="open"), name="reports_waiting"),
            models.Index(
                F("decided_at").desc(nulls_first=True), "created_at", name="reports_to_work_off"
            ),
            # used by the public figures
            models.Index(fields=["created_at"], name="reports_in_time"),
            # used by a case and by a profile's page
            models.Index(fields=["profile", "-created_at"], name="reports_of_profile"),
            # used to find how a person's earlier reports were judged, and those not yet told
            models.Index(fields=["person_id", "-decided_at"], name="reports_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.profile}"

    @property
    def outcome(self) -> str:
        """What the reporter is told, in a sentence; empty while nobody has decided."""
        return str(OUTCOMES.get(self.State(self.state), "")).format(name=self.profile.name)


OUTCOMES = {
    SpamReport.State.UPHELD: _("You were right about {name}. Your report counts against it."),
    SpamReport.State.DISMISSED: _(
        "We looked at your report about {name} and found nothing against our rules. "
        "Your block stays as you set it."
    ),
}
