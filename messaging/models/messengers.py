"""The operator's messengers: their keys, who is in them, what they told us, what waits for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEY_PREFIX = "plk_"
FULL_BATCH = 500  # messages in one call of a gateway


class Messenger(models.Model):
    """A messenger of the operator's, whose users are the people here.

    With a gateway it takes what businesses send to its members in signed batches. One worker at a
    time calls it, under a lease. While it fails it rests; while it is slow its batches are smaller.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    gateway_url = models.URLField(_("address of its gateway"), max_length=500, blank=True)
    secret_sealed = models.TextField(blank=True, editable=False)  # signs the batches
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    # How calling its gateway goes.
    leased_until = models.DateTimeField(null=True, editable=False)
    resting_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=300, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    batch_size = models.PositiveSmallIntegerField(default=FULL_BATCH)

    class Meta:
        permissions = [("manage_messenger", "Can manage messengers and their keys")]
        constraints = [
            # What goes out is signed.
            models.CheckConstraint(
                condition=Q(gateway_url="") | ~Q(secret_sealed=""), name="gateway_has_a_secret"
            ),
            # A batch is at least one message, and no larger than was promised.
            models.CheckConstraint(
                condition=Q(batch_size__range=(1, FULL_BATCH)), name="gateway_batch_is_bounded"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    is_authenticated = True  # it is whom a key of the platform API stands for

    @property
    def has_gateway(self) -> bool:
        return bool(self.gateway_url) and self.closed_at is None


class MessengerKey(models.Model):
    """A key to the platform API: shown once, kept as a hash, until it is revoked."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    messenger = models.ForeignKey(Messenger, models.PROTECT, related_name="keys")
    name = models.CharField(_("name"), max_length=60)
    prefix = models.CharField(max_length=12)  # what may be shown of it
    sha256 = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            # A key is not taken away without our knowing by whom.
            models.CheckConstraint(
                condition=Q(revoked_at=None) | Q(revoked_by__isnull=False),
                name="messenger_key_revocation_says_who",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Member(models.Model):
    """A person is in a messenger: there they get what businesses send, if it has a gateway."""

    person_id = models.BigIntegerField(primary_key=True)
    messenger_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.person_id} in {self.messenger_id}"


class MessengerEvent(models.Model):
    """Something a messenger told us about a person, taken in: telling it again does nothing.

    Receipts have no row: a message that is read stays read.
    """

    pk = models.CompositePrimaryKey("person_id", "messenger_id", "event_id")
    person_id = models.BigIntegerField()
    messenger_id = models.BigIntegerField()
    event_id = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)  # of the event, so that an id means one event
    taken_at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by the job that forgets old ones
            models.Index(fields=["taken_at"], name="messenger_events_by_age"),
        ]

    def __str__(self) -> str:
        return self.event_id


class GatewayMessage(models.Model):
    """A message on its way to a messenger; the row goes when the messenger has taken it.

    Written in the transaction that writes the message. `place` orders a person's rows as they were
    written; a messenger's lanes are served side by side, and a person is in one lane.
    """

    class Urgency(models.IntegerChoices):
        CRITICAL = 0, _("Critical")
        SINGLE = 1, _("Single message")
        CAMPAIGN = 2, _("Campaign")

    pk = models.CompositePrimaryKey("person_id", "message_id")
    person_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    messenger_id = models.BigIntegerField()
    lane = models.SmallIntegerField()
    urgency = models.SmallIntegerField(choices=Urgency)
    place = models.BigIntegerField()

    class Meta:
        indexes = [
            # used to take the next batch of a lane
            models.Index(
                fields=["messenger_id", "lane", "urgency", "place", "person_id"],
                name="gateway_queue",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.person_id}"
