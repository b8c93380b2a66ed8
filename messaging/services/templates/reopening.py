"""Templates that a member can send by hand, where more than 24 hours have passed."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.models import Conversation, Message, Template
from messaging.services.messages import send_message
from messaging.services.templates.components import part, variables
from messaging.services.templates.filling import render
from portal.base.refused import Refused
from profiles.models import Profile, User

SHOWN = 30
LONGEST = 200  # characters of one value


@dataclass(frozen=True)
class Opener:
    """A template with what has to be filled in."""

    template: Template
    body: str
    names: list[str]  # of the variables, as they stand in the braces


def openers(profile: Profile) -> list[Opener]:
    """The approved templates that need nothing but words in their body, by name."""
    rows = Template.objects.filter(
        business_id=profile.business_id, deleted_at=None, status=Template.Status.APPROVED
    ).exclude(category=Template.Category.AUTHENTICATION)
    found = [_opener(row) for row in rows.order_by("name", "language")[: 2 * SHOWN]]
    return [one for one in found if one is not None][:SHOWN]


def send_opener(
    conversation: Conversation,
    profile: Profile,
    template_id: int,
    *,
    values: list[str],
    by: User,
) -> Message:
    """Send an approved template with these values, in the order of its variables.

    Raises Refused: no such template, a value is missing, or this person may not be written to.
    """
    opener = next((one for one in openers(profile) if one.template.pk == template_id), None)
    if opener is None:
        raise Refused(
            _("This template is not approved. Choose one that is."), code="template_not_approved"
        )
    values = [value.replace("\x00", "").strip()[:LONGEST] for value in values]
    if len(values) != len(opener.names) or not all(values):
        raise Refused(_("Fill in every gap of the template."), code="parameter_count")

    is_named = opener.template.parameter_format == "NAMED"
    parameters = [
        {"type": "text", "text": value} | ({"parameter_name": name} if is_named else {})
        for name, value in zip(opener.names, values, strict=True)
    ]
    rendered = render(opener.template, [{"type": "body", "parameters": parameters}])
    return send_message(
        profile,
        conversation.person_id,
        by=by,
        kind=Message.Kind.TEMPLATE,
        body=rendered.body,
        content=rendered.content,
        template=opener.template,
    )


def _opener(template: Template) -> Opener | None:
    header = part(template.components, "HEADER")
    if header and (header.get("format") != "TEXT" or variables(header.get("text", ""))):
        return None
    buttons = part(template.components, "BUTTONS").get("buttons", [])
    if any(variables(str(b.get("url", ""))) or b.get("type") == "COPY_CODE" for b in buttons):
        return None
    body = part(template.components, "BODY").get("text", "")
    names = variables(body)
    if template.parameter_format != "NAMED":
        names.sort(key=int)
    return Opener(template, body, names)
