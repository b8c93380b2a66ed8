import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models.templates import Template
from profiles.models import Business, Profile

HIDDEN_BELOW = 50  # people, in the counts of a campaign of the first turn


class Campaign(models.Model):
    """One message to everyone who matches an audience, frozen at launch.

        draft -> scheduled -> running <-> paused
          \\________\\___________\\_________\\--> cancelled   (always wins)
                               running -> finished | stopped(reason, by rule 1 or staff)

    Each transition is a guarded update. That it is finished is derived from its chunks, never
    declared.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        RUNNING = "running", _("Sending")
        PAUSED = "paused", _("Paused")
        FINISHED = "finished", _("Finished")
        CANCELLED = "cancelled", _("Cancelled")
        STOPPED = "stopped", _("Stopped")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.PROTECT, related_name="campaigns")
    profile = models.ForeignKey(Profile, models.PROTECT, related_name="campaigns")
    template = models.ForeignKey(Template, models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=120)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    audience = models.JSONField(default=dict)  # the definition, as audience.definition says
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    # What a client named its request, so that asking again makes no second campaign.
    idempotency_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    max_recipients = models.BigIntegerField(null=True, blank=True)  # the business's own limit

    # Frozen at launch.
    message_class = models.CharField(max_length=14, default="marketing")
    template_version = models.PositiveIntegerField(null=True, blank=True)
    message_id = models.BigIntegerField(null=True, blank=True, unique=True)
    body = models.TextField(blank=True)
    content = models.JSONField(null=True, blank=True)
    salt = models.BigIntegerField(null=True, blank=True)
    snapshot_id = models.BigIntegerField(null=True, blank=True)
    # 1, or 2 where an earlier one within the snapshot may reach the same people, and so on: its
    # counts are so many times as coarse.
    turn = models.PositiveSmallIntegerField(default=1)
    estimate = models.BigIntegerField(null=True, blank=True)  # people, noised
    charged = models.BigIntegerField(null=True, blank=True)  # people that usage was debited
    cap = models.BigIntegerField(null=True, blank=True)  # most recipients, by quality and quota
    first_batch = models.IntegerField(null=True, blank=True)  # people, about
    first_chunks = models.IntegerField(null=True, blank=True)  # the chunks that they are in
    fingerprint = models.CharField(max_length=64, blank=True)  # same words to the same people
    scheduled_at = models.DateTimeField(null=True, blank=True)
    # On each person's own clock: the digits of this moment in UTC, such as 09:00. Null: at once.
    wall_clock = models.DateTimeField(null=True, blank=True)
    launched_at = models.DateTimeField(null=True, blank=True)
    launched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    hold_until = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)  # the first batch was found good
    look = models.JSONField(null=True, blank=True)  # the latest verdict of rule 1
    paused_because = models.TextField(blank=True)  # empty: a member paused it
    ended_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    stop_reason = models.TextField(blank=True)

    class Meta:
        permissions = [("stop_campaign", "Can stop a running campaign")]
        constraints = [
            # What is launched has all that a chunk needs.
            models.CheckConstraint(
                condition=Q(state__in=["draft", "scheduled", "cancelled"])
                | Q(
                    message_id__isnull=False,
                    salt__isnull=False,
                    launched_at__isnull=False,
                    first_chunks__isnull=False,
                ),
                name="launched_campaign_is_frozen",
            ),
            # No counts without noise.
            models.CheckConstraint(condition=Q(turn__gte=1), name="campaign_has_its_turn"),
            # A request made twice is one campaign.
            models.UniqueConstraint(
                fields=["business", "idempotency_key"], name="one_campaign_per_request"
            ),
            # Nobody's campaign is stopped without a reason.
            models.CheckConstraint(
                condition=~Q(state="stopped") | ~Q(stop_reason=""), name="stopped_campaign_says_why"
            ),
        ]
        indexes = [
            # used by the list of campaigns
            models.Index(fields=["business", "-created_at"], name="campaigns_of_business"),
            # used by the sweeper and by "Sending now"
            models.Index(
                fields=["state"],
                condition=Q(state__in=["running", "scheduled"]),
                name="campaigns_under_way",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def hidden_below(self) -> int:
        """The fewest people that its counts are shown to the business from."""
        return HIDDEN_BELOW * self.turn

    @property
    def planned(self) -> int | None:
        """How many people it was launched for, about; `charged` shrinks where it ends early."""
        return self.estimate if self.cap is None else self.cap

    @property
    def is_held(self) -> bool:
        """Whether the first batch is out and is being watched."""
        return self.hold_until is not None and self.released_at is None


class CampaignChunk(models.Model):
    """One bucket of one campaign: claimed, sent and marked done in one transaction.

    Whoever must not be disturbed yet (quiet hours, or not yet time where they are) is left for a
    later round of the same bucket, which is due when the first of them may be.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="chunks")
    position = models.IntegerField()  # salted order
    bucket = models.SmallIntegerField()
    round = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)  # null: at once
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    sent = models.IntegerField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A bucket is one chunk of a campaign in each round.
            models.UniqueConstraint(
                fields=["campaign", "bucket", "round"], name="one_chunk_per_bucket_and_round"
            ),
            # What waits for people's mornings says until when.
            models.CheckConstraint(
                condition=Q(round=0) | Q(due_at__isnull=False), name="later_round_is_due"
            ),
        ]
        indexes = [
            # used to claim the next chunk
            models.Index(
                fields=["campaign", "position"], condition=Q(state="waiting"), name="chunks_waiting"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}/{self.bucket}"


class CampaignNoise(models.Model):
    """A count as the business sees it, and what hides single people in it while it moves."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="noise")
    metric = models.CharField(max_length=20)
    draw = models.BigIntegerField()  # by how many people the next step comes late; told to nobody
    counted = models.BigIntegerField(default=0)  # people that the steps so far took; to nobody
    shown = models.BigIntegerField(default=0)
    retries = models.PositiveSmallIntegerField(default=0)  # the done ones that it takes in

    class Meta:
        constraints = [
            # One draw per campaign and metric: a second one could be averaged away.
            models.UniqueConstraint(fields=["campaign", "metric"], name="one_draw_per_metric"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.metric} {self.draw:+d}"


class CampaignRetry(models.Model):
    """Somebody asked that those whom the messenger turned away be tried again.

    Worked off a few hundred people at a time, in the order of person_id; `after` is how far it is.
    Who must not be disturbed then is left for another turn, at `due_at`.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="retries")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    after = models.BigIntegerField(default=-1)
    due_at = models.DateTimeField(null=True)  # null: at once
    waits_until = models.DateTimeField(null=True)  # the first of those who were left, in this turn
    people = models.BigIntegerField(default=0)  # on their way again: for staff and tests
    done_at = models.DateTimeField(null=True)
    ended_because = models.TextField(blank=True)  # a sentence, where a rule ended it early

    class Meta:
        verbose_name_plural = "campaign retries"
        constraints = [
            # Asking twice is one retry.
            models.UniqueConstraint(
                fields=["campaign"], condition=Q(done_at=None), name="one_open_retry"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} again"


class CounterDelta(models.Model):
    """What happened, counted as rows to add up: (business, profile, campaign) x metric x day.

    Writers only insert, so they never wait for each other; a job adds what is new to the one row
    that is squashed. The count is the sum of all.
    """

    business_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField(null=True)
    metric = models.CharField(
        max_length=20
    )  # sent, delivered, read, replied, blocked, reported, failed
    day = models.DateField()
    n = models.BigIntegerField()
    squashed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # What is squashed is one row.
            models.UniqueConstraint(
                fields=["business_id", "profile_id", "campaign_id", "metric", "day"],
                condition=Q(squashed=True),
                nulls_distinct=False,
                name="one_squashed_count",
            ),
        ]
        indexes = [
            # used by the job that squashes
            models.Index(fields=["id"], condition=Q(squashed=False), name="counts_to_squash"),
            # used by the dashboard's charts
            models.Index(
                fields=["business_id", "day", "metric"], include=["n"], name="counts_of_business"
            ),
            # used by a campaign's page
            models.Index(
                fields=["campaign_id", "metric"],
                include=["n"],
                condition=Q(campaign_id__isnull=False),
                name="counts_of_campaign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric} {self.n}"
