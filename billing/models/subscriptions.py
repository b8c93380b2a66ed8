from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.plans import INTERVALS
from profiles.models import Business


class SubscriptionQuerySet(models.QuerySet):
    def live(self) -> "SubscriptionQuerySet":
        """Those that Stripe still bills or tries to bill."""
        return self.filter(status__in=Subscription.LIVE, surplus_since=None)


class Subscription(models.Model):
    """A mirror of a subscription at Stripe: written only by `sync_subscription`, from what Stripe
    says when asked, never from what an event carries.

    incomplete -> trialing | active <-> past_due -> unpaid | paused -> canceled
        +-> incomplete_expired
    """

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete", _("Waiting for the first payment")
        INCOMPLETE_EXPIRED = "incomplete_expired", _("Never paid")
        TRIALING = "trialing", _("In trial")
        ACTIVE = "active", _("Active")
        PAST_DUE = "past_due", _("Payment overdue")
        UNPAID = "unpaid", _("Unpaid")
        PAUSED = "paused", _("Paused")
        CANCELED = "canceled", _("Ended")

    LIVE = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.UNPAID, Status.PAUSED)

    business = models.ForeignKey(Business, models.PROTECT, related_name="subscriptions")
    stripe_id = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=20, choices=Status)

    plan = models.CharField(
        max_length=20, blank=True, help_text=_("Empty: a price that is not in our catalogue.")
    )
    price_id = models.CharField(max_length=64)
    interval = models.CharField(max_length=5, choices=INTERVALS.items())
    currency = models.CharField(max_length=3)
    quantity = models.PositiveIntegerField(default=1, help_text=_("Seats paid for."))
    item_id = models.CharField(max_length=64, blank=True)

    started_at = models.DateTimeField()
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    trial_end = models.DateTimeField(null=True, blank=True)
    cancel_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    past_due_since = models.DateTimeField(null=True, blank=True)
    paused_at = models.DateTimeField(
        null=True, blank=True, help_text=_("Collection paused, by us after a revocation.")
    )
    credited_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text=_("After a penalty was reversed: when charging begins again."),
    )
    reminded_of = models.DateTimeField(
        null=True, blank=True, help_text=_("The end of trial or year we have written about.")
    )
    surplus_since = models.DateTimeField(
        null=True, blank=True, help_text=_("A second one, bought by accident; to be ended.")
    )

    fetched_at = models.DateTimeField(
        help_text=_("When the request began whose answer this is; older answers are dropped.")
    )

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        permissions = [("view_money", "Can see what the operator earns")]
        constraints = [
            # A business never pays for two subscriptions at once.
            models.UniqueConstraint(
                fields=["business"],
                condition=Q(
                    status__in=["trialing", "active", "past_due", "unpaid", "paused"],
                    surplus_since=None,
                ),
                name="one_live_subscription",
            ),
        ]
        indexes = [
            # used by entitlements and by the billing page
            models.Index(fields=["business", "-started_at"], name="subscription_of_business"),
            # used by the nightly walk
            models.Index(
                fields=["id"],
                condition=Q(status__in=["trialing", "active", "past_due", "unpaid", "paused"]),
                name="subscription_live",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.business}: {self.plan or self.price_id}, {self.status}"
