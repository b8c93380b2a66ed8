"""The bytes of an event, in Cloud-API shape: made once, ASCII only, sent unchanged ever after.

Each body holds one entry, one change, one message or status: many receivers read only the first.
Every person named comes with contacts[], wa_id and user_id, also where Meta leaves them out.
"""

import json
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.utils import translation

from billing.models import PaymentRequest
from billing.money import decimals
from messaging.errors import CODES
from messaging.models import AccountLink, Contact, Media, Message, WebhookEvent
from messaging.names import name_for
from messaging.services.integrators.wamids import wamid
from messaging.services.media import path_of
from portal.base.pairwise import pairwise_number, user_id, wa_id

OBJECT = "whatsapp_business_account"


class Gone(Exception):
    """What the event is about does not exist any more, so there is nothing to tell."""


def make_body(event: WebhookEvent) -> str:
    """The event's bytes as text; saved on the event by the caller. Raises Gone."""
    value = VALUES.get(event.facts.get("kind", ""), _ready)(event)
    envelope = {
        "object": OBJECT,
        "entry": [
            {
                "id": str(event.business_id),
                "time": int(event.created_at.timestamp()),
                "changes": [{"value": value, "field": event.field}],
            }
        ],
    }
    # Lower-case \uXXXX for all that is not ASCII, and for DEL: some receivers rebuild these bytes.
    return json.dumps(envelope, ensure_ascii=True).replace("\x7f", "\\u007f")


def display_number(profile_id: int) -> str:
    """A number that stands for the profile where clients want a phone; it can't be dialled.

    The digit after 999 is 0, which no person's number has.
    """
    return f"9990{profile_id % 10**11:011d}"


def metadata(profile_id: int) -> dict:
    return {
        "display_phone_number": display_number(profile_id),
        "phone_number_id": str(profile_id),
    }


def error(code: int, details: str = "") -> dict:
    """An error as it stands in statuses and messages."""
    title = CODES[code].title if code in CODES else CODES[131000].title
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details or title},
        "href": f"{settings.SITE_URL}/docs/api/errors/#{code}",
    }


def _message(event: WebhookEvent) -> dict:
    message, contact = _message_of(event)
    number = pairwise_number(event.business_id, message.person_id)
    return _value(
        event,
        contact,
        number,
        messages=[
            {
                "from": wa_id(number),
                "from_user_id": user_id(number),
                "id": wamid(event.business_id, message.person_id, message.id),
                "timestamp": _seconds(message.created_at),
                **_context(event, message),
                **_referral(message, contact),
                **message_content(message, event.business_id),
            }
        ],
    )


def _status(event: WebhookEvent) -> dict:
    message, contact = _message_of(event)
    number = pairwise_number(event.business_id, message.person_id)
    status = {
        "id": wamid(event.business_id, message.person_id, message.id),
        "status": event.facts["status"],
        "timestamp": str(event.facts["at"]),
        "recipient_id": wa_id(number),
        "recipient_user_id": user_id(number),
    }
    if message.client_data is not None:
        status["biz_opaque_callback_data"] = message.client_data
    if event.facts["status"] == Message.Status.FAILED:
        status["errors"] = [error(event.facts.get("error") or 131000)]
    return _value(event, contact, number, statuses=[status])


def _payment(event: WebhookEvent) -> dict:
    """What became of the money that a message asked for: a status of the type payment."""
    message, contact = _message_of(event)
    facts = event.facts
    if play := facts.get("play"):  # in a sandbox no money moves
        uuid, reference_id, value = play["id"], play["reference_id"], play["amount"]
        currency, offset, created_at = play["currency"], play["offset"], message.created_at
    else:
        request = PaymentRequest.objects.filter(uuid=facts["request"]).first()
        if request is None:
            raise Gone
        uuid, reference_id, value = str(request.uuid), request.reference_id, request.amount
        currency, created_at = request.currency, request.created_at
        offset = 10 ** decimals(currency)
    number = pairwise_number(event.business_id, message.person_id)
    currency, amount = currency.upper(), {"value": value, "offset": offset}
    transaction: dict = {
        "id": uuid,
        "type": "stripe",
        "status": {"captured": "success"}.get(facts["status"], facts["status"]),
        "created_timestamp": int(created_at.timestamp()),
        "updated_timestamp": facts["at"],
        "amount": amount,
        "currency": currency,
    }
    if facts["refunded"]:
        transaction["refunds"] = [
            {
                "id": str(event.id),
                "amount": amount | {"value": facts["refunded"]},
                "speed_processed": "normal",
                "status": "success",
                "created_timestamp": facts["at"],
                "updated_timestamp": facts["at"],
            }
        ]
    status = {
        "id": wamid(event.business_id, message.person_id, message.id),
        "status": facts["status"],
        "type": "payment",
        "timestamp": str(facts["at"]),
        "recipient_id": wa_id(number),
        "recipient_user_id": user_id(number),
        "payment": {
            "reference_id": reference_id,
            "amount": amount,
            "currency": currency,
            "transaction": transaction,
        },
    }
    return _value(event, contact, number, statuses=[status])


