"""/{profile}/block_users: people whom the business wants to hear nothing from."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.db.models import Q
from django.utils.translation import gettext as _

from messaging.api.calls import DELETE, GET, MESSAGING, POST, Call, edge
from messaging.api.errors import REFUSED, GraphError
from messaging.api.fields import limit_of, things
from messaging.api.recipients import recipient_entry, recipient_of
from messaging.errors import CODES
from messaging.models import Contact
from messaging.services.conversations.contact_list import place_of, read_place
from messaging.services.conversations.contacts import (
    block_contact,
    blocked_contacts,
    unblock_contact,
)
from portal.base.pairwise import pairwise_number, user_id, wa_id
from portal.base.refused import Refused
from profiles.models import Business, Profile, User

MOST = 1000  # people in one call
FAILED = 139100

Act = Callable[..., Contact]


@edge(Profile, "block_users", POST, scope=MESSAGING)
def post_blocks(call: Call) -> dict:
    """Block people who wrote within a day."""
    return _each(call, block_contact, "added_users")


@edge(Profile, "block_users", DELETE, scope=MESSAGING)
def delete_blocks(call: Call) -> dict:
    """Hear from them again."""
    return _each(call, unblock_contact, "removed_users")


@edge(Profile, "block_users", GET, scope=MESSAGING)
def get_blocks(call: Call) -> dict:
    """Who is blocked, the last one first, a page at a time."""
    business: Business = call.business
    limit = limit_of(call.data, default=100)
    rows = blocked_contacts(business)
    if after := str(call.data.get("after") or ""):
        if (place := read_place(business, after)) is None:
            raise GraphError(100, _("This cursor is not one of ours."))
        at, person_id = place
        rows = rows.filter(
            Q(blocked_at__lt=at) | Q(blocked_at=at, person_id__gt=person_id), blocked_at__lte=at
        )
    found = list(rows[: limit + 1])
    numbers = [pairwise_number(business.pk, row.person_id) for row in found[:limit]]
    answer: dict = {
        "data": [
            {
                "block_users": [
                    {
                        "messaging_product": "whatsapp",
                        "wa_id": wa_id(number),
                        "user_id": user_id(number),
                    }
                ],
                "messaging_product": "whatsapp",
                "input": wa_id(number),
                "wa_id": wa_id(number),
                "user_id": user_id(number),
            }
            for number in numbers
        ]
    }
    if numbers:
        first, last = (
            place_of(business, row.blocked_at or call.now, row.person_id)
            for row in (found[0], found[:limit][-1])
        )
        answer["paging"] = {"cursors": {"before": first, "after": last}}
        if len(found) > limit:
            query = {"limit": limit, "after": last}
            if call.caller.raw_in_query:
                query["access_token"] = call.caller.raw_in_query
            answer["paging"]["next"] = call.absolute(f"{call.request.path}?{urlencode(query)}")
    return answer


def _each(call: Call, act: Act, done_name: str) -> dict:
    """Do it for each person; with any failure an error that also says what was done."""
    done, failed = [], []
    for given in things(call.data, "block_users", least=1, most=MOST):
        written = str(given.get("user") or given.get("user_id") or "")
        try:
            person_id, _input = recipient_of(call.business, {"to": written or None})
            by: User | None = None
            act(call.business, person_id, by=by)  # each at its own moment: the list is by moment
            done.append(recipient_entry(call.business, person_id, written))
        except Refused as refusal:
            failed.append(_failure(written, REFUSED.get(refusal.code, 139103), refusal.sentence))
        except GraphError as error:
            failed.append(_failure(written, error.code, error.details))
    result: dict = {"messaging_product": "whatsapp", "block_users": {done_name: done}}
    if failed:
        result["block_users"]["failed_users"] = failed
        raise GraphError(FAILED, _("Some people could not be changed."), extra=result)
    return result


def _failure(written: str, code: int, details: str) -> dict:
    title = CODES[code].title
    return {
        "input": written,
        "wa_id": written,
        "errors": [{"code": code, "message": title, "error_data": {"details": details}}],
    }
