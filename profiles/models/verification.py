import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models.businesses import Business


class VerificationCase(models.Model):
    """One request of a business to be verified, with what it handed in and what was decided.

    draft -> submitted -> in review -> approved
                 ^            |  \\----> rejected   (a reason; may apply again after 30 days)
                 +-- needs information

    A verified business that wants another name, logo or domain makes a request of the kind
    "change": it begins as submitted, holds what is to be changed, and ends as approved, rejected
    or withdrawn. Until then people see what was checked.
    """

    class Kind(models.TextChoices):
        IDENTITY = "identity", _("Who the business is")
        CHANGE = "change", _("A change of what people see")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waiting for review")
        IN_REVIEW = "in_review", _("In review")
        NEEDS_INFORMATION = "needs_information", _("Needs information")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Taken back")

    OPEN = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.NEEDS_INFORMATION)
    DECIDED = (State.APPROVED, State.REJECTED)

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="cases")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.IDENTITY, editable=False)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    changes = models.JSONField(
        default=list,
        blank=True,
        editable=False,
        help_text=_("Of a change: profile (or null for the business), field, before, after."),
    )

    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    register_number = models.CharField(_("register number"), max_length=60, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    address = models.TextField(_("address"), max_length=500, blank=True)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    representative = models.CharField(_("representative"), max_length=120, blank=True)

    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        permissions = [("decide_case", "Can decide a verification case")]
        constraints = [
            # A business has one open request of a kind at a time.
            models.UniqueConstraint(
                fields=["business", "kind"],
                condition=Q(state__in=["draft", "submitted", "in_review", "needs_information"]),
                name="one_open_case",
            ),
            # Nobody is approved or refused without our knowing by whom and when.
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "rejected"])
                | Q(decided_at__isnull=False, decided_by__isnull=False),
                name="case_decision_says_who_and_when",
            ),
            # A refusal, or a question, says why.
            models.CheckConstraint(
                condition=~Q(state__in=["rejected", "needs_information"]) | ~Q(reason=""),
                name="case_refusal_says_why",
            ),
            # Only a change waits without having been a draft, and it says what is to change.
            models.CheckConstraint(
                condition=~Q(kind="change") | (~Q(state="draft") & ~Q(changes=[])),
                name="change_says_what",
            ),
        ]
        indexes = [
            # used by the staff's queue, oldest first
            models.Index(
                fields=["submitted_at"],
                condition=Q(state__in=["submitted", "in_review"]),
                name="case_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.legal_name or self.business}"


class Check(models.Model):
    """One thing that was looked at in a case, by a program or a person, and what came of it."""

    class Kind(models.TextChoices):
        REGISTER = "register", _("The entry in the business register")
        ADDRESS = "address", _("The address of the seat")
        REPRESENTATIVE = "representative", _("Who may speak for the business")
        DOMAIN = "domain", _("Control of the website's domain")
        EMAIL = "email", _("An e-mail address at that domain")
        LOOK_ALIKE = "look_alike", _("No mistaking for another name")

    class Result(models.TextChoices):
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Failed")
        NEEDS_PERSON = "needs_person", _("Needs a person")

    case = models.ForeignKey(VerificationCase, models.CASCADE, related_name="checks")
    kind = models.CharField(max_length=40, choices=Kind)
    result = models.CharField(max_length=12, choices=Result)
    details = models.TextField(blank=True)
    evidence = models.JSONField(default=dict, blank=True, help_text=_("What was seen."))
    checked_at = models.DateTimeField(default=timezone.now)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            # The latest look at one thing is the one that counts.
            models.UniqueConstraint(fields=["case", "kind"], name="one_check_per_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.result}"


class Document(models.Model):
    """A paper handed in with a case: redrawn page by page, sealed, and deleted 90 days after the
    decision. The file itself is not kept, only its hash.
    """

    class Kind(models.TextChoices):
        REGISTER = "register", _("Extract of the business register")
        LICENCE = "licence", _("Business licence")
        TAX = "tax", _("Tax registration")
        REPRESENTATIVE = "representative", _("Identity of the representative")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(VerificationCase, models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=120)
    size = models.PositiveIntegerField(help_text=_("Bytes of the file that was handed in."))
    sha256 = models.CharField(max_length=64, help_text=_("Of the file that was handed in."))
    pages = models.PositiveSmallIntegerField(default=1)
    folder = models.CharField(max_length=32, help_text=_("Random; where the sealed pages are."))
    wrapped_key = models.BinaryField(help_text=_("Opens the pages; sealed by the business's key."))
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name

    def page_path(self, number: int) -> str:
        """Where the storage keeps page `number`, from 1."""
        return f"documents/{self.folder}/{number}"


class BusinessKey(models.Model):
    """The key over all documents of one business, itself sealed by MASTER_KEY."""

    business = models.OneToOneField(Business, models.PROTECT, related_name="sealing_key")
    wrapped_key = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"key of {self.business}"


class Verification(models.Model):
    """The record that a business was found to be who it says: granted once, ended at most once."""

    LAPSED, RENEWED = "Lapsed", "Renewed"  # reasons that the clock gives, not people

    business = models.ForeignKey(Business, models.PROTECT, related_name="verifications")
    case = models.OneToOneField(VerificationCase, models.PROTECT, related_name="verification")
    granted_at = models.DateTimeField(default=timezone.now)
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    valid_until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.TextField(blank=True)
    reminded_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("The last reminder went out this many days before.")
    )

    class Meta:
        permissions = [("withdraw_verification", "Can withdraw a verification")]
        constraints = [
            # A business holds at most one verification at a time.
            models.UniqueConstraint(
                fields=["business"], condition=Q(ended_at=None), name="one_current_verification"
            ),
            # It never ends without a reason.
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(ended_reason=""), name="verification_end_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business} until {self.valid_until:%Y-%m-%d}"
