"""What can be said about a template before a person reads it: its form, its category, its risks.

The words that say so are quoted, so that a writer knows what to change and a reader where to look.
"""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.components import Fault
from messaging.services.templates.wording import RISKS, WORDS

Category = Template.Category


@dataclass(frozen=True)
class Hit:
    """A passage of the template, and what it says about it."""

    quote: str
    sentence: str


@dataclass(frozen=True)
class Report:
    """What the linter found.

    `is_clear` means that nobody has to read the template: it has no fault and no risk, and some of
    its words say that it is what it claims. Words that say nothing are for a person.
    """

    faults: list[Fault]
    predicted: str
    reasons: list[str]  # the words that speak for the predicted category
    risks: list[Hit]
    advice: list[Hit] = field(default_factory=list)
    category_fits: bool = True

    @property
    def is_clear(self) -> bool:
        return not self.faults and not self.risks and self.category_fits and bool(self.reasons)


def lint(components: list[dict], *, category: str, parameter_format: str = "POSITIONAL") -> Report:
    """Read normal components as a template of the category that its writer chose."""
    text = words_of(components)
    predicted, reasons = predict(components)
    return Report(
        faults=list(parts.faults(components, category=category, parameter_format=parameter_format)),
        predicted=predicted,
        reasons=reasons,
        risks=[*_risks(text), *_links(components)],
        advice=list(_advice(components)),
        category_fits=FITS[Category(category)](predicted),
    )


# An advert may call itself an advert whatever its words; nothing else may be one.
FITS = {
    Category.MARKETING: lambda predicted: predicted != Category.AUTHENTICATION,
    Category.UTILITY: lambda predicted: predicted == Category.UTILITY,
    Category.AUTHENTICATION: lambda predicted: predicted == Category.AUTHENTICATION,
}


def predict(components: list[dict]) -> tuple[str, list[str]]:
    """The category that the words speak for, and those words."""
    text = words_of(components)
    hits = {category: _hits(pattern, text) for category, pattern in WORDS.items()}
    buttons = parts.part(components, "BUTTONS").get("buttons", [])
    if any(button.get("type") == "OTP" for button in buttons):
        return Category.AUTHENTICATION, ["OTP"]
    if any(button.get("type") == "COPY_CODE" for button in buttons):
        hits[Category.MARKETING].append("COPY_CODE")
    if hits[Category.MARKETING]:
        return Category.MARKETING, hits[Category.MARKETING]
    if hits[Category.AUTHENTICATION]:
        return Category.AUTHENTICATION, hits[Category.AUTHENTICATION]
    if hits[Category.UTILITY]:
        return Category.UTILITY, hits[Category.UTILITY]
    return Category.MARKETING, []


def words_of(components: list[dict]) -> str:
    """All that a person would read of the template, line by line."""
    buttons = parts.part(components, "BUTTONS").get("buttons", [])
    return "\n".join(
        [
            *(
                parts.part(components, kind).get("text", "")
                for kind in ("HEADER", "BODY", "FOOTER")
            ),
            *(f"{button.get('text', '')} {button.get('url', '')}" for button in buttons),
        ]
    )


def _hits(pattern: str, text: str) -> list[str]:
    found = re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE | re.VERBOSE)
    return list(dict.fromkeys(match[0] for match in found))


def _risks(text: str):
    for pattern, sentence in RISKS:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            yield Hit(match[0], str(sentence))


def _links(components: list[dict]):
    """Addresses in the text itself; those of buttons are checked as such."""
    for kind in ("HEADER", "BODY", "FOOTER"):
        for match in re.finditer(r"https?://\S+", parts.part(components, kind).get("text", "")):
            yield Hit(match[0], _("A link in the text: somebody looks where it leads."))


def _advice(components: list[dict]):
    body = parts.part(components, "BODY")
    names = parts.variables(body.get("text", ""))
    if names and not body.get("example"):
        yield Hit(names[0], _("Add an example for each variable: review is quicker."))
    shouted = re.findall(r"\b[A-ZÀ-Þ]{4,}(?:\s+[A-ZÀ-Þ]{4,})+\b", body.get("text", ""))
    for words in shouted:
        yield Hit(words, _("Capitals read as shouting; people report it more often."))
