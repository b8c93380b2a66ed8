"""A chat's messages as a person's page draws them.

Each kind of message has a template of its own, templates/inbox/kinds/NAME.html, which gets `shown`
and draws the whole bubble. NAME is the `type` of the message's content (such as `order_details`),
else its kind, else `text`: a new kind needs its template and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html import unescape
from itertools import islice
from urllib.parse import urlsplit

from django.core.signing import BadSignature, Signer
from django.template.defaultfilters import date as format_date
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, urlize
from django.utils.http import urlencode
from django.utils.safestring import SafeString, mark_safe

from messaging.models import AnswerNotice, Campaign, Message
from messaging.services.people.answer_notices import is_filtered
from messaging.services.people.answers import Choice, choices_of
from messaging.services.people.chats import Bubble
from profiles.models import Profile

Kind = Message.Kind
NAME = re.compile(r"[a-z_]{1,40}")
HREF = re.compile(r'href="([^"]*)" rel="nofollow"')
FILES = (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO, Kind.DOCUMENT, Kind.STICKER)
QUOTED = 120  # characters of a quoted message
SIGNER = Signer(salt="signet.inbox.out")


@dataclass(frozen=True)
class File:
    """A file in a message: served to its person only."""

    kind: str
    address: str
    name: str
    mime_type: str


@dataclass
class Shown:
    """One bubble, and all that its template may need.

    Attributes:
        straight: links lead straight out; else first to what an answer says about the person.
        quote: the beginning of the message it answers.
        chosen: the words of the button that the person has tapped.
        day: the date, where the bubble is the first of its day on the page; else "".
    """

    bubble: Bubble
    profile: Profile
    straight: bool = True
    quote: str = ""
    reactions: list[str] = field(default_factory=list)
    chosen: str = ""
    my_reaction: str = ""
    day: str = ""

    @property
    def message(self) -> Message:
        return self.bubble.message

    @property
    def id(self) -> int:
        return self.message.id

    @property
    def way(self) -> str:
        return "out" if self.bubble.mine else "in"

    @property
    def content(self) -> dict:
        return self.bubble.content

    @cached_property
    def at(self) -> datetime:
        """When, where the reader is."""
        return timezone.localtime(self.message.created_at)

    @property
    def clock(self) -> str:
        return f"{self.at:%H:%M}"

    @property
    def iso(self) -> str:
        return self.at.isoformat(timespec="seconds")

    @property
    def is_words(self) -> bool:
        """Plain words, which need no template of their own: by far the most."""
        return self.message.kind == Kind.TEXT and "type" not in self.content and not self.header

    @property
    def templates(self) -> list[str]:
        names = [str(self.content.get("type", "")), str(self.message.kind), "text"]
        return [f"inbox/kinds/{name}.html" for name in names if NAME.fullmatch(name)]

    @property
    def text(self) -> SafeString:
        """The words, with links that can be followed."""
        return self._linked(self.bubble.text)

    @cached_property
    def header(self) -> dict:
        header = self.content.get("header")
        return header if isinstance(header, dict) else {}

    @property
    def title(self) -> str:
        return str(self.header.get("text", "")) if self.header.get("type") == "text" else ""

    @property
    def footer(self) -> str:
        footer = self.content.get("footer", "")
        return str(footer.get("text", "")) if isinstance(footer, dict) else str(footer)

    @cached_property
    def file(self) -> File | None:
        """The message's own file, or its header's."""
        kind = self.message.kind if self.message.kind in FILES else self.header.get("type")
        given = self.content if kind == self.message.kind else self.header.get(kind or "")
        if (
            kind not in FILES
            or not isinstance(given, dict)
            or not str(given.get("id", "")).isdecimal()
        ):
            return None
        return File(
            str(kind),
            reverse("chat_file", args=[self.profile.handle, self.id]),
            str(given.get("filename", "")),
            str(given.get("mime_type", "")),
        )

    @property
    def place(self) -> dict | None:
        """Where a location is: of the message, or of a template's header."""
        if self.message.kind == Kind.LOCATION:
            return self.content
        return self.header.get("location") if self.header.get("type") == "location" else None

    @cached_property
    def choices(self) -> list[Choice]:
        return [] if self.bubble.mine else choices_of(self.content)

    @property
    def sections(self) -> list[tuple[str, list[Choice]]]:
        """The rows of a list under their titles."""
        rest = iter(self.choices)
        return [
            (section.get("title", ""), list(islice(rest, len(section["rows"]))))
            for section in self.content.get("action", {}).get("sections", [])
        ]

    @property
    def buttons(self) -> list[dict]:
        """The template's buttons that lead somewhere or hold a code, ready to draw."""
        buttons = self.content.get("buttons", [])
        return [
            self._button(b) for b in buttons if isinstance(b, dict) and b.get("type") in LEADING
        ]

    @property
    def link(self) -> dict | None:
        """The button of an interactive message that leads to a site."""
        given = self.content.get("action", {}).get("parameters", {})
        if not given.get("url"):
            return None
        return self._button({"type": "url", "text": given.get("display_text"), "url": given["url"]})

    def _button(self, button: dict) -> dict:
        if button["type"] != "url":
            return button
        url = str(button.get("url", ""))
        return button | {"url": self.leads(url), "site": urlsplit(url).hostname or ""}

    def leads(self, url: str) -> str:
        """Where a link of this message leads: out, or first to what following it says."""
        if not url.startswith(("https://", "http://")):
            return ""
        if self.straight:
            return url
        path = reverse("chat_out", args=[self.profile.handle, self.id])
        return f"{path}?{urlencode({'to': SIGNER.sign(url)})}"

    def _linked(self, text: str) -> SafeString:
        def lead(match: re.Match) -> str:
            url = unescape(match[1])
            href = self.leads(url) or url  # an address of mail stays one
            return f'href="{escape(href)}" rel="noopener nofollow ugc"'

        # Text is escaped by urlize, so every href that is found is one that it made.
        return mark_safe(HREF.sub(lead, urlize(text, nofollow=True, autoescape=True)))


