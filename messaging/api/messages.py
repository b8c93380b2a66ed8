"""POST /{profile}/messages: send, mark as read, show that an answer is being written."""

import json
from collections.abc import Callable
from functools import partial

from django.utils.translation import gettext as _

from messaging.api.calls import MESSAGING, POST, Call, edge
from messaging.api.contents import FILES, Content, read_content
from messaging.api.errors import GraphError, wrong
from messaging.api.fields import text, thing, things
from messaging.api.media import media_object
from messaging.api.orders import ORDERS
from messaging.api.recipients import recipient_entry, recipient_of
from messaging.models import Conversation, Message, Template
from messaging.services.conversations import handling as conversations
from messaging.services.integrators.idempotency import Answer, fingerprint_of, known_answer, once
from messaging.services.integrators.rates import take_message, take_stranger
from messaging.services.integrators.wamids import MessageKey, message_behind, wamid
from messaging.services.messages import send_message
from messaging.services.templates.filling import render
from messaging.services.templates.lifecycle import ensure_sendable
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Profile

KEY = "Idempotency-Key"
LINK = b"link"  # in a body that may name one
CLIENT_DATA = 512  # characters of biz_opaque_callback_data

Way = Callable[[Callable[[], dict]], dict]


@edge(Profile, "messages", POST, scope=MESSAGING)
def post_message(call: Call) -> dict:
    """Send one message, or change the status of one that came in."""
    if call.data.get("messaging_product") != "whatsapp":
        raise GraphError(100, _("messaging_product: “whatsapp” is expected."))
    if call.data.get("status"):
        return _mark(call)
    if (key := call.request.headers.get(KEY)) is None:
        return _send_any(call)
    body = json.dumps(call.data, sort_keys=True, default=str).encode()
    request = fingerprint_of("POST", call.request.path, body)
    if LINK in body:  # perhaps a file is fetched, which no transaction may wait for
        if known := known_answer(call.caller.app, key=key, request=request):
            return json.loads(known.body)
        return _send_any(call, partial(_once, call, key, request))
    return _once(call, key, request, lambda: _send_any(call))


def _once(call: Call, key: str, request: str, do: Callable[[], dict]) -> dict:
    """Do what the request asks for, only if it was not done before."""
    answer = once(
        call.caller.app, key=key, request=request, do=lambda: Answer(200, json.dumps(do()))
    )
    return json.loads(answer.body)


def _at_once(do: Callable[[], dict]) -> dict:
    return do()


def _send_any(call: Call, way: Way = _at_once) -> dict:
    """`way` does the sending itself, when all that it needs has been fetched."""
    kind = str(call.data.get("type") or _guess(call.data)).lower()
    return _send_template(call, way) if kind == "template" else _send(call, kind, way)


@edge(Profile, "marketing_messages", POST, scope=MESSAGING)
def post_marketing_message(call: Call) -> dict:
    """The same for templates only."""
    if str(call.data.get("type", "template")).lower() != "template":
        raise GraphError(131051, _("Only templates go here."))
    return post_message(call)


def _guess(data: dict) -> str:
    return "template" if "template" in data and "text" not in data else "text"


def _send(call: Call, kind: str, way: Way) -> dict:
    content = read_content(kind, call.data)
    person_id, written = recipient_of(call.business, call.data)
    reply_to = _target(call, content, person_id)
    stored = _with_files(call, content)
    send = partial(
        _sent,
        call,
        person_id,
        written,
        send=ORDERS.get((stored or {}).get("type", ""), send_message),
        kind=content.kind,
        body=content.body,
        content=stored,
        reply_to=reply_to,
    )
    return way(send)


def _send_template(call: Call, way: Way) -> dict:
    given = thing(call.data, "template")
    name = text(given, "name", most=512, where="template")
    language = text(
        thing(given, "language", where="template"), "code", most=20, where="template.language"
    )
    components = things(given, "components", least=0, most=40, where="template")
    person_id, written = recipient_of(call.business, call.data)
    template = Template.objects.filter(
        business=call.business, name=name, language=language, deleted_at=None
    ).first()
    if template is None:
        raise GraphError(
            132001,
            _("There is no template “%(name)s” in the language “%(language)s”.")
            % {"name": name, "language": language},
        )
    ensure_sendable(template)
    rendered = render(template, components)
    _find_header(call, rendered.content.get("header"), "template.components")
    send = partial(
        _sent,
        call,
        person_id,
        written,
        kind=Message.Kind.TEMPLATE,
        body=rendered.body,
        content=rendered.content,
        template=template,
        reply_to=_context(call, person_id),
    )
    return way(send)


