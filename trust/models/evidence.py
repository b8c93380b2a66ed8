from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile


class Unit(models.Model):
    """What is judged as one: a campaign, or one day of a profile's single messages.

    Written by `evaluate` alone, under the profile's lock, from marks and delivery deltas.
    `evidence` is E just after this unit, so that a change to it recomputes only what came later.
    """

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="units")
    key = models.CharField(max_length=40)  # "campaign:<id>" or "day:<date>"
    campaign_id = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=120, blank=True)  # the campaign's, told at its first look
    started_at = models.DateTimeField()
    delivered = models.BigIntegerField(default=0)  # people who saw it, unweighted
    n = models.FloatField(default=0)  # the same people, by weight
    x = models.FloatField(default=0)  # complaints, by weight
    reporters = models.IntegerField(default=0)  # people who complained, unweighted
    blocks = models.IntegerField(default=0)
    reports = models.IntegerField(default=0)
    likelihood = models.FloatField(default=0)
    evidence = models.FloatField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)
    look = models.JSONField(null=True, blank=True)  # the latest verdict of rule 1
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # A campaign or a day is judged once.
            models.UniqueConstraint(fields=["profile", "key"], name="one_unit_per_key"),
        ]
        indexes = [
            # used by evaluate and by the quality page, in the order of time
            models.Index(fields=["profile", "started_at"], name="units_in_time"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {self.key}"

    @property
    def title(self) -> str:
        """What people call it: the campaign's name, or the day."""
        return title_of(self.key, self.name)

    @property
    def rate(self) -> float:
        """Weighted complaints per person who saw it."""
        return self.x / max(self.n, self.x) if self.x else 0.0


def title_of(key: str, name: str = "") -> str:
    """A unit's key in words."""
    kind, _colon, rest = key.partition(":")
    if kind == "day":
        day = date_format(date.fromisoformat(rest), "j M Y")
        return gettext("Single messages, %(day)s") % {"day": day}
    return name or gettext("Campaign %(id)s") % {"id": rest}


class DeliveryDelta(models.Model):
    """People who saw messages of a unit, not yet counted in. Writers only insert and never wait."""

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="+")
    unit_key = models.CharField(max_length=40)
    campaign_id = models.BigIntegerField(null=True)
    delivered = models.BigIntegerField()
    n = models.FloatField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by evaluate: what is not yet counted in
            models.Index(fields=["profile", "id"], name="deltas_of_profile"),
        ]

    def __str__(self) -> str:
        return f"{self.unit_key} +{self.delivered}"


class Evidence(models.Model):
    """E of a profile as last computed, and what it starts from.

    Units that began before `base_at` count no more: a reversal, a new verification or a link to a
    revoked profile begins a new sum at `base`.
    """

    profile = models.OneToOneField(
        Profile, models.PROTECT, primary_key=True, related_name="evidence"
    )
    value = models.FloatField(default=0)
    at = models.DateTimeField(default=timezone.now)
    base = models.FloatField(default=0)
    base_at = models.DateTimeField(null=True, blank=True)
    score = models.FloatField(null=True, blank=True)  # the shown rate
    people = models.FloatField(default=0)  # weighted people behind the score
    high_at = models.DateTimeField(null=True, blank=True)  # when E last was where a limit holds
    policy_version = models.PositiveIntegerField(default=0)  # the rules it was computed by
    linked_to = models.ForeignKey(
        "trust.Decision", models.PROTECT, null=True, blank=True, related_name="linked"
    )  # the revocation because of which it started at `base`
    cap_changed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [
            # The floor of the sum.
            models.CheckConstraint(
                condition=Q(value__gte=0, base__gte=0), name="evidence_is_never_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.value:.1f}"


class Reading(models.Model):
    """How a profile stood at the end of a day, for the charts and for the steps of the cap."""

    profile = models.ForeignKey(Profile, models.PROTECT, related_name="readings")
    day = models.DateField()
    evidence = models.FloatField()
    score = models.FloatField()
    quality = models.CharField(max_length=12, choices=Profile.Quality)
    standing = models.CharField(max_length=12, choices=Profile.Standing)
    delivered = models.BigIntegerField(_("people who saw a message that day"), default=0)
    cap = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            # One reading a day.
            models.UniqueConstraint(fields=["profile", "day"], name="one_reading_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.profile_id} {self.day}: {self.evidence:.1f}"