LEADING = ("url", "phone_number", "copy_code")


def signed_address(value: str) -> str | None:
    """The address that `leads` has signed, else None."""
    try:
        return SIGNER.unsign(value)
    except BadSignature:
        return None


def shown(bubbles: Sequence[Bubble], profile: Profile, *, person_id: int) -> list[Shown]:
    """The page's bubbles with what belongs together put together: reactions stand on their message,
    an answer quotes what it answers, and a button that was tapped says so.
    """
    campaigns = {bubble.campaign.pk for bubble in bubbles if bubble.campaign}
    rows = AnswerNotice.objects.filter(person_id=person_id, campaign_id__in=campaigns)
    told = set(rows.values_list("campaign_id", flat=True)) if campaigns else set()
    found = {
        bubble.message.id: Shown(
            bubble, profile, straight=not _must_tell_first(bubble.campaign, told)
        )
        for bubble in bubbles
        if bubble.message.kind != Kind.REACTION
    }
    _put_reactions(found, bubbles)
    words = _quoted(found, bubbles, person_id, profile)
    before = day = None
    for each in found.values():
        if (today := each.at.date()) != day:
            each.day, day = format_date(each.at, "j F"), today
        target = each.message.reply_to
        if (
            target in found
            and each.bubble.mine
            and each.message.kind in (Kind.BUTTON, Kind.INTERACTIVE)
        ):
            found[target].chosen = each.bubble.text
        if target and target != before:
            each.quote = words.get(target, "")
        before = each.id
    return list(found.values())


def _must_tell_first(campaign: Campaign | None, told: set[int]) -> bool:
    """Would following a link say something about the person that they have not been told?"""
    return campaign is not None and campaign.pk not in told and is_filtered(campaign)


def _put_reactions(found: dict[int, Shown], bubbles: Sequence[Bubble]) -> None:
    """The newest reaction of each side; an empty one takes it back."""
    newest: dict[tuple[int, bool], str] = {}
    for bubble in bubbles:
        if bubble.message.kind == Kind.REACTION and bubble.message.reply_to:
            newest[bubble.message.reply_to, bubble.mine] = str(bubble.content.get("emoji", ""))
    for (target, mine), emoji in newest.items():
        if target in found and emoji:
            found[target].reactions.append(emoji)
            found[target].my_reaction = emoji if mine else found[target].my_reaction


def _quoted(
    found: dict[int, Shown], bubbles: Sequence[Bubble], person_id: int, profile: Profile
) -> dict[int, str]:
    """The words of all messages that are answered here, also of those on an older page."""
    words = {id_: each.bubble.text for id_, each in found.items()}
    missing = {b.message.reply_to for b in bubbles if b.message.reply_to} - set(words)
    if missing:
        rows = Message.objects.filter(
            person_id=person_id, profile_id=profile.pk, id__in=missing
        ).values_list("id", "body", "kind")
        words |= {id_: body or str(Kind(kind).label) for id_, body, kind in rows}
    return {id_: " ".join(text.split())[:QUOTED] for id_, text in words.items()}
