"""What a member chooses for a campaign: whom it is for, what it says, how many at most."""

from dataclasses import dataclass
from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from audience.models import SavedAudience
from messaging.models import Campaign, Template
from messaging.services.templates import components as parts
from profiles.models import Business, Profile


class CampaignForm(forms.Form):
    """A draft. The page draws the radios; the template's values come with its data."""

    profile = forms.ModelChoiceField(Profile.objects.none(), empty_label=None)
    audience = forms.ModelChoiceField(
        SavedAudience.objects.none(),
        to_field_name="uuid",
        error_messages={"required": _("Choose an audience."), "invalid_choice": _("Choose one.")},
    )
    template = forms.ModelChoiceField(
        Template.objects.none(),
        error_messages={"required": _("Choose a template."), "invalid_choice": _("Choose one.")},
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        required=False,
        help_text=_("For your own list. Left empty, it is called after the template."),
    )
    max_recipients = forms.IntegerField(
        label=_("At most so many people"),
        min_value=1,
        required=False,
        help_text=_("A random part gets it. Left empty: everyone who matches."),
    )

    def __init__(self, *args, business: Business, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        profiles = business.profiles.filter(closed_at=None, is_test=False)
        offered = {
            "profile": profiles.order_by("created_at"),
            "audience": business.audiences.order_by("-changed_at"),
            "template": usable_templates(business),
        }
        for name, rows in offered.items():
            cast(forms.ModelChoiceField, self.fields[name]).queryset = rows

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        template = cleaned.get("template")
        if template:
            cleaned["parameters"] = parameters_of(template, self.data)
            cleaned["name"] = cleaned.get("name") or template.name.replace("_", " ").capitalize()
        return cleaned


def usable_templates(business: Business):
    """Approved adverts of the business, the newest first."""
    return business.templates.filter(
        deleted_at=None, status=Template.Status.APPROVED, category=Template.Category.MARKETING
    ).order_by("-created_at")


@dataclass(frozen=True)
class Value:
    """One variable that the sender fills in: the same for everyone."""

    key: str  # its name in the form
    label: str
    value: str


def values_of(template: Template, chosen) -> list[Value]:
    """The template's variables with what was chosen for them."""
    found = []
    for kind in ("header", "body"):
        component = parts.part(template.components, kind.upper())
        if kind == "header" and component.get("format") != "TEXT":
            continue
        for name in parts.variables(component.get("text", "")):
            key = f"{kind}_{name}"
            found.append(Value(key, f"{{{{{name}}}}}", chosen.get(key, "")))
    for number, button in enumerate(_buttons(template)):
        if button.get("type") == "URL" and parts.variables(button.get("url", "")):
            key = f"button_{number}"
            found.append(Value(key, button.get("text", ""), chosen.get(key, "")))
        elif button.get("type") == "COPY_CODE":
            key = f"button_{number}"
            found.append(Value(key, str(_("Code to copy")), chosen.get(key, "")))
    return found


def parameters_of(template: Template, chosen) -> list[dict]:
    """The chosen values as a client of the API would send them."""
    named = template.parameter_format == "NAMED"
    by_kind: dict[str, list[dict]] = {}
    buttons = []
    for value in values_of(template, chosen):
        kind, _underscore, name = value.key.partition("_")
        parameter = {"type": "text", "text": value.value.strip()}
        if kind == "button":
            buttons.append(_button(template, int(name), value.value.strip()))
            continue
        if named:
            parameter["parameter_name"] = name
        by_kind.setdefault(kind, []).append(parameter)
    return [{"type": kind, "parameters": found} for kind, found in by_kind.items()] + buttons


def chosen_in(campaign: Campaign) -> dict[str, str]:
    """A draft's values by their names in the form."""
    if campaign.template is None:
        return {}
    given = {c["type"]: c.get("parameters", []) for c in _parameters(campaign)}
    chosen: dict[str, str] = {}
    for kind in ("header", "body"):
        text = parts.part(campaign.template.components, kind.upper()).get("text", "")
        for name, parameter in zip(parts.variables(text), given.get(kind, []), strict=False):
            chosen[f"{kind}_{name}"] = parameter.get("text", "")
    for component in _parameters(campaign):
        if component["type"] == "button":
            first = component["parameters"][0]
            chosen[f"button_{component['index']}"] = first.get("text") or first["coupon_code"]
    return chosen


def _parameters(campaign: Campaign) -> list[dict]:
    return (campaign.content or {}).get("parameters") or []


def _buttons(template: Template) -> list[dict]:
    return parts.part(template.components, "BUTTONS").get("buttons", [])


def _button(template: Template, number: int, value: str) -> dict:
    kind = _buttons(template)[number]["type"]
    parameter = (
        {"type": "coupon_code", "coupon_code": value}
        if kind == "COPY_CODE"
        else {"type": "text", "text": value}
    )
    return {
        "type": "button",
        "sub_type": kind.lower(),
        "index": str(number),
        "parameters": [parameter],
    }
