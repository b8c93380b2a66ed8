"""Contacts as a business handles them: whom it wants to hear nothing from."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from messaging.models import Contact, Conversation
from messaging.rules import WINDOW
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record

MOST_BLOCKED = 64_000


@transaction.atomic
def block_contact(
    business: Business, person_id: int, *, by: User | None, now: datetime | None = None
) -> Contact:
    """Hear nothing more from a person who wrote within a day. Blocking twice changes nothing.

    Raises Refused with code unknown_recipient, window_closed or list_full.
    """
    now = now or timezone.now()
    share_bucket(bucket_of(person_id))
    contact = _contact(business, person_id)
    if contact.blocked_at:
        return contact
    wrote = Conversation.objects.filter(
        person_id=person_id, business_id=business.pk, written_at__gt=now - WINDOW
    ).exists()
    if not wrote:
        raise Refused(
            _("Only people who wrote within 24 hours can be blocked."), code="window_closed"
        )
    if blocked_contacts(business)[MOST_BLOCKED - 1 : MOST_BLOCKED]:
        raise Refused(_("The block list is full."), code="list_full")

    contact.blocked_at = now
    contact.save(update_fields=["blocked_at"])

    record(business, "contact.blocked", by=by, number=pairwise_number(business.pk, person_id))
    return contact


@transaction.atomic
def unblock_contact(business: Business, person_id: int, *, by: User | None) -> Contact:
    """Hear from the person again. Raises Refused where the business never knew them."""
    share_bucket(bucket_of(person_id))
    contact = _contact(business, person_id)
    if contact.blocked_at:
        contact.blocked_at = None
        contact.save(update_fields=["blocked_at"])
        record(business, "contact.unblocked", by=by, number=pairwise_number(business.pk, person_id))
    return contact


@transaction.atomic
def label_contact(
    business: Business, person_id: int, *, labels: list[str], by: User | None
) -> Contact:
    """Give the contact these labels, in place of those it had."""
    share_bucket(bucket_of(person_id))
    contact = _contact(business, person_id)
    before = contact.labels
    contact.labels = list(dict.fromkeys(word for label in labels if (word := label.strip())))
    if contact.labels != before:
        contact.save(update_fields=["labels"])
        record(
            business,
            "contact.labelled",
            by=by,
            number=pairwise_number(business.pk, person_id),
            labels=contact.labels,
        )
    return contact


def blocked_contacts(business: Business):
    """Whom the business blocked, the last one first.

    Never by person: two businesses that sort the same people alike could match their numbers.
    """
    return Contact.objects.filter(business_id=business.pk, blocked_at__isnull=False).order_by(
        "-blocked_at", "person_id"
    )


def _contact(business: Business, person_id: int) -> Contact:
    contact = Contact.objects.filter(person_id=person_id, business_id=business.pk).first()
    if contact is None:
        raise Refused(_("This person can't be reached."), code="unknown_recipient")
    return contact
