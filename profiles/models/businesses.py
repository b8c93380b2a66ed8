import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.base.ids import new_node_id


class BusinessQuerySet(models.QuerySet):
    def of(self, user) -> "BusinessQuerySet":
        """The businesses that the user is a member of: the only way in for pages and APIs."""
        return self.filter(memberships__user=user, memberships__removed_at=None, closed_at=None)


class Business(models.Model):
    """A workspace: members, plan, subscription, and the verification of one legal entity.

    `verified_until` and `paid_through` are copies, kept by the services of verification and
    billing, so
    that whether a badge shows is one row's question. They end by themselves as time passes.
    """

    id = models.BigIntegerField(primary_key=True, default=new_node_id, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    country = models.CharField(
        _("country"), max_length=2, help_text=_("ISO 3166-1 code of the seat.")
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    verified_until = models.DateTimeField(null=True, blank=True, editable=False)
    paid_through = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = BusinessQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "businesses"
        permissions = [("view_as_business", "Can see a business's pages as it does")]

    def __str__(self) -> str:
        return self.name

    def is_verified(self, now: datetime | None = None) -> bool:
        return bool(self.verified_until and self.verified_until > (now or timezone.now()))

    def is_paid(self, now: datetime | None = None) -> bool:
        return bool(self.paid_through and self.paid_through > (now or timezone.now()))


class Membership(models.Model):
    """What one user may do in one business. Removing keeps the row, so that history has a name."""

    class Role(models.TextChoices):
        OWNER = "owner", _("Owner: everything, also closing the business")
        ADMIN = "admin", _("Admin: everything but closing and ownership")
        AGENT = "agent", _("Agent: answers conversations")
        DEVELOPER = "developer", _("Developer: keys, webhooks and logs")
        ANALYST = "analyst", _("Analyst: reads numbers and reports")

    business = models.ForeignKey(Business, models.PROTECT, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # A user has one role at a time in a business.
            models.UniqueConstraint(
                fields=["business", "user"],
                condition=models.Q(removed_at=None),
                name="one_membership_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.role} of {self.business}"

    @property
    def short_role(self) -> str:
        return str(self.get_role_display()).split(":")[0]


class Invitation(models.Model):
    """A letter to an address: join this business in this role. Works once, for seven days."""

    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Membership.Role)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # One open invitation per address and business.
            models.UniqueConstraint(
                fields=["business", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="one_open_invitation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.business}"