def _ready(event: WebhookEvent) -> dict:
    return event.facts["value"]


VALUES: dict[str, Callable[[WebhookEvent], dict]] = {
    "message": _message,
    "status": _status,
    "payment": _payment,
}


def _value(event: WebhookEvent, contact: Contact | None, number: str, **news: list) -> dict:
    return {
        "messaging_product": "whatsapp",
        "metadata": metadata(event.profile_id or 0),
        "contacts": [contact_entry(contact, number)],
        **news,
    }


def contact_entry(contact: Contact | None, number: str) -> dict:
    """The person as clients expect one in contacts[]."""
    with translation.override(None):  # else a word could tell which language the person reads
        name = name_for(contact, number)
    return {"profile": {"name": name}, "wa_id": wa_id(number), "user_id": user_id(number)}


def message_content(message: Message, business_id: int) -> dict:
    """`type` and the object of that type, from a message's kind, words and content."""
    content = message.content or {}
    kind = message.kind
    if kind == Message.Kind.TEXT:
        return {"type": "text", "text": {"body": message.body or ""}}
    if kind in FILES:
        caption = {"caption": message.body} if message.body and kind in CAPTIONED else {}
        always = {FLAGS[kind]: False} if kind in FLAGS else {}
        return {"type": kind, kind: {**always, **content, **caption, **_url(content)}}
    if kind == Message.Kind.REACTION:
        target = wamid(business_id, message.person_id, message.reply_to) if message.reply_to else ""
        return {"type": kind, kind: {"message_id": target, "emoji": content.get("emoji", "")}}
    if kind == Message.Kind.CONTACTS:
        return {"type": kind, kind: content.get("contacts", [])}
    if kind in PLAIN:
        return {"type": kind, kind: content}
    return {
        "type": "unsupported",
        "unsupported": {"type": "unknown"},
        "errors": [error(131051)],
    }


CAPTIONED = (Message.Kind.IMAGE, Message.Kind.VIDEO, Message.Kind.DOCUMENT)
FILES = (*CAPTIONED, Message.Kind.AUDIO, Message.Kind.STICKER)
# What some clients read unasked. Stickers are drawn anew, so none of them moves.
FLAGS: dict[str, str] = {Message.Kind.AUDIO: "voice", Message.Kind.STICKER: "animated"}
PLAIN = (
    Message.Kind.LOCATION,
    Message.Kind.INTERACTIVE,
    Message.Kind.BUTTON,
    Message.Kind.SYSTEM,
)


def _url(content: dict) -> dict:
    """Where the file can be fetched for five minutes; later, by its id."""
    if not str(content.get("id", "")).isdecimal():
        return {}
    return {"url": settings.SITE_URL + path_of(Media(pk=int(content["id"])))}


def _context(event: WebhookEvent, message: Message) -> dict:
    if message.reply_to is None or message.kind == Message.Kind.REACTION:
        return {}
    return {
        "context": {
            "from": display_number(event.profile_id or 0),
            "id": wamid(event.business_id, message.person_id, message.reply_to),
        }
    }


def _referral(message: Message, contact: Contact | None) -> dict:
    """On the first message after account linking: the business's own nonce and reference."""
    if contact is None or contact.linked_at is None:
        return {}
    link = AccountLink.objects.filter(
        person_id=message.person_id, business_id=contact.business_id, told_id=message.id
    ).first()
    if link is None:
        return {}
    return {
        "referral": {
            "source_url": settings.SITE_URL,
            "source_type": "post",  # clients know only this and "ad"
            "source_id": link.nonce,
            "headline": link.account_name,
            "body": link.reference,
        }
    }


def _message_of(event: WebhookEvent) -> tuple[Message, Contact | None]:
    person_id = event.person_id or 0
    message = Message.objects.filter(person_id=person_id, id=event.facts["message"]).first()
    if message is None:
        raise Gone
    contact = Contact.objects.filter(person_id=person_id, business_id=event.business_id).first()
    return message, contact


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))
