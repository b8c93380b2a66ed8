"""A campaign's words sent to one known person first, as everyone would get them."""

from datetime import datetime

from django.utils.translation import gettext as _

from messaging.models import Campaign, Contact, Message, SandboxPerson
from messaging.names import name_for
from messaging.services.messages import send_message
from messaging.services.templates.filling import render
from portal.base.pairwise import pairwise_number, person_of
from portal.base.refused import Refused
from profiles.models import Business, User

SHOWN = 20  # contacts to choose from


def contacts_to_try(business: Business) -> list[tuple[str, str]]:
    """(number, name) of the contacts who were in touch last, to choose oneself from."""
    rows = Contact.objects.filter(business_id=business.pk, blocked_at=None).order_by(
        "-last_at", "person_id"
    )
    return [
        (number := pairwise_number(business.pk, row.person_id), name_for(row, number))
        for row in rows[:SHOWN]
    ]


def send_trial(
    campaign: Campaign, *, by: User, number: str, now: datetime | None = None
) -> Message:
    """Send the draft's message to the contact with this number, by the rules of single messages;
    to one of the sandbox's people from its test profile.

    Raises Refused where the draft has no words yet, or this person may not be written to.
    """
    if campaign.template is None:
        raise Refused(_("Choose what to say: an approved template."), code="no_template")
    person_id = person_of(campaign.business_id, number)
    if person_id is None:
        raise Refused(_("Choose who gets the test."), code="unknown_recipient")
    rendered = render(campaign.template, (campaign.content or {}).get("parameters"))
    # A test person knows the test profile only, and may be tried before verification.
    test = SandboxPerson.objects.filter(
        profile__business=campaign.business_id, person_id=person_id
    ).first()
    return send_message(
        test.profile if test else campaign.profile,
        person_id,
        by=by,
        kind=Message.Kind.TEMPLATE,
        body=rendered.body,
        content=rendered.content,
        template=campaign.template,
        now=now,
    )
