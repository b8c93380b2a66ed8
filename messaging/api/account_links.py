"""/{profile}/account_links: links by which customers say who they are; who is linked; the end."""

from datetime import timedelta

from messaging.api.calls import DELETE, GET, MESSAGING, POST, Call, edge
from messaging.api.errors import unknown_node
from messaging.api.fields import number, one_of, text
from messaging.api.paging import page
from messaging.api.recipients import recipient_of
from messaging.models import AccountLink
from messaging.services.linking.accounts import active_link, unlink_account
from messaging.services.linking.requests import LIVES, address_of, ask_to_link
from portal.base.pairwise import pairwise_number, user_id, wa_id
from profiles.models import Profile

FORMS = ("SVG", "PNG")


@edge(Profile, "account_links", POST, scope=MESSAGING)
def post_account_link(call: Call) -> dict:
    """Make a one-time link; it is told only here."""
    data = call.data
    lives = LIVES
    if data.get("expires_in") is not None:
        lives = timedelta(seconds=number(data, "expires_in", least=60, most=7 * 86400))
    form = one_of(data, "qr_image", FORMS).lower() if data.get("qr_image") else "svg"
    request, token = ask_to_link(
        call.node,
        by=None,
        nonce=text(data, "nonce", most=128, required=False),
        reference=text(data, "reference", most=128, required=False),
        account_name=text(data, "account_name", most=60, required=False),
        purpose=text(data, "purpose", most=140, required=False),
        asks_alerts=_flag(data, "alerts", default=True),
        asks_adverts=_flag(data, "adverts", default=False),
        lives=lives,
        now=call.now,
    )
    return {
        "id": str(request.uuid),
        "nonce": request.nonce,
        "link": address_of(token),
        "qr_image_url": f"{address_of(token)}qr.{form}",
        "expires_at": int(request.expires_at.timestamp()),
    }


@edge(Profile, "account_links", GET, scope=MESSAGING)
def get_account_links(call: Call) -> dict:
    """Who is linked now, the last one first; with `reference` or `user`, who that is."""
    rows = AccountLink.objects.filter(business_id=call.business.pk, ended_at=None)
    if reference := text(call.data, "reference", most=128, required=False):
        rows = rows.filter(reference=reference)
    if user := text(call.data, "user", most=40, required=False):
        rows = rows.filter(person_id=recipient_of(call.business, {"to": user})[0])
    # By when they linked, never by person: two businesses that sort the same people alike could
    # match their numbers.
    return page(call, rows, show=_shown, key="id", default=100)


@edge(Profile, "account_links", DELETE, scope=MESSAGING)
def delete_account_link(call: Call) -> dict:
    """End the link with a person. Ending it twice is no fault."""
    written = text(call.data, "user", most=40)
    person_id, _input = recipient_of(call.business, {"to": written})
    link = active_link(person_id, call.business)
    if link is None:
        known = AccountLink.objects.filter(person_id=person_id, business_id=call.business.pk)
        if not known.exists():
            raise unknown_node(written, "DELETE")
    else:
        unlink_account(link, ended_by=AccountLink.EndedBy.BUSINESS, now=call.now)
    return {"success": True}


def _flag(data: dict, name: str, *, default: bool) -> bool:
    """True or false, also as a form writes it."""
    value = data.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    return one_of(data, name, ("true", "false")) == "true"


def _shown(link: AccountLink) -> dict:
    known_as = pairwise_number(link.business_id, link.person_id)
    return {
        "wa_id": wa_id(known_as),
        "user_id": user_id(known_as),
        "reference": link.reference,
        "nonce": link.nonce,
        "linked_at": int(link.linked_at.timestamp()),
    }
