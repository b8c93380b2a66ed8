"""A template as a person would read it: examples filled in, doubtful words marked."""

import re
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.lifecycle import Invalid, read
from messaging.services.templates.linter import Report


@dataclass(frozen=True)
class Preview:
    """A template as a phone would show it, and what the linter says of it."""

    header: str
    body: str
    footer: str
    buttons: list[dict]
    report: Report | None
    fault: str = ""
    marked: SafeString = SafeString("")


def preview_of(components: list[dict], *, category: str) -> Preview:
    """The components with their examples filled in; unfinished ones are shown as they are."""
    if category not in Template.Category.values:
        category = Template.Category.UTILITY
    try:
        cleaned, report = read(components, category=category)
    except Invalid as invalid:
        return Preview("", "", "", [], None, invalid.sentence)
    body = parts.part(cleaned, "BODY")
    header = parts.part(cleaned, "HEADER")
    header_examples = (header.get("example") or {}).get("header_text", [])
    return Preview(
        header=parts.fill(header.get("text", ""), by_place(header_examples)),
        body=parts.fill(body.get("text", ""), by_place(examples_of(body))),
        footer=parts.part(cleaned, "FOOTER").get("text", ""),
        buttons=parts.part(cleaned, "BUTTONS").get("buttons", []),
        report=report,
        marked=marked(body.get("text", ""), report),
    )


def by_place(values: list[str]) -> dict[str, str]:
    return {str(n): value for n, value in enumerate(values, 1)}


def marked(text: str, report: Report) -> SafeString:
    """The text with the words that the linter speaks of marked."""
    words = [] if report.category_fits else report.reasons
    quotes = {hit.quote for hit in report.risks} | set(words)
    quotes = {quote for quote in quotes if quote and quote in text}
    if not quotes:
        return escape(text)
    pattern = "|".join(re.escape(quote) for quote in sorted(quotes, key=len, reverse=True))
    pieces = re.split(f"({pattern})", text)
    return mark_safe(  # every piece is escaped
        "".join(
            f"<mark>{escape(piece)}</mark>" if n % 2 else str(escape(piece))
            for n, piece in enumerate(pieces)
        )
    )


def examples_of(body: dict) -> list[str]:
    """The values that stand for the body's variables."""
    example = body.get("example") or {}
    if rows := example.get("body_text"):
        return [str(value) for value in (rows[0] if isinstance(rows[0], list) else rows)]
    return [str(row.get("example", "")) for row in example.get("body_text_named_params", [])]