def _sent(call: Call, person_id: int, written: str, **message) -> dict:
    """Send it and answer."""
    client_data = _client_data(call.data)
    sent = _sending(call, person_id, by=None, client_data=client_data, now=call.now, **message)
    return _answer(call, sent, written)


def _sending(
    call: Call, person_id: int, *, send: Callable[..., Message] = send_message, **message
) -> Message:
    """Send within the rates; whoever writes to many whom nobody knows is stopped."""
    take_message(call.node, person_id)
    if not call.caller.may_reach(call.node, person_id):
        raise GraphError(131030, _("A test profile reaches its own test people only."))
    try:
        return send(call.node, person_id, **message)
    except Refused as refusal:
        if refusal.code == "unknown_recipient":
            take_stranger(call.node)
        raise


def _with_files(call: Call, content: Content) -> dict | None:
    """The message's content with its files found, or fetched: outside any transaction."""
    if content.media is not None:
        return media_object(
            call.business, content.kind, content.media, where=content.kind, now=call.now
        )
    _find_header(call, (content.content or {}).get("header"), "interactive.header")
    return content.content


def _find_header(call: Call, header: dict | None, where: str) -> None:
    """Put the file of a header that has one in the place of its id or link."""
    if header and (kind := header["type"]) in FILES:
        header[kind] = media_object(
            call.business, kind, header[kind], where=f"{where}.{kind}", now=call.now
        )


def _answer(call: Call, message: Message, written: str) -> dict:
    sent = {"id": wamid(call.business.pk, message.person_id, message.id)}
    if message.kind == Message.Kind.TEMPLATE:
        sent["message_status"] = "accepted"
    return {
        "messaging_product": "whatsapp",
        "contacts": [recipient_entry(call.business, message.person_id, written)],
        "messages": [sent],
    }


def _client_data(data: dict) -> str | None:
    return text(data, "biz_opaque_callback_data", most=CLIENT_DATA, required=False) or None


def _target(call: Call, content: Content, person_id: int) -> int | None:
    """The message that this one answers or reacts to."""
    if content.kind != Message.Kind.REACTION:
        return _context(call, person_id)
    key = message_behind(call.business.pk, content.target)
    if key is None or key.person_id != person_id or not _exists(call, key):
        raise wrong("reaction.message_id", _("there is no such message in this conversation."))
    return key.id


def _context(call: Call, person_id: int) -> int | None:
    """The quoted message; one that does not exist is left out, as other servers do."""
    written = thing(call.data, "context", required=False).get("message_id")
    key = message_behind(call.business.pk, written) if isinstance(written, str) else None
    return key.id if key and key.person_id == person_id and _exists(call, key) else None


def _exists(call: Call, key: MessageKey) -> bool:
    # A campaign's messages don't count: whom its filter matched can't be found out by asking.
    return Message.objects.filter(
        person_id=key.person_id, id=key.id, profile_id=call.node.pk, campaign_id__isnull=True
    ).exists()


def _mark(call: Call) -> dict:
    """Mark a message and those before it as read; with a typing indicator, say so to the person."""
    if call.data["status"] != "read":
        raise wrong("status", _("“read” is expected."))
    written = text(call.data, "message_id", most=128)
    key = message_behind(call.business.pk, written)
    conversation = key and _conversation_of(call, key)
    if not key or not conversation:
        raise wrong("message_id", _("there is no such incoming message."))
    conversations.mark_seen(conversation, now=call.now)
    if "typing_indicator" in call.data:
        if thing(call.data, "typing_indicator").get("type") != "text":
            raise wrong("typing_indicator.type", _("“text” is expected."))
        announce(f"person:{key.person_id}", "typing", call.node.pk)
    return {"success": True}


def _conversation_of(call: Call, key: MessageKey) -> Conversation | None:
    """The conversation in which this message came in."""
    came_in = Message.objects.filter(
        person_id=key.person_id,
        id=key.id,
        profile_id=call.node.pk,
        direction=Message.Direction.IN,
    ).exists()
    if not came_in:
        return None
    return Conversation.objects.filter(
        person_id=key.person_id, profile_id=call.node.pk, business_last_at__isnull=False
    ).first()
