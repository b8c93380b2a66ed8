"""A chat with one message of each kind, for tests that look at it or tap in it."""

import io

from PIL import Image

from messaging.models import Message
from messaging.services.media import mark_used, store_media
from messaging.services.messages import receive_message, send_message
from profiles.models import Profile

Kind = Message.Kind

BUTTONS = {
    "type": "button",
    "header": {"type": "text", "text": "Was this you?"},
    "body": {"text": "R$ 250.00 at Mercado Azul, today at 9:41."},
    "footer": {"text": "We never ask for codes or passwords."},
    "action": {
        "buttons": [
            {"type": "reply", "reply": {"id": "yes", "title": "Yes, it was me"}},
            {"type": "reply", "reply": {"id": "no", "title": "No, block my card"}},
        ]
    },
}
LIST = {
    "type": "list",
    "body": {"text": "What is it about?"},
    "action": {
        "button": "Choose",
        "sections": [
            {
                "title": "Cards",
                "rows": [
                    {"id": "lost", "title": "Lost card", "description": "We block it at once"},
                    {"id": "limit", "title": "Limit"},
                ],
            },
            {"title": "Accounts", "rows": [{"id": "transfer", "title": "A transfer"}]},
        ],
    },
}
LINK = {
    "type": "cta_url",
    "body": {"text": "Your receipt is ready."},
    "action": {
        "name": "cta_url",
        "parameters": {"display_text": "See it", "url": "https://banco-ipe.example/r/8841"},
    },
}
TEMPLATE = {
    "template": {"id": "1", "name": "flight", "language": "en"},
    "header": {"type": "text", "text": "Your flight"},
    "footer": "Céu Airlines",
    "buttons": [
        {"type": "quick_reply", "text": "Other flights", "payload": "other"},
        {"type": "url", "text": "Boarding pass", "url": "https://ceu.example/pass/212"},
        {"type": "phone_number", "text": "Call us", "phone_number": "+55 11 4000 1000"},
        {"type": "copy_code", "text": "Copy code", "code": "CEU212"},
    ],
}
PLACE = {
    "latitude": -23.55052,
    "longitude": -46.633308,
    "name": "Branch Paulista",
    "address": "Avenida Paulista 1000",
}
CARDS = {
    "contacts": [
        {
            "name": {"formatted_name": "Priya Nair"},
            "org": {"company": "Banco Ipê"},
            "phones": [{"phone": "+55 11 4000 1001", "type": "WORK"}],
            "emails": [{"email": "priya@banco-ipe.example"}],
        }
    ]
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").resize((640, 420)).save(out, "JPEG")
    return out.getvalue()


def a_file(profile: Profile, data: bytes, mime: str, name: str) -> dict:
    """A message's content that shows this file."""
    media = store_media(profile.business, data, mime=mime, file_name=name)
    mark_used(media, now=media.created_at)
    return {"id": str(media.pk), "mime_type": media.mime_type, "filename": name}


def talk_of_all_kinds(profile: Profile, person_id: int, *, by) -> dict[str, Message]:
    """Send one message of each kind, in both directions. Returns them by name."""

    def send(kind: str, body: str = "", content: dict | None = None, **more) -> Message:
        more = {"by": None} | more
        return send_message(profile, person_id, kind=kind, body=body, content=content, **more)

    asked = receive_message(person_id, profile, body="Good morning! Did my transfer go through?")
    photo = a_file(profile, picture(), "image/jpeg", "till.jpg")
    receipt = a_file(profile, b"R$ 120.00 to Ana Souza\n", "text/plain", "receipt-8841.txt")
    sent = {
        "asked": asked,
        "answer": send(Kind.TEXT, "Yes, it arrived at 9:02.", by=by, reply_to=asked.id),
        "buttons": send(Kind.INTERACTIVE, BUTTONS["body"]["text"], BUTTONS),
        "list": send(Kind.INTERACTIVE, LIST["body"]["text"], LIST),
        "link": send(Kind.INTERACTIVE, LINK["body"]["text"], LINK),
        "image": send(Kind.IMAGE, "The till, as it was yesterday", photo),
        "document": send(Kind.DOCUMENT, "Your receipt", receipt),
        "location": send(Kind.LOCATION, PLACE["name"], PLACE),
        "contacts": send(Kind.CONTACTS, "Priya Nair", CARDS),
        "ask_place": send(
            Kind.INTERACTIVE,
            "Where are you?",
            {
                "type": "location_request_message",
                "body": {"text": "Where are you?"},
                "action": {"name": "send_location"},
            },
        ),
        "reaction": send(Kind.REACTION, "👍", {"emoji": "👍"}, reply_to=asked.id),
    }
    # What a template was filled into; the rules for sending one have tests of their own.
    sent["template"] = send(Kind.TEXT, "Flight CE 212 leaves at 18:40 from gate B7.")
    Message.objects.filter(person_id=person_id, id=sent["template"].id).update(
        kind=Kind.TEMPLATE, content=TEMPLATE
    )
    return sent
