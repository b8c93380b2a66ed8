"""What the pages of campaigns share: fetching one, and how its message and its steps are shown."""

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from audience.definition import read_definition
from messaging.models import Campaign, Template
from messaging.services.templates.filling import render as fill_in
from messaging.services.templates.previews import preview_of
from portal.base.refused import Refused
from profiles.models import Business

State = Campaign.State


def campaign_of(business: Business, uuid, **only: str) -> Campaign:
    rows = business.campaigns.select_related("profile__business", "business", "template")
    return get_object_or_404(rows, uuid=uuid, **only)


def bubble_of(template: Template, parameters: list[dict]) -> dict:
    """header, body, footer and buttons: filled in, or by example while values are missing."""
    try:
        filled = fill_in(template, parameters)
    except Refused:
        preview = preview_of(template.components, category=template.category)
        return {
            "header": preview.header,
            "body": preview.body,
            "footer": preview.footer,
            "buttons": [button.get("text", "") for button in preview.buttons],
        }
    return bubble_from(filled.body, filled.content)


def bubble_from(body: str, content: dict | None) -> dict:
    content = content or {}
    return {
        "header": content.get("header", {}).get("text", ""),
        "body": body,
        "footer": content.get("footer", ""),
        "buttons": [button.get("text", "") for button in content.get("buttons", [])],
    }


def steps_of(row: Campaign | None, current: int) -> list[tuple[str, str, str]]:
    """Where one is on the way to a sent campaign: (name, address, state)."""
    edit = (
        reverse("campaign_edit", args=[row.business.slug, row.uuid])
        if row and current and row.state == State.DRAFT
        else ""
    )
    names = [(_("Audience and message"), edit), (_("Review"), ""), (_("Sending"), "")]
    states = ["done"] * current + ["current"] + [""] * 2
    return [(*step, state) for step, state in zip(names, states, strict=False)]


def words_of(definition: dict) -> str:
    if not definition:
        return ""
    try:
        return ", ".join(read_definition(definition).in_words())
    except Refused:
        return ""
