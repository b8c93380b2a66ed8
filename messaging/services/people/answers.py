"""What a message lets its person tap, and the tap: a proper answer that integrators understand.

Read by the people's inbox, the sandbox and whoever else answers in a person's place.
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.models import Campaign, Message
from messaging.services.messages import receive_message
from portal.base.refused import Refused
from profiles.models import Profile

Kind = Message.Kind


@dataclass(frozen=True)
class Choice:
    """A button or a row of a list.

    Attributes:
        key: names it within its message.
        words: what it says, and what the person's answer then says.
        kind, content: the answer, in Cloud-API shape.
    """

    key: str
    words: str
    kind: str
    content: dict
    note: str = ""


def choices_of(content: dict | None) -> list[Choice]:
    """The buttons and rows of a message that answer when they are tapped, in order."""
    content = content or {}
    action = content.get("action") or {}
    found = [
        ("button_reply", button["reply"], "")
        for button in action.get("buttons", [])
        if "reply" in button
    ] + [
        ("list_reply", row, row.get("description", ""))
        for section in action.get("sections", [])
        for row in section.get("rows", [])
    ]
    choices = [
        Choice(f"r{n}", reply["title"], Kind.INTERACTIVE, {"type": form, form: reply}, note)
        for n, (form, reply, note) in enumerate(found)
        if "title" in reply
    ]
    return choices + [
        Choice(
            f"b{n}",
            button["text"],
            Kind.BUTTON,
            {"text": button["text"], "payload": button.get("payload", button["text"])},
        )
        for n, button in enumerate(content.get("buttons", []))
        if button.get("type") == "quick_reply"
    ]


def content_of(message: Message) -> dict | None:
    """What the message consists of besides words; of a campaign's message, the campaign's."""
    if message.content or not message.campaign_id:
        return message.content
    return Campaign.objects.values_list("content", flat=True).get(pk=message.campaign_id)


def press_choice(
    person_id: int, profile: Profile, *, message_id: int, key: str, name: str = ""
) -> Message:
    """The person taps a button or a row of a message in this chat. Returns their answer.

    An answer to a campaign does not name the message it answers: all its people share that id, and
    by it a business could tell whom its filters matched.

    Raises Refused where the message has no such button, or as receive_message does.
    """
    message = Message.objects.filter(
        person_id=person_id,
        id=message_id,
        profile_id=profile.pk,
        direction=Message.Direction.OUT,
    ).first()
    choices = choices_of(content_of(message)) if message else []
    choice = next((choice for choice in choices if choice.key == key), None)
    if message is None or choice is None:
        raise Refused(_("This button is not there any more."), code="no_button")
    return receive_message(
        person_id,
        profile,
        body=choice.words,
        kind=choice.kind,
        content=choice.content,
        reply_to=None if message.campaign_id else message.id,
        name=name,
    )
