"""Account linking: which customer of a business a person is, by the person's own yes."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from profiles.models import Business, Profile

NONCE = r"^[\x21-\x7e]{1,128}$"


class LinkRequest(models.Model):
    """A business's question to whoever opens its link: are you this customer of mine?

    The link's token is kept as a hash. Who answered is not kept here, so that a no stays unknown.

    open -> agreed | declined
      +---> withdrawn, or over when its time has passed
    """

    class State(models.TextChoices):
        OPEN = "open", _("Waiting")
        AGREED = "agreed", _("Linked")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    business = models.ForeignKey(Business, models.CASCADE, related_name="link_requests")
    profile = models.ForeignKey(Profile, models.CASCADE, related_name="link_requests")
    nonce = models.CharField(max_length=128)  # the business's own: comes back in the webhook
    reference = models.CharField(_("customer number"), max_length=128, blank=True)
    account_name = models.CharField(_("account"), max_length=60, blank=True)  # shown to the person
    purpose = models.CharField(_("purpose"), max_length=140, blank=True)  # in the business's words
    asks_alerts = models.BooleanField(default=True)
    asks_adverts = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )  # null: by the API
    expires_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # A nonce stands for one question, so that an old answer can't be taken for a new one.
            models.UniqueConstraint(fields=["business", "nonce"], name="one_request_per_nonce"),
            # A nonce is what can stand in a log and in an address.
            models.CheckConstraint(condition=Q(nonce__regex=NONCE), name="nonce_is_plain"),
            # A question is answered in its time, and what is answered says when.
            models.CheckConstraint(
                condition=Q(state="open", answered_at=None)
                | (~Q(state="open") & Q(answered_at__lt=F("expires_at"))),
                name="link_request_answered_in_time",
            ),
        ]
        indexes = [
            # used by the page of links, newest first
            models.Index(fields=["business", "-id"], name="link_requests_of_business"),
            # used to forget old ones
            models.Index(fields=["expires_at"], name="link_requests_by_end"),
        ]

    def __str__(self) -> str:
        return f"Link request {self.uuid}"


class AccountLink(models.Model):
    """A person said yes: towards this business they are this customer, until one of them ends it.

    A row per person; ended ones stay, so that the person can see what once was.
    """

    class EndedBy(models.TextChoices):
        PERSON = "person", _("The person")
        BUSINESS = "business", _("The business")
        NEWER = "newer", _("A newer link")

    pk = models.CompositePrimaryKey("person_id", "id")
    person_id = models.BigIntegerField()
    id = models.BigIntegerField()
    business_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    nonce = models.CharField(max_length=128)
    reference = models.CharField(max_length=128, blank=True)
    account_name = models.CharField(max_length=60, blank=True)
    linked_at = models.DateTimeField()
    told_id = models.BigIntegerField(null=True)  # the first message that carried the reference
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=8, choices=EndedBy, default="", blank=True)

    class Meta:
        constraints = [
            # A person is one customer of a business at a time.
            models.UniqueConstraint(
                fields=["person_id", "business_id"],
                condition=Q(ended_at=None),
                name="one_active_link",
            ),
            # What ended says who ended it.
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by="")
                | (Q(ended_at__isnull=False) & ~Q(ended_by="")),
                name="link_end_says_who",
            ),
        ]
        indexes = [
            # used to find who is linked to the business's own reference
            models.Index(
                fields=["business_id", "reference", "person_id"],
                condition=Q(ended_at=None),
                name="links_of_business",
            ),
            # used by the list of who is linked, newest first
            models.Index(
                fields=["business_id", "-id"],
                condition=Q(ended_at=None),
                name="newest_links_of_business",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} is {self.reference or self.nonce}"
