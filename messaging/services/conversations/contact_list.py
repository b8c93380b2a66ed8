"""A business's contacts as it may see them: pages by key, never counts, nothing of the audience.

What is shown is what the person told this business or answered it: the name they chose, how they
came, the link, consent. What they set for all businesses is not shown: many would see it change at
once, and could match their contacts by it. Nor is whether they block: it reads like silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from audience.models import Consent
from messaging.models import Contact, SandboxPerson
from messaging.names import name_for
from portal.base.pairwise import pairwise_number, person_of
from profiles.models import Business

PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOW = {
    "linked": (_("Linked"), Q(linked_at__isnull=False)),
    "wrote": (_("Wrote first"), Q(source=Contact.Source.WROTE)),
    "scanned": (_("Scanned a code"), Q(source=Contact.Source.SCANNED)),
    "opted_in": (_("Opted in"), Q(source=Contact.Source.OPTED_IN)),
    "blocked": (_("Blocked by you"), Q(blocked_at__isnull=False)),
}


@dataclass(frozen=True)
class Line:
    """One contact: the row, its number, and what the person wants of this business.

    Attributes:
        alerts: whether the person allows them; nobody has to be asked first.
        adverts: what the person answered this business; None where they answered nothing, and
            what they set for all adverts decides, which is not for a business to know.
        said_alerts, said_adverts: the person's own answer to this business, if there is one.
    """

    contact: Contact
    number: str
    alerts: bool
    adverts: bool | None
    said_alerts: Consent | None
    said_adverts: Consent | None

    @property
    def name(self) -> str:
        return name_for(self.contact, self.number)


@dataclass(frozen=True)
class Page:
    """A page of contacts; `after` asks for the next, empty at the end."""

    lines: list[Line]
    after: str


def contacts_page(
    business: Business,
    *,
    how: str = "",
    label: str = "",
    words: str = "",
    after: str = "",
    limit: int = PAGE,
) -> Page:
    """Contacts, last contact first.

    Arguments:
        how: a key of HOW; whatever else means all.
        label: only those with this label.
        words: the beginning of a name, a whole customer number, or a contact's number.
        after: `after` of the page before; what can't be read means the first page.
    """
    rows = _rows(business, how=how, label=label, words=words)
    if place := read_place(business, after):
        at, person_id = place
        rows = rows.filter(
            Q(last_at__lt=at) | Q(last_at=at, person_id__gt=person_id), last_at__lte=at
        )
    found = list(rows[: limit + 1])
    return Page(
        _lines(business, found[:limit]),
        place_of(business, found[limit - 1].last_at, found[limit - 1].person_id)
        if len(found) > limit
        else "",
    )


def all_contacts(business: Business, *, how: str, label: str, words: str) -> Iterator[Line]:
    """Every contact that matches, fetched a thousand at a time."""
    after = ""
    while True:
        page = contacts_page(business, how=how, label=label, words=words, after=after, limit=1000)
        yield from page.lines
        if not (after := page.after):
            return


def line_of(business: Business, contact: Contact) -> Line:
    """What the contact's card shows."""
    return _lines(business, [contact])[0]


def _rows(business: Business, *, how: str, label: str, words: str) -> QuerySet[Contact]:
    made_up = SandboxPerson.objects.filter(profile__business=business)
    rows = (
        Contact.objects.filter(business_id=business.pk)
        .exclude(person_id__in=list(made_up.values_list("person_id", flat=True)))
        .order_by("-last_at", "person_id")
    )
    if how in HOW:
        rows = rows.filter(HOW[how][1])
    if label:
        rows = rows.filter(labels__contains=[label])
    words = words.replace("\x00", "").strip()[:128]
    if words:
        found = Q(name__istartswith=words) | Q(reference=words)
        if (person_id := person_of(business.pk, words.replace(" ", ""))) is not None:
            found |= Q(person_id=person_id)
        rows = rows.filter(found)
    return rows


def _lines(business: Business, contacts: list[Contact]) -> list[Line]:
    people = [contact.person_id for contact in contacts]
    said = {
        (row.person_id, row.kind): row
        for row in Consent.objects.filter(person_id__in=people, scope_id=business.pk)
    }
    return [_line(business, contact, said) for contact in contacts]


def _line(business: Business, contact: Contact, said: dict[tuple[int, str], Consent]) -> Line:
    alerts = said.get((contact.person_id, Consent.Kind.BUSINESS_ALERTS))
    adverts = said.get((contact.person_id, Consent.Kind.BUSINESS_MARKETING))
    return Line(
        contact,
        pairwise_number(business.pk, contact.person_id),
        alerts=alerts is None or alerts.granted,
        adverts=adverts.granted if adverts else None,
        said_alerts=alerts,
        said_adverts=adverts,
    )


def place_of(business: Business, at: datetime, person_id: int) -> str:
    """A place in a list that is ordered by a time, then by person: for its next page."""
    microseconds = (at - EPOCH) // timedelta(microseconds=1)
    return f"{microseconds}.{pairwise_number(business.pk, person_id)}"


def read_place(business: Business, after: str) -> tuple[datetime, int] | None:
    """The time and person_id of a place; None for what is none."""
    microseconds, _dot, number = after.partition(".")
    if not (microseconds.isascii() and microseconds.isdigit() and len(microseconds) <= 17):
        return None
    person_id = person_of(business.pk, number)
    if person_id is None:
        return None
    return EPOCH + timedelta(microseconds=int(microseconds)), person_id
