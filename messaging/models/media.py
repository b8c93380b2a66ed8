from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.base.ids import new_node_id
from profiles.models import Business


class Media(models.Model):
    """A file that an integrator uploaded or a person sent, checked and written anew.

    The API knows it until `expires_at`. What was used in a message stays readable for the person;
    the rest is deleted by a job.
    """

    class Kind(models.TextChoices):
        IMAGE = "image", _("Image")
        VIDEO = "video", _("Video")
        AUDIO = "audio", _("Audio")
        DOCUMENT = "document", _("Document")
        STICKER = "sticker", _("Sticker")

    class Source(models.TextChoices):
        UPLOAD = "upload", _("Uploaded")
        LINK = "link", _("Fetched from a link")
        PERSON = "person", _("Sent by a person")

    id = models.BigIntegerField(primary_key=True, default=new_node_id, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="+")
    person_id = models.BigIntegerField(null=True)  # who sent it; null: the business did
    source = models.CharField(max_length=8, choices=Source)
    kind = models.CharField(max_length=8, choices=Kind)
    mime_type = models.CharField(max_length=100)
    file_name = models.CharField(max_length=240, blank=True)  # as its sender called it
    size = models.PositiveBigIntegerField()  # bytes, as stored
    sha256 = models.CharField(max_length=64)  # of what is stored
    stored_as = models.CharField(max_length=200)
    # Of the link it came from; the same link is not fetched again within a day.
    link_sha256 = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "media"
        indexes = [
            # used to find a link that was fetched already
            models.Index(
                fields=["business", "link_sha256", "-created_at"],
                condition=~Q(link_sha256=""),
                name="media_of_link",
            ),
            # used when a person is erased
            models.Index(
                fields=["person_id"],
                condition=Q(person_id__isnull=False),
                name="media_of_person",
            ),
            # used by the job that deletes what nobody used
            models.Index(fields=["expires_at"], condition=Q(used_at=None), name="media_to_delete"),
        ]

    def __str__(self) -> str:
        return self.file_name or f"{self.kind} {self.id}"
