import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Business


class Snapshot(models.Model):
    """All counts of people that anybody outside ever sees, drawn once: true cells plus noise.

    The noise is on the cells, not on the questions, so that no number of questions wears it off;
    true counts are never stored. A new snapshot is a new draw and costs privacy again, so it comes
    once in a while (settings.SNAPSHOT_DAYS).
    """

    taken_at = models.DateTimeField()
    epsilon = models.CharField(max_length=20)  # a fraction: "1/4"
    seconds = models.FloatField()

    class Meta:
        get_latest_by = "taken_at"
        indexes = [models.Index(fields=["-taken_at"], name="latest_snapshot")]  # used by estimates

    def __str__(self) -> str:
        return f"Snapshot of {self.taken_at:%Y-%m-%d %H:%M}"


class NoisedCell(models.Model):
    """People of one region, age band and tier, plus one draw of noise; may be below zero.

    Each adult with consent to adverts is in exactly one cell of a snapshot; empty cells are here
    as well, or their absence would tell.
    """

    pk = models.CompositePrimaryKey("snapshot_id", "country", "region", "band", "tier")
    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="cells", db_index=False)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=6, blank=True)  # empty: unknown
    band = models.SmallIntegerField()  # of audience.ages
    tier = models.CharField(max_length=8, blank=True)  # empty: unknown
    n = models.IntegerField()

    def __str__(self) -> str:
        return f"{self.country} {self.region} {self.band} {self.tier}: {self.n}"


class SavedAudience(models.Model):
    """A definition that a business gave a name, to use again."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="audiences")
    name = models.CharField(_("name"), max_length=80)
    definition = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A name means one audience.
            models.UniqueConstraint(fields=["business", "name"], name="one_audience_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
