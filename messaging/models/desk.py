"""What the members of a business keep beside a conversation: notes, ready words, own answers."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from profiles.models import Business


class Note(models.Model):
    """What a member writes to the others about a conversation. The person never sees it.

    A row per person: it goes when the person is erased.
    """

    pk = models.CompositePrimaryKey("person_id", "id")
    person_id = models.BigIntegerField()
    id = models.BigIntegerField()  # ordered by time, like a message's
    profile_id = models.BigIntegerField()
    author_id = models.BigIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by the conversation's page, between the messages
            models.Index(fields=["person_id", "profile_id", "-id"], name="notes_of_conversation"),
        ]

    def __str__(self) -> str:
        return self.body[:40]


class CannedReply(models.Model):
    """Words that a business says often, by a short name."""

    business = models.ForeignKey(Business, models.CASCADE, related_name="canned_replies")
    name = models.CharField(_("short name"), max_length=30)
    body = models.TextField(_("words"), max_length=1024)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "canned replies"
        constraints = [
            # A short name stands for one thing, however it is spelled.
            models.UniqueConstraint("business", Lower("name"), name="one_canned_reply_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AutomaticReply(models.Model):
    """What is said by itself: to who writes first, while nobody is there, or to a keyword."""

    class Kind(models.TextChoices):
        GREETING = "greeting", _("Greeting")
        AWAY = "away", _("Away")
        KEYWORD = "keyword", _("Keyword")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="automatic_replies")
    kind = models.CharField(max_length=8, choices=Kind)
    keyword = models.CharField(_("keyword"), max_length=40, blank=True)
    body = models.TextField(_("words"), max_length=1024)
    # Away: outside of these hours, by the business's own clock; on days not named, all day.
    opens = models.PositiveSmallIntegerField(_("opens"), default=9)
    closes = models.PositiveSmallIntegerField(_("closes"), default=18)
    days = models.JSONField(_("days"), default=list, blank=True)  # 0 is Monday

    class Meta:
        ordering = ["kind", "keyword"]
        verbose_name_plural = "automatic replies"
        constraints = [
            # One greeting, one away message, and one reply to each keyword.
            models.UniqueConstraint(
                "business", "kind", Lower("keyword"), name="one_automatic_reply_of_a_kind"
            ),
            # A keyword belongs to the kind that listens to one.
            models.CheckConstraint(
                condition=Q(kind="keyword") & ~Q(keyword="") | ~Q(kind="keyword") & Q(keyword=""),
                name="keyword_has_a_word",
            ),
            # Hours are hours of one day.
            models.CheckConstraint(
                condition=Q(opens__lt=models.F("closes"), closes__lte=24), name="hours_of_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.keyword}".strip()
