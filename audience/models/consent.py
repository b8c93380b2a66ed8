from django.db import models
from django.utils.translation import gettext_lazy as _


class Block(models.Model):
    """A person wants nothing more from a profile. It holds from the moment it is committed."""

    class Reason(models.TextChoices):
        NONE = "none", _("No reason given")
        NOT_INTERESTED = "not_interested", _("Not interested")
        TOO_MANY = "too_many", _("Too many messages")
        UNKNOWN_SENDER = "unknown_sender", _("I don't know this sender")
        SCAM = "scam", _("It looks like a scam")

    pk = models.CompositePrimaryKey("person_id", "profile_id")
    person_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    reason = models.CharField(max_length=20, choices=Reason, default=Reason.NONE)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.person_id} blocks {self.profile_id}"


class Consent(models.Model):
    """A person's yes or no to one kind of message, with when, in which words, and where it was
    given.

    `scope_id` is the business for what concerns one business, else 0. Person.marketing is a copy of
    the platform-wide marketing row, for the audience index. The most restrictive answer wins.
    """

    class Kind(models.TextChoices):
        MARKETING = "marketing", _("Adverts on the whole platform")
        BUSINESS_MARKETING = "business_marketing", _("Adverts of one business")
        BUSINESS_ALERTS = "business_alerts", _("Alerts of one business")

    pk = models.CompositePrimaryKey("person_id", "kind", "scope_id")
    person_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    scope_id = models.BigIntegerField(default=0)
    granted = models.BooleanField()
    wording = models.CharField(max_length=20)
    source = models.CharField(max_length=40)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # a no to adverts that ends by itself then

    class Meta:
        constraints = [
            # Only a no ends by itself: a yes that ended would need words for what comes after.
            models.CheckConstraint(
                condition=models.Q(granted=False) | models.Q(until=None), name="only_a_no_ends"
            ),
        ]
        indexes = [
            # used to end pauses
            models.Index(
                fields=["until"], condition=models.Q(until__isnull=False), name="pauses_by_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {'yes' if self.granted else 'no'}"


class Budget(models.Model):
    """How many adverts a person got in one ISO week (year * 100 + week), and how many were allowed.

    `allowed` is the person's budget when the last one was claimed; a row is a claim, never edited.
    """

    pk = models.CompositePrimaryKey("person_id", "week")
    person_id = models.BigIntegerField()
    week = models.IntegerField()
    n = models.SmallIntegerField()
    allowed = models.SmallIntegerField()
    singles = models.SmallIntegerField(null=True)  # of them by single messages; null: none

    class Meta:
        constraints = [
            # Nobody gets more adverts in a week than they allow.
            models.CheckConstraint(
                condition=models.Q(n__range=(1, models.F("allowed"))), name="budget_is_kept"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.week}: {self.n}"
