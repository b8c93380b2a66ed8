"""Who is meant by `to` or `recipient`: a person by the one number this business knows."""

import re

from django.utils.translation import gettext as _

from messaging.api.errors import GraphError, missing, wrong
from portal.base.pairwise import pairwise_number, person_of, user_id, wa_id
from profiles.models import Business

NOBODY = 0  # no person has this id: what can't be resolved goes the same way as who is unknown
NOISE = re.compile(r"[+\-() \u00a0\u200e\u200f]")


def recipient_of(business: Business, data: dict) -> tuple[int, str]:
    """The person_id and the address as the client wrote it. Raises GraphError.

    A phone number resolves to nobody, like any unknown number, and takes as long: who has which
    phone can't be found out here.
    """
    if str(data.get("recipient_type", "individual")).lower() not in ("individual", ""):
        raise GraphError(131051, _("Messages go to one person: recipient_type “individual”."))
    written = [_address(data, name) for name in ("to", "recipient") if data.get(name)]
    if not written:
        raise missing("to")
    people = {_person(business, address) for address in written}
    if len(people) > 1:
        raise wrong("recipient", _("“to” and “recipient” name different people."))
    return people.pop(), written[0]


def recipient_entry(business: Business, person_id: int, written: str) -> dict:
    """The person in the answer's contacts[]."""
    number = pairwise_number(business.pk, person_id)
    return {"input": written, "wa_id": wa_id(number), "user_id": user_id(number)}


def _person(business: Business, written: str) -> int:
    bare = NOISE.sub("", written)
    return person_of(business.pk, bare) or NOBODY


def _address(data: dict, name: str) -> str:
    value = data[name]
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 140:
        raise wrong(name, _("a number as it came in a webhook is expected."))
    return value
