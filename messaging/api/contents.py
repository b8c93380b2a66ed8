"""What a message may consist of, by its type: reads the client's object into words and content.

`content` stays in the shape in which the client sent it, without what we don't know.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.api.errors import GraphError, missing, wrong
from messaging.api.fields import number, text, thing, things
from messaging.api.orders import read_order_details, read_order_status
from messaging.models import Message

Kind = Message.Kind
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Content:
    """A checked message: words, and what its kind needs besides."""

    kind: str
    body: str = ""
    content: dict | None = None
    target: str = ""  # the wamid that a reaction is about
    media: dict | None = None  # the client's {id} or {link} of a file, still to be found


def read_content(kind: str, data: dict) -> Content:
    """The client's message of this type, checked. Raises GraphError."""
    if kind not in READERS:
        raise GraphError(131051, _("Messages of the type “%s” are not supported.") % kind)
    if kind not in data:
        raise missing(kind)
    return READERS[kind](data)


def _text(data: dict) -> Content:
    return Content(Kind.TEXT, text(thing(data, "text"), "body", most=4096, where="text"))


def _location(data: dict) -> Content:
    where = thing(data, "location")
    content: dict = {
        "latitude": number(where, "latitude", least=-90, most=90, where="location"),
        "longitude": number(where, "longitude", least=-180, most=180, where="location"),
    }
    for name in ("name", "address"):
        if value := text(where, name, most=1000, where="location", required=False):
            content[name] = value
    return Content(Kind.LOCATION, content.get("name", ""), content)


def _reaction(data: dict) -> Content:
    reaction = thing(data, "reaction")
    target = text(reaction, "message_id", most=128, where="reaction")
    emoji = text(reaction, "emoji", most=40, where="reaction", required=False)
    return Content(Kind.REACTION, emoji, {"emoji": emoji}, target)


def _contacts(data: dict) -> Content:
    cards = [_card(c, n) for n, c in enumerate(things(data, "contacts", least=1, most=257))]
    return Content(Kind.CONTACTS, cards[0]["name"]["formatted_name"], {"contacts": cards})


NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")


def _card(card: dict, n: int) -> dict:
    where = f"contacts[{n}]"
    name = thing(card, "name", where=where)
    clean = {"formatted_name": text(name, "formatted_name", most=200, where=f"{where}.name")}
    for part in NAME_PARTS:
        if value := text(name, part, most=200, where=f"{where}.name", required=False):
            clean[part] = value
    result: dict = {"name": clean}
    for key, parts in CARD_LISTS.items():
        rows = things(card, key, least=0, most=20, where=where)
        if rows:
            result[key] = [
                {p: text(row, p, most=500, required=False) for p in parts if row.get(p)}
                for row in rows
            ]
    if org := thing(card, "org", where=where, required=False):
        parts = ("company", "department", "title")
        result["org"] = {p: text(org, p, most=200, required=False) for p in parts if org.get(p)}
    if birthday := text(card, "birthday", most=10, where=where, required=False):
        if not DATE.fullmatch(birthday):
            raise wrong(f"{where}.birthday", _("a date like 2001-12-31 is expected."))
        result["birthday"] = birthday
    return result


def _media(kind: str) -> Callable[[dict], Content]:
    """Who reads the object of a kind of file."""

    def read(data: dict) -> Content:
        given = thing(data, kind)
        caption = ""
        if kind in CAPTIONED:
            caption = text(given, "caption", most=1024, where=kind, required=False)
        return Content(kind, caption, {}, media=given)

    return read


CAPTIONED = (Kind.IMAGE, Kind.VIDEO, Kind.DOCUMENT)
FILES = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.DOCUMENT, Kind.STICKER)
CARD_LISTS = {
    "phones": ("phone", "type", "wa_id"),
    "emails": ("email", "type"),
    "urls": ("url", "type"),
    "addresses": ("street", "city", "state", "zip", "country", "country_code", "type"),
}


