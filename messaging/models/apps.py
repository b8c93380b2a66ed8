from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.base.ids import new_id, new_node_id
from profiles.models import Business

TOKEN_PREFIX = "sgt_"


class App(models.Model):
    """An integrator's program at one business: what its tokens and webhooks hang on.

    The secret is sealed, since webhooks are signed with it. While a new secret takes over
    (`next_secret`), the old one still signs and both prove who the app is.
    """

    id = models.BigIntegerField(primary_key=True, default=new_node_id, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="apps")
    name = models.CharField(_("name"), max_length=60)
    secret_sealed = models.TextField(editable=False)
    next_secret_sealed = models.TextField(blank=True, editable=False)
    next_secret_from = models.DateTimeField(null=True, blank=True, editable=False)
    # What the app wants to hear of, in the Cloud API's words.
    fields = models.JSONField(default=list)
    # When the app was subscribed to the account; null: it hears nothing.
    subscribed_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class AccessTokenQuerySet(models.QuerySet):
    def usable(self, now: datetime | None = None) -> "AccessTokenQuerySet":
        """Tokens that open something now."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()),
            revoked_at=None,
            app__closed_at=None,
            app__business__closed_at=None,
        )


class AccessToken(models.Model):
    """A key to the APIs: shown once, kept as a hash, until it expires or is revoked."""

    class Scope(models.TextChoices):
        MESSAGING = "whatsapp_business_messaging", _("Send and receive messages")
        MANAGEMENT = "whatsapp_business_management", _("Manage templates, profile and webhooks")
        # Of the management API, /api/v1/.
        PROFILES_READ = "profiles:read", _("Read profiles")
        PROFILES_WRITE = "profiles:write", _("Change profiles")
        MEMBERS_READ = "members:read", _("Read members and invitations")
        MEMBERS_WRITE = "members:write", _("Invite and remove members")
        TEMPLATES_READ = "templates:read", _("Read templates")
        TEMPLATES_WRITE = "templates:write", _("Write templates")
        AUDIENCES_READ = "audiences:read", _("Read audiences and estimates")
        AUDIENCES_WRITE = "audiences:write", _("Save and delete audiences")
        CAMPAIGNS_READ = "campaigns:read", _("Read campaigns and their counts")
        CAMPAIGNS_WRITE = "campaigns:write", _("Launch, pause and cancel campaigns")
        CONVERSATIONS_READ = "conversations:read", _("Read conversations")
        CONVERSATIONS_WRITE = "conversations:write", _("Answer, assign and resolve conversations")
        CONTACTS_READ = "contacts:read", _("Read contacts")
        CONTACTS_WRITE = "contacts:write", _("Label and block contacts")
        WEBHOOKS_READ = "webhooks:read", _("Read webhooks, events and attempts")
        WEBHOOKS_WRITE = "webhooks:write", _("Set, switch and replay webhooks")
        QUALITY_READ = "quality:read", _("Read quality and decisions")
        QUALITY_WRITE = "quality:write", _("Appeal decisions")
        BILLING_READ = "billing:read", _("Read the subscription and usage")
        AUDIT_READ = "audit:read", _("Read the audit log")

    app = models.ForeignKey(App, models.PROTECT, related_name="tokens")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=12)  # what may be shown of it
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    # Profiles it is limited to; empty means every profile of the business.
    profile_ids = models.JSONField(default=list, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AccessTokenQuerySet.as_manager()

    # What a Cloud-API client needs, and what a token has where nothing else is said.
    CLOUD_API = (Scope.MESSAGING, Scope.MANAGEMENT)

    class Meta:
        constraints = [
            # A key is not taken away without our knowing by whom.
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_by__isnull=False),
                name="token_revocation_says_who",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_usable(self) -> bool:
        return self.revoked_at is None and (
            self.expires_at is None or self.expires_at > timezone.now()
        )


class ApiCall(models.Model):
    """One request to an API, as the developers' log shows it; secrets are cut out beforehand."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="+", db_index=False)
    token = models.ForeignKey(AccessToken, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=300)
    status = models.PositiveSmallIntegerField()
    code = models.IntegerField(null=True)  # of the error in the answer
    milliseconds = models.PositiveIntegerField()
    trace = models.CharField(max_length=24)  # as in the answer's fbtrace_id
    request = models.TextField(blank=True)
    response = models.TextField(blank=True)

    class Meta:
        indexes = [
            # used by the developers' log, newest first
            models.Index(fields=["business", "-id"], name="api_calls_of_business"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
