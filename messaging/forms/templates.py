"""The template editor's form: simple fields that become components in Cloud-API shape."""

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.previews import examples_of
from messaging.services.templates.starters import Starter

LANGUAGES = [
    ("en", _("English")),
    ("en_US", _("English (United States)")),
    ("pt_BR", _("Portuguese (Brazil)")),
    ("hi", _("Hindi")),
    ("es", _("Spanish")),
    ("de", _("German")),
    ("fr", _("French")),
]
MOST_REPLIES = 3


class TemplateForm(forms.Form):
    """Words, and what kind of message they are."""

    name = forms.CharField(
        label=_("Name"),
        max_length=512,
        help_text=_("Small letters, digits and _. Programs call it so."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
    category = forms.ChoiceField(
        label=_("What kind of message is it?"),
        choices=Template.Category.choices,
        widget=forms.RadioSelect,
        initial=Template.Category.UTILITY,
    )
    header = forms.CharField(label=_("Header"), max_length=60, required=False)
    body = forms.CharField(
        label=_("Body"),
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 6, "data-count": "body-count"}),
        help_text=_("Write {{1}}, {{2}} … where something is filled in for each person."),
    )
    examples = forms.CharField(
        label=_("Examples for what is filled in"),
        required=False,
        max_length=1000,
        help_text=_(
            "In order, separated by a vertical bar: Ana | 4711 | Friday. The header's comes last."
        ),
    )
    footer = forms.CharField(label=_("Footer"), max_length=60, required=False)
    replies = forms.CharField(
        label=_("Reply buttons"),
        required=False,
        max_length=100,
        help_text=_("Up to three, separated by a vertical bar: Yes | No."),
    )
    link_text = forms.CharField(label=_("Words on a link button"), max_length=25, required=False)
    link = forms.CharField(
        label=_("Link"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )

    def __init__(self, *args, template: Template | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if template:  # its name and language stay what they are
            del self.fields["name"], self.fields["language"]

    def clean_name(self) -> str:
        return re.sub(r"[\s-]+", "_", self.cleaned_data["name"].strip().lower())

    def components(self) -> list[dict]:
        """The template's parts as the API would get them; also of a form with faults."""
        given = {name: self.data.get(self.add_prefix(name), "").strip() for name in self.fields}
        given["body"] = given["body"].replace("\r\n", "\n")
        return components_of(given)


def components_of(given: dict[str, str]) -> list[dict]:
    """Components of what the fields hold."""
    body: dict = {"type": "BODY", "text": given.get("body", "")}
    examples = split(given.get("examples", ""))
    places = len(parts.variables(body["text"]))
    if places and examples:
        body["example"] = {"body_text": [examples[:places]]}
    components: list[dict] = []
    if header := given.get("header"):
        component: dict = {"type": "HEADER", "format": "TEXT", "text": header}
        if parts.variables(header) and examples[places:]:
            component["example"] = {"header_text": examples[places : places + 1]}
        components.append(component)
    components.append(body)
    if footer := given.get("footer"):
        components.append({"type": "FOOTER", "text": footer})
    buttons = [
        {"type": "QUICK_REPLY", "text": text}
        for text in split(given.get("replies", ""))[:MOST_REPLIES]
    ]
    if given.get("link_text") or given.get("link"):
        buttons.append(
            {"type": "URL", "text": given.get("link_text", ""), "url": given.get("link", "")}
        )
    if buttons:
        components.append({"type": "BUTTONS", "buttons": buttons})
    return components


def initial_of(template: Template) -> dict[str, str]:
    """What the fields hold for a template."""
    header, body = (parts.part(template.components, kind) for kind in ("HEADER", "BODY"))
    examples = [*examples_of(body), *(header.get("example") or {}).get("header_text", [])]
    buttons = parts.part(template.components, "BUTTONS").get("buttons", [])
    link: dict = next((b for b in buttons if b["type"] == "URL"), {})
    return {
        "category": template.category,
        "header": header.get("text", ""),
        "body": body.get("text", ""),
        "examples": " | ".join(examples),
        "footer": parts.part(template.components, "FOOTER").get("text", ""),
        "replies": " | ".join(b.get("text", "") for b in buttons if b["type"] == "QUICK_REPLY"),
        "link_text": link.get("text", ""),
        "link": link.get("url", ""),
    }


def initial_of_starter(starter: Starter) -> dict[str, str]:
    """What the fields hold for a starter."""
    return {
        "name": starter.name,
        "category": starter.category,
        "header": starter.header,
        "body": starter.body,
        "examples": " | ".join(starter.examples),
        "footer": starter.footer,
        "replies": " | ".join(starter.buttons),
    }


def split(text: str) -> list[str]:
    return [piece.strip() for piece in text.split("|") if piece.strip()]
