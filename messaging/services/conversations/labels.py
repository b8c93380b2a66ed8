"""Labels: words by which a business sorts its contacts."""

from django.db import transaction
from django.utils.translation import gettext as _

from audience.locks import share_bucket
from audience.models import bucket_of
from messaging.models import Contact, Label
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record

LONGEST = 30  # characters
MOST = 200  # of a business
MOST_OF_CONTACT = 20


@transaction.atomic
def add_label(business: Business, person_id: int, name: str, *, by: User | None) -> Contact:
    """Put a label on a contact; a new word becomes a label of the business. Twice is once.

    Raises Refused: no such contact, no word, or too many.
    """
    name = " ".join(name.replace("\x00", "").split())
    share_bucket(bucket_of(person_id))
    label = _label(business, name)
    contact = _lock(business, person_id)
    if label.name in contact.labels:
        return contact
    if len(contact.labels) >= MOST_OF_CONTACT:
        raise Refused(_("A contact has at most %d labels.") % MOST_OF_CONTACT, code="list_full")

    contact.labels = sorted([*contact.labels, label.name], key=str.casefold)
    contact.save(update_fields=["labels"])

    _record(contact, "contact.labelled", label.name, by)
    return contact


@transaction.atomic
def remove_label(business: Business, person_id: int, name: str, *, by: User | None) -> Contact:
    """Take a label off a contact. Raises Refused where there is no such contact."""
    share_bucket(bucket_of(person_id))
    contact = _lock(business, person_id)
    if name in contact.labels:
        contact.labels = [word for word in contact.labels if word != name]
        contact.save(update_fields=["labels"])
        _record(contact, "contact.unlabelled", name, by)
    return contact


def labels_of(business: Business) -> list[str]:
    """The business's labels, by name."""
    return list(Label.objects.filter(business=business).values_list("name", flat=True))


def _label(business: Business, name: str) -> Label:
    if not name or len(name) > LONGEST:
        raise Refused(_("A label has 1 to %d characters.") % LONGEST, code="invalid")
    if found := Label.objects.filter(business=business, name__iexact=name).first():
        return found
    if Label.objects.filter(business=business).count() >= MOST:
        raise Refused(_("A business has at most %d labels.") % MOST, code="list_full")
    return Label.objects.get_or_create(business=business, name=name)[0]


def _lock(business: Business, person_id: int) -> Contact:
    contact = (
        Contact.objects.select_for_update()
        .filter(person_id=person_id, business_id=business.pk)
        .first()
    )
    if contact is None:
        raise Refused(_("This person can't be reached."), code="unknown_recipient")
    return contact


def _record(contact: Contact, event: str, label: str, by: User | None) -> None:
    business = Business.objects.get(pk=contact.business_id)
    number = pairwise_number(contact.business_id, contact.person_id)
    record(business, event, by=by, number=number, label=label)
