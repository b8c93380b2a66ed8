from datetime import datetime, timedelta

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.base.ids import new_node_id
from profiles.models.businesses import Business

NEW_VERIFICATION_AFTER = timedelta(days=180)
HANDLE = r"[a-z][a-z0-9_]{2,29}"


class ProfileQuerySet(models.QuerySet):
    def with_badge(self, now: datetime | None = None) -> "ProfileQuerySet":
        """Profiles that show the badge now: verified, paid, in good enough standing."""
        now = now or timezone.now()
        return self.filter(
            business__verified_until__gt=now,
            business__paid_through__gt=now,
            is_test=False,
            closed_at=None,
        ).exclude(standing__in=Profile.BADGE_OFF)

    def lost_long_ago(self, now: datetime) -> "ProfileQuerySet":
        """Profiles that lost their badge for good so long ago that a new verification gives it
        back (the ladder of trust, "revoke").
        """
        return self.filter(
            standing=Profile.Standing.REVOKED,
            standing_changed_at__lte=now - NEW_VERIFICATION_AFTER,
            closed_at=None,
            is_test=False,
        )


class Profile(models.Model):
    """What people see of a business: handle, name, logo, badge. The Cloud API's phone number id.

    Standing and quality are written by the trust app only; nothing else changes them.

        clear -> warned -> limited -> suspended -> revoked       (and back, by evidence, staff or
        appeal)
    """

    class Standing(models.TextChoices):
        CLEAR = "clear", _("Clear")
        WARNED = "warned", _("Warned")
        LIMITED = "limited", _("Limited")
        SUSPENDED = "suspended", _("Suspended")
        REVOKED = "revoked", _("Revoked")

    class Quality(models.TextChoices):
        UNKNOWN = "unknown", _("Not enough messages yet")
        GREEN = "green", _("High")
        YELLOW = "yellow", _("Medium")
        RED = "red", _("Low")

    class Vertical(models.TextChoices):
        """Trades, as Cloud-API clients spell them."""

        OTHER = "OTHER", _("Other")
        AUTO = "AUTO", _("Automotive")
        BEAUTY = "BEAUTY", _("Beauty, spa and salon")
        APPAREL = "APPAREL", _("Clothing")
        EDU = "EDU", _("Education")
        ENTERTAIN = "ENTERTAIN", _("Entertainment")
        EVENT_PLAN = "EVENT_PLAN", _("Event planning")
        FINANCE = "FINANCE", _("Finance and banking")
        GROCERY = "GROCERY", _("Food and grocery")
        GOVT = "GOVT", _("Public service")
        HOTEL = "HOTEL", _("Hotel and lodging")
        HEALTH = "HEALTH", _("Health")
        NONPROFIT = "NONPROFIT", _("Non-profit")
        PROF_SERVICES = "PROF_SERVICES", _("Professional services")
        RETAIL = "RETAIL", _("Shopping and retail")
        TRAVEL = "TRAVEL", _("Travel and transport")
        RESTAURANT = "RESTAURANT", _("Restaurant")

    BADGE_OFF = (Standing.SUSPENDED, Standing.REVOKED)

    id = models.BigIntegerField(primary_key=True, default=new_node_id, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="profiles")
    handle = models.CharField(
        _("handle"),
        max_length=30,
        unique=True,
        validators=[
            RegexValidator(
                f"^{HANDLE}$", _("3 to 30 small letters, digits or _, beginning with a letter.")
            )
        ],
        help_text=_("How people find you: @handle. 3 to 30 small letters, digits or _."),
    )
    name = models.CharField(_("display name"), max_length=60)
    about = models.CharField(_("about"), max_length=139, blank=True)
    description = models.TextField(_("description"), max_length=512, blank=True)
    vertical = models.CharField(_("trade"), max_length=20, choices=Vertical, default=Vertical.OTHER)
    email = models.EmailField(_("e-mail"), blank=True)
    website = models.URLField(_("website"), blank=True)
    address = models.CharField(_("address"), max_length=256, blank=True)
    logo = models.ImageField(_("logo"), upload_to="logos", blank=True)
    logo_hash = models.CharField(
        max_length=16, blank=True, editable=False, help_text=_("What the eye keeps of the logo.")
    )

    standing = models.CharField(
        max_length=12, choices=Standing, default=Standing.CLEAR, editable=False
    )
    standing_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    quality = models.CharField(
        max_length=12, choices=Quality, default=Quality.UNKNOWN, editable=False
    )
    daily_cap = models.PositiveIntegerField(
        null=True,
        blank=True,
        default=250,
        help_text=_("Recipients of campaigns a day; empty means no cap."),
    )

    is_test = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        permissions = [("revoke_profile", "Can revoke and reinstate a profile")]
        constraints = [
            # A handle that could be mistaken for a path or another handle never enters.
            models.CheckConstraint(
                condition=Q(handle__regex=f"^{HANDLE}$"), name="handle_is_plain"
            ),
            # A business has at most one test profile.
            models.UniqueConstraint(
                fields=["business"], condition=Q(is_test=True), name="one_test_profile"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def logo_url(self) -> str:
        """Where the logo is served; empty when there is none. The address changes with the logo."""
        if not self.logo.name:
            return ""
        return reverse("profile_logo", args=[self.logo.name.rpartition("/")[2]])

    @property
    def badge_shown(self) -> bool:
        return self.shows_badge()

    def shows_badge(self, now: datetime | None = None) -> bool:
        """Whether people see the badge now: identity verified, subscription live, standing not
        lost.
        """
        return (
            not self.is_test
            and self.closed_at is None
            and self.business.is_verified(now)
            and self.business.is_paid(now)
            and self.standing not in self.BADGE_OFF
        )
