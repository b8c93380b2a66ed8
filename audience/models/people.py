from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

# The bucket of a person: a multiplicative hash (Knuth, TAOCP vol. 3, 6.4) that Python and SQL
# compute alike in 63 bits, so that people imported one after the other are spread evenly.
FOLD, FACTOR, SHIFT = 2_147_483_647, 2_654_435_761, 20


def bucket_of(person_id: int) -> int:
    """The person's bucket, 0 to BUCKETS - 1; it never changes."""
    return ((person_id % FOLD) * FACTOR >> SHIFT) % settings.BUCKETS


def bucket_sql(column: str = "person_id") -> str:
    """`bucket_of` as a SQL expression over a bigint column; `column` is a name of ours, never
    input.
    """
    return f"mod(mod({column}, {FOLD}) * {FACTOR}::bigint >> {SHIFT}, {settings.BUCKETS})"


class Person(models.Model):
    """One of the messenger's users: what may be filtered, what they allow. Never a Django user.

    A row per person, up to billions: see docs/scale.md before adding a column or an index. `bucket`
    is filled at insert from person_id. An unknown year of birth counts as a minor.
    """

    class Tier(models.TextChoices):
        ENTRY = "entry", _("Entry phone")
        MIDDLE = "middle", _("Middle phone")
        PREMIUM = "premium", _("Premium phone")

    class TierSource(models.TextChoices):
        DEVICE = "device", _("From the device")
        PERSON = "person", _("Corrected by the person")
        OFF = "off", _("Switched off by the person")

    person_id = models.BigIntegerField(primary_key=True)
    external_id = models.CharField(max_length=128)
    name = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=6, blank=True)
    birth_year = models.SmallIntegerField(null=True)
    device = models.CharField(max_length=80, blank=True)
    tier = models.CharField(max_length=8, choices=Tier, null=True)  # noqa: DJ001  (null: unknown)
    tier_source = models.CharField(max_length=8, choices=TierSource, default=TierSource.DEVICE)
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=40, default="UTC")
    marketing = models.BooleanField()
    ads_per_week = models.SmallIntegerField(null=True)
    quiet_from = models.SmallIntegerField(null=True)
    quiet_until = models.SmallIntegerField(null=True)
    joined = models.DateField()
    bucket = models.SmallIntegerField()

    class Meta:
        verbose_name_plural = "people"
        indexes = [
            # used by a campaign's chunk: who of this bucket matches, without touching the table
            models.Index(
                fields=["country", "bucket"],
                include=["region", "birth_year", "tier", "language", "marketing", "person_id"],
                name="person_audience",
            ),
        ]
        constraints = [
            # Quiet hours and budgets are hours and counts.
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__range=(0, 23), quiet_until__range=(0, 23)),
                name="quiet_hours_are_hours",
            ),
            # A tier that the person switched off is nowhere.
            models.CheckConstraint(
                condition=~models.Q(tier_source="off") | models.Q(tier=None),
                name="tier_off_is_unknown",
            ),
            # A budget is a number of adverts; none at all is 0.
            models.CheckConstraint(
                condition=models.Q(ads_per_week=None) | models.Q(ads_per_week__range=(0, 100)),
                name="budget_is_a_count",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"Person {self.person_id}"

    def age(self, today: date) -> int | None:
        """Full years that are certain: the birthday is taken to be on 31 December."""
        return None if self.birth_year is None else today.year - self.birth_year - 1


class PersonKey(models.Model):
    """Finds a person by the messenger's own id; distributed by external_id."""

    external_id = models.CharField(max_length=128, primary_key=True)
    person_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.external_id


class PersonIdRange(models.Model):
    """The next free person_id: one row, moved on by whole ranges, so that loaders never meet."""

    next_id = models.BigIntegerField(default=1)

    class Meta:
        constraints = [
            # One counter, and person ids fit in the 11 digits of a pairwise number.
            models.CheckConstraint(
                condition=models.Q(id=1, next_id__range=(1, 10**11 - 1)),
                name="one_counter_of_people",
            ),
        ]

    def __str__(self) -> str:
        return str(self.next_id)
