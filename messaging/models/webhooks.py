import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.apps import App
from portal.base.ids import new_id
from profiles.models import Business, Profile


class WebhookEndpoint(models.Model):
    """An address that hears of what happens. It has answered a challenge before it is saved.

    Of an app's endpoints the narrowest counts: profile, then account, then app. One worker at a
    time calls it, under a lease, so that a person's events arrive in order and a slow receiver
    holds nobody else up.
    """

    class Level(models.TextChoices):
        APP = "app", _("All of the app")
        ACCOUNT = "account", _("This account")
        PROFILE = "profile", _("One profile")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    app = models.ForeignKey(App, models.CASCADE, related_name="endpoints")
    level = models.CharField(max_length=8, choices=Level, default=Level.APP)
    profile = models.ForeignKey(Profile, models.CASCADE, null=True, related_name="+")
    url = models.URLField(_("address"), max_length=500)
    verify_token = models.CharField(_("verify token"), max_length=200)
    verified_at = models.DateTimeField(default=timezone.now)
    # Also the order of turns: who was served last waits longest.
    leased_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True)
    # While it fails, one call at a time is tried, and none before this moment.
    resting_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            # An app has one address per level and profile.
            models.UniqueConstraint(
                fields=["app", "level", "profile"],
                nulls_distinct=False,
                name="one_endpoint_per_level",
            ),
            # Only the profile's level names a profile.
            models.CheckConstraint(
                condition=Q(level="profile", profile__isnull=False)
                | (~Q(level="profile") & Q(profile=None)),
                name="endpoint_level_fits_profile",
            ),
            # Nobody's address is switched off without a reason.
            models.CheckConstraint(
                condition=Q(disabled_at=None) | ~Q(disabled_reason=""),
                name="endpoint_disabling_says_why",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookEvent(models.Model):
    """Something that happened, to be told to integrators: written in the transaction it is of.

    `facts` say what happened; `body` is made from them once, at the first dispatch, and sent
    unchanged ever after, so that receivers know a repetition by its bytes.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="+", db_index=False)
    profile_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)  # whom it is about; null: nobody
    field = models.CharField(max_length=60)  # in the Cloud API's words: "messages"
    facts = models.JSONField()
    body = models.TextField(blank=True)  # ASCII only
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            # used by the log and by who pulls events
            models.Index(fields=["business", "-id"], name="webhook_events_of_business"),
            # used when a person is erased
            models.Index(
                fields=["person_id"],
                condition=Q(person_id__isnull=False),
                name="webhook_events_of_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.id}"


class WebhookCall(models.Model):
    """One event on its way to one endpoint.

    waiting ---> done
       ^  |
       +--+ no 2xx: due again by the schedule; after the last try given up
    """

    event = models.ForeignKey(WebhookEvent, models.CASCADE, related_name="calls")
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="calls")
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # An event goes to an endpoint once, however often it is tried.
            models.UniqueConstraint(fields=["event", "endpoint"], name="one_call_per_endpoint"),
        ]
        indexes = [
            # used by the dispatcher: what is due, for each endpoint oldest first
            models.Index(
                fields=["endpoint", "due_at", "id"],
                condition=Q(done_at=None, given_up_at=None),
                name="webhook_calls_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} to {self.endpoint_id}"


class WebhookAttempt(models.Model):
    """One try of a call, and what came back: the webhook log, kept for 30 days."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(WebhookCall, models.CASCADE, related_name="tries")
    at = models.DateTimeField(default=timezone.now)
    milliseconds = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True)  # null: no answer
    error = models.CharField(max_length=300, blank=True)
    response = models.TextField(blank=True)  # its beginning

    def __str__(self) -> str:
        return f"{self.call_id}: {self.status or self.error}"
