from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class Conversation(models.Model):
    """One person and one profile: what each side's list shows.

    The two sides see different last messages: what a filtered campaign brought is the person's
    alone,
    so the business's columns stay empty until the person writes or the business writes to a
    contact.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SNOOZED = "snoozed", _("Snoozed")
        RESOLVED = "resolved", _("Resolved")

    pk = models.CompositePrimaryKey("person_id", "profile_id")
    person_id = models.BigIntegerField()
    profile_id = models.BigIntegerField()
    business_id = models.BigIntegerField()

    # The person's side.
    last_id = models.BigIntegerField()
    last_at = models.DateTimeField()
    last_body = models.CharField(max_length=120, blank=True)
    unread = models.SmallIntegerField(default=0)
    read_id = models.BigIntegerField(null=True)

    # The business's side; null until there is something it may see.
    business_last_id = models.BigIntegerField(null=True)
    business_last_at = models.DateTimeField(null=True)
    business_last_body = models.CharField(max_length=120, blank=True)
    business_unread = models.SmallIntegerField(default=0)
    written_at = models.DateTimeField(null=True)  # when the person last wrote: opens the 24 hours
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    assignee_id = models.BigIntegerField(null=True)
    snoozed_until = models.DateTimeField(null=True)  # of the state snoozed
    waiting_since = models.DateTimeField(null=True)  # the person's first word nobody answered

    class Meta:
        indexes = [
            # used by the person's chat list
            models.Index(fields=["person_id", "-last_at"], name="chats_of_person"),
            # used by the business's inbox
            models.Index(
                fields=["profile_id", "-business_last_at", "person_id"],
                condition=models.Q(business_last_at__isnull=False),
                name="inbox_of_profile",
            ),
            # used by the inbox's folders
            models.Index(
                fields=["profile_id", "state", "-business_last_at", "person_id"],
                condition=models.Q(business_last_at__isnull=False),
                name="inbox_by_state",
            ),
            # used by the folders "mine" and "unassigned"
            models.Index(
                fields=["profile_id", "assignee_id", "-business_last_at", "person_id"],
                condition=models.Q(business_last_at__isnull=False, state="open"),
                name="inbox_of_member",
            ),
            # used to bring back what was snoozed
            models.Index(
                fields=["snoozed_until"],
                condition=models.Q(state="snoozed"),
                name="snoozed_conversations",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} and {self.profile_id}"


class Contact(models.Model):
    """A person who wrote, linked an account or opted in, as one business knows them."""

    class Source(models.TextChoices):
        WROTE = "wrote", _("Wrote first")
        LINKED = "linked", _("Linked an account")
        SCANNED = "scanned", _("Scanned a code")
        OPTED_IN = "opted_in", _("Opted in")

    pk = models.CompositePrimaryKey("person_id", "business_id")
    person_id = models.BigIntegerField()
    business_id = models.BigIntegerField()
    name = models.CharField(
        max_length=80, blank=True
    )  # the name the person chose for this business
    source = models.CharField(max_length=12, choices=Source)
    reference = models.CharField(
        max_length=128, blank=True
    )  # the business's own, from account linking
    linked_at = models.DateTimeField(null=True)  # a copy of the active AccountLink's
    labels = models.JSONField(default=list)
    blocked_at = models.DateTimeField(null=True)  # by the business
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [
            # used by the business's contact list
            models.Index(
                fields=["business_id", "-last_at", "person_id"], name="contacts_of_business"
            ),
            # used to find a contact by the business's own reference
            models.Index(
                fields=["business_id", "reference"],
                condition=~models.Q(reference=""),
                name="contact_reference",
            ),
            # used by the contact list: who is linked
            models.Index(
                fields=["business_id", "-last_at", "person_id"],
                condition=models.Q(linked_at__isnull=False),
                name="linked_contacts",
            ),
            # used by the list of whom the business blocked
            models.Index(
                fields=["business_id", "-blocked_at", "person_id"],
                condition=models.Q(blocked_at__isnull=False),
                name="blocked_contacts",
            ),
            # (contacts_by_name, in a migration: the beginning of a name, whatever its case)
            # used to find contacts by label
            GinIndex(fields=["labels"], opclasses=["jsonb_path_ops"], name="contacts_by_label"),
        ]

    def __str__(self) -> str:
        return self.name or f"Contact {self.person_id}"
