"""Stored facts in words, and links, for pages that only show them."""

from collections.abc import Mapping

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from profiles.models import Profile

FACTS = {
    "standing": _("Stood"),
    "evidence": _("Evidence against the badge"),
    "reporters": _("People who complained, 28 days"),
    "clusters": _("Groups they come from"),
    "stops": _("Campaigns stopped, 28 days"),
    "outrage": _("Highest rate of one campaign or day"),
    "calm_days": _("Clean days"),
    "silent_hours": _("Hours suspended without an appeal"),
    "people": _("People who complained, 24 hours"),
    "weight": _("Their weight together"),
    "largest": _("Of them in the largest group"),
    "revoked": _("Linked to"),
}
HIDDEN = ("revoked_before", "by_staff", "decision")


def facts_in_words(facts: Mapping) -> SafeString | str:
    """One line a fact, rounded; "–" where there are none."""
    rows = [
        (
            FACTS.get(name, name),
            f"{value:.2f}".rstrip("0").rstrip(".") if _is_float(value) else value,
        )
        for name, value in facts.items()
        if name not in HIDDEN
    ]
    return format_html_join("", "<div>{}: <b>{}</b></div>", rows) or "–"


def _is_float(value: object) -> bool:
    return isinstance(value, float)


def link_to_profile(profile: Profile) -> str:
    """A link to the staff's page of a profile."""
    return format_html(
        '<a class="text-primary-600 underline" href="{}">{} (@{})</a>',
        reverse("admin:profiles_profile_change", args=[profile.pk]),
        profile.name,
        profile.handle,
    )
