from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One message of one person, in or out. For a campaign this row *is* the delivery.

        queued -> sent -> delivered -> read          (never backwards)
             \\------+-> failed   (with an error code; a campaign's may be tried again)

    All messages of a campaign share its message_id, so the primary key is what makes it arrive
    once;
    their words are the campaign's, so body stays null. Ids are made in Python and ordered by time.
    """

    class Direction(models.TextChoices):
        IN = "in", _("From the person")
        OUT = "out", _("To the person")

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Failed")

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        TEMPLATE = "template", _("Template")
        IMAGE = "image", _("Image")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Audio")
        DOCUMENT = "document", _("Document")
        STICKER = "sticker", _("Sticker")
        LOCATION = "location", _("Location")
        CONTACTS = "contacts", _("Contact card")
        REACTION = "reaction", _("Reaction")
        INTERACTIVE = "interactive", _("Buttons or list")
        BUTTON = "button", _("Button pressed")
        PAYMENT = "payment", _("Payment request")
        SYSTEM = "system", _("Notice")

    class Class(models.TextChoices):
        CRITICAL = "critical", _("Critical")
        SERVICE = "service", _("Service")
        AUTHENTICATION = "authentication", _("Sign-in code")
        MARKETING = "marketing", _("Advert")

    pk = models.CompositePrimaryKey("person_id", "id")
    person_id = models.BigIntegerField()
    id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField(null=True)
    direction = models.CharField(max_length=3, choices=Direction)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TEXT)
    message_class = models.CharField(max_length=14, choices=Class, default=Class.SERVICE)
    status = models.CharField(max_length=9, choices=Status)
    error = models.IntegerField(null=True)  # code as in docs/api/errors.md
    body = models.TextField(null=True)  # noqa: DJ001  (null: the campaign's)
    content = models.JSONField(null=True)  # what the kind needs besides text, in Cloud-API shape
    reply_to = models.BigIntegerField(null=True)
    author_id = models.BigIntegerField(null=True)  # the member who wrote it; null: API or automatic
    # What the integrator wants echoed (biz_opaque_callback_data).
    client_data = models.CharField(max_length=512, null=True)  # noqa: DJ001
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # used to try a campaign's failed ones again; not by status, which would make every
            # receipt write to the index
            models.Index(
                fields=["campaign_id", "person_id"],
                condition=models.Q(failed_at__isnull=False, campaign_id__isnull=False),
                name="failed_of_campaign",
            ),
            # used by a conversation's page
            models.Index(
                fields=["person_id", "profile_id", "-id"], name="messages_of_conversation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.kind} {self.id}"
