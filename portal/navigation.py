"""What a business's dashboard is made of: its places, in the order of the sidebar."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Place:
    """One entry of the sidebar. It is shown as soon as its address exists."""

    key: str  # also the key of its number in the context's `counts`
    label: str | Promise
    icon: str
    url_name: str
    keys: str = ""  # pressed one after the other
    on_bar: bool = False  # also at the foot of a phone's screen


PLACES: list[tuple[str | Promise, list[Place]]] = [
    (
        "",
        [
            Place("home", _("Home"), "layout-dashboard", "business_home", "g h", on_bar=True),
            Place("inbox", _("Inbox"), "inbox", "business_inbox", "g i", on_bar=True),
        ],
    ),
    (
        _("Reach people"),
        [
            Place("campaigns", _("Campaigns"), "megaphone", "campaigns", "g c", on_bar=True),
            Place("contacts", _("Contacts"), "user-check", "contacts", "g o"),
            Place("audiences", _("Audiences"), "users", "audiences", "g a"),
            Place("templates", _("Templates"), "file-text", "templates", "g t"),
            Place("analytics", _("Analytics"), "chart-line", "analytics", "g n"),
        ],
    ),
    (
        _("Trust"),
        [
            Place("verification", _("Verification"), "badge-check", "verification", "g v"),
            Place("quality", _("Quality"), "shield-check", "quality", "g q", on_bar=True),
            Place("profile", _("Public profile"), "eye", "public_profile", "g p"),
        ],
    ),
    (
        _("Workspace"),
        [
            Place("payments", _("Payments"), "wallet", "payments"),
            Place("billing", _("Plan and billing"), "credit-card", "billing"),
            Place("developers", _("API and webhooks"), "webhook", "developers"),
            Place("team", _("Team"), "user-plus", "team"),
        ],
    ),
]


@dataclass
class Entry:
    """A place as one page draws it."""

    place: Place
    url: str
    count: int
    is_current: bool = False

    def __getattr__(self, name: str):
        return getattr(self.place, name)


@dataclass
class Section:
    label: str | Promise
    entries: list[Entry]


def sections(slug: str, *, path: str = "", counts: dict[str, int] | None = None) -> list[Section]:
    """The sidebar of the business with this slug, with the entry marked that `path` lies under.

    Of several the one with the longest address is meant: /w/acme/inbox/7/ is Inbox, not Home.
    """
    counts = counts or {}
    found = []
    for label, places in PLACES:
        entries = []
        for place in places:
            try:
                url = reverse(place.url_name, kwargs={"slug": slug})
            except NoReverseMatch:
                continue
            entries.append(Entry(place, url, counts.get(place.key, 0)))
        if entries:
            found.append(Section(label, entries))

    above = [entry for section in found for entry in section.entries if path.startswith(entry.url)]
    if above:
        max(above, key=lambda entry: len(entry.url)).is_current = True
    return found
