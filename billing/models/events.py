from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone


class StripeEventQuerySet(models.QuerySet):
    def due(self, now) -> "StripeEventQuerySet":
        """Not handled yet, and nobody is at it."""
        return self.filter(
            Q(leased_until=None) | Q(leased_until__lt=now), handled_at=None, due_at__lte=now
        )


class StripeEvent(models.Model):
    """Stripe told us that something changed: which object, not how; we ask Stripe for that.

    received --leased--> handled
        ^        |
        +--------+  failed or worker died: due again later
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook"
        RECONCILE = "reconcile"

    stripe_id = models.CharField(max_length=64, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=100, blank=True)
    subscription_id = models.CharField(max_length=64, blank=True)
    customer_id = models.CharField(max_length=64, blank=True)
    account_id = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source, default=Source.WEBHOOK)
    received_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    last_error = models.TextField(blank=True)

    objects = StripeEventQuerySet.as_manager()

    class Meta:
        permissions = [("replay_stripeevent", "Can handle a Stripe event again")]
        indexes = [
            # used by the worker: what is to be handled
            models.Index(fields=["due_at"], condition=Q(handled_at=None), name="stripe_event_due"),
            # used by the staff's list, newest first
            models.Index(F("received_at").desc(), name="stripe_event_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.stripe_id}"


class ReconcileRun(models.Model):
    """One look at Stripe's own list of events; the next begins where this one ended."""

    through = models.DateTimeField(unique=True)
    seen = models.PositiveIntegerField()
    missed = models.PositiveIntegerField(help_text="Events that no webhook had brought.")

    def __str__(self) -> str:
        return f"{self.through:%Y-%m-%d %H:%M}: {self.missed} of {self.seen} missed"
