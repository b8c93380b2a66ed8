"""What a business calls a person: the name they chose for it, and else nothing of their own.

The messenger knows a person's name, a business never does (audience.md): who chose none is a guest,
told apart by the last digits of the number that no other business knows.
"""

from django.utils.translation import gettext as _

from messaging.models import Contact

LONGEST = Contact._meta.get_field("name").max_length or 80


def name_for(contact: Contact | None, number: str) -> str:
    """The name to show for the person with this pairwise number.

    Arguments:
        contact: the person as this business knows them; None where it does not (yet).
    """
    if contact is not None and contact.name:
        return contact.name
    return _("Guest %(digits)s") % {"digits": number[-4:]}


def plain_name(name: str) -> str:
    """A chosen name on one line, without what can't be seen."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:LONGEST]