def _interactive(data: dict) -> Content:
    given = thing(data, "interactive")
    kind = text(given, "type", most=40, where="interactive")
    if kind not in ACTIONS:
        raise GraphError(131051, _("Interactive type “%s” is not supported.") % kind)
    body_length, read_action = ACTIONS[kind]
    body = text(
        thing(given, "body", where="interactive"),
        "text",
        most=body_length,
        where="interactive.body",
    )
    content: dict = {"type": kind, "body": {"text": body}}
    if header := thing(given, "header", where="interactive", required=False):
        content["header"] = _header(header, kind)
    if footer := thing(given, "footer", where="interactive", required=False):
        content["footer"] = {"text": text(footer, "text", most=60, where="interactive.footer")}
    content["action"] = read_action(thing(given, "action", where="interactive"))
    return Content(Kind.INTERACTIVE, body, content)


def _header(header: dict, kind: str) -> dict:
    where = "interactive.header"
    form = text(header, "type", most=20, where=where)
    if form == "text":
        return {"type": "text", "text": text(header, "text", most=60, where=where)}
    if form in ("image", "video", "document") and kind != "list":
        return {"type": form, form: thing(header, form, where=where)}
    raise wrong(f"{where}.type", _("this header can't be used here."))


def _buttons(action: dict) -> dict:
    where = "interactive.action"
    replies = []
    for n, button in enumerate(things(action, "buttons", least=1, most=3, where=where)):
        reply = thing(button, "reply", where=f"{where}.buttons[{n}]")
        replies.append(
            {
                "id": text(reply, "id", most=256, where=f"{where}.buttons[{n}].reply"),
                "title": text(reply, "title", most=20, where=f"{where}.buttons[{n}].reply"),
            }
        )
    _unique([r["id"] for r in replies], f"{where}.buttons", "id")
    _unique([r["title"] for r in replies], f"{where}.buttons", "title")
    return {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}


def _list(action: dict) -> dict:
    where = "interactive.action"
    sections = things(action, "sections", least=1, most=10, where=where)
    clean: list[dict] = []
    for n, section in enumerate(sections):
        at = f"{where}.sections[{n}]"
        title = text(section, "title", most=24, where=at, required=len(sections) > 1)
        rows = [
            {
                "id": text(row, "id", most=200, where=f"{at}.rows[{m}]"),
                "title": text(row, "title", most=24, where=f"{at}.rows[{m}]"),
                "description": text(
                    row, "description", most=72, where=f"{at}.rows[{m}]", required=False
                ),
            }
            for m, row in enumerate(things(section, "rows", least=1, most=10, where=at))
        ]
        clean.append({"title": title, "rows": [_without_empty(row) for row in rows]})
    ids = [row["id"] for section in clean for row in section["rows"]]
    if len(ids) > 10:
        raise wrong(f"{where}.sections", _("at most 10 rows in all."))
    _unique(ids, f"{where}.sections", "id")
    return {
        "button": text(action, "button", most=20, where=where),
        "sections": [_without_empty(section) for section in clean],
    }


def _link(action: dict) -> dict:
    where = "interactive.action.parameters"
    given = thing(action, "parameters", where="interactive.action")
    url = text(given, "url", most=2000, where=where)
    if not re.match(r"https?://[^\s/]+", url):
        raise wrong(f"{where}.url", _("a link beginning with https:// is expected."))
    shown = text(given, "display_text", most=20, where=where)
    return {"name": "cta_url", "parameters": {"display_text": shown, "url": url}}


def _ask_location(action: dict) -> dict:
    if action.get("name") != "send_location":
        raise wrong("interactive.action.name", _("“send_location” is expected."))
    return {"name": "send_location"}


# For each type the length of its body, and who reads its action.
ACTIONS: dict[str, tuple[int, Callable[[dict], dict]]] = {
    "button": (1024, _buttons),
    "list": (4096, _list),
    "cta_url": (1024, _link),
    "location_request_message": (1024, _ask_location),
    "order_details": (1024, read_order_details),
    "order_status": (1024, read_order_status),
}


def _unique(values: list[str], where: str, name: str) -> None:
    if len(set(values)) < len(values):
        raise wrong(where, _("each %s must be different.") % name)


def _without_empty(row: dict) -> dict:
    return {key: value for key, value in row.items() if value}


READERS: dict[str, Callable[[dict], Content]] = {
    "text": _text,
    **{kind.value: _media(kind.value) for kind in FILES},
    "location": _location,
    "reaction": _reaction,
    "contacts": _contacts,
    "interactive": _interactive,
}
