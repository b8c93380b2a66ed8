"""The parts of a template in Cloud-API shape: reading them, and what is wrong with them.

Limits and numbers as in docs/api: each fault carries the Cloud API's subcode where it has one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

VARIABLE = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,64})\s*\}\}")
BROKEN_VARIABLE = re.compile(r"\{\{|\}\}")
NAME = re.compile(r"[a-z0-9_]{1,512}")
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2,4})?")

HEADER_LENGTH, BODY_LENGTH, FOOTER_LENGTH = 60, 1024, 60
MOST_BUTTONS, BUTTON_LENGTH, URL_LENGTH, CODE_LENGTH = 10, 25, 2000, 15
HEADER_FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "LOCATION")
BUTTONS_OF_KIND = {"URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "OTP": 1, "QUICK_REPLY": 10}

AT_THE_EDGE, TOO_MANY_VARIABLES = 2388299, 2388293
INVALID = 2388023  # the format is wrong in some other way


@dataclass(frozen=True)
class Fault:
    """One thing that stops a template, in words; `quote` is the text it is about."""

    sentence: str
    quote: str = ""
    subcode: int = INVALID


def part(components: list[dict], kind: str) -> dict:
    """The component of this kind (upper case), or an empty one."""
    return next((c for c in components if c.get("type") == kind), {})


def variables(text: str) -> list[str]:
    """The names between double braces, in order, each once."""
    return list(dict.fromkeys(VARIABLE.findall(text or "")))


def fill(text: str, values: dict[str, str]) -> str:
    """The text with each known variable replaced once; values are never read as text to fill."""
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def normal(components: object) -> list[dict]:
    """The components with types in upper case and nulls dropped. Raises ValueError."""
    if not isinstance(components, list) or not all(isinstance(c, dict) for c in components):
        raise ValueError(_("Components are a list of objects."))
    cleaned = [_normal_component(_without_nulls(c)) for c in components]
    return sorted(cleaned, key=lambda c: ORDER.get(c["type"], 9))


ORDER = {"HEADER": 0, "BODY": 1, "FOOTER": 2, "BUTTONS": 3}


def faults(components: list[dict], *, category: str, parameter_format: str) -> Iterator[Fault]:
    """Everything about normal components that breaks a rule of form."""
    kinds = [c["type"] for c in components]
    for kind in kinds:
        if kind not in CHECKS:
            yield Fault(_("Parts of the kind “%s” are not supported.") % kind, kind)
        elif kinds.count(kind) > 1:
            yield Fault(_("There is more than one part of the kind “%s”.") % kind, kind)
    if "BODY" not in kinds:
        yield Fault(_("A template needs a body."))
    for component in components:
        if component["type"] in CHECKS:
            yield from CHECKS[component["type"]](component, category, parameter_format)


def _header(header: dict, category: str, parameter_format: str) -> Iterator[Fault]:
    if header.get("format") not in HEADER_FORMATS:
        yield Fault(_("The header's format is one of %s.") % ", ".join(HEADER_FORMATS))
    elif header["format"] == "TEXT":
        text = header.get("text", "")
        yield from _length(_("header"), text, HEADER_LENGTH)
        yield from _well_formed(text, parameter_format)
        if len(variables(text)) > 1:
            yield Fault(_("The header has at most one variable."), text)


def _body(body: dict, category: str, parameter_format: str) -> Iterator[Fault]:
    text = body.get("text", "")
    yield from _length(_("body"), text, BODY_LENGTH)
    yield from _well_formed(text, parameter_format)
    if category == "AUTHENTICATION":
        return
    stripped = text.strip()
    if (first := VARIABLE.match(stripped)) or (stripped and _ends_in_variable(stripped)):
        quote = first[0] if first else VARIABLE.findall(stripped)[-1]
        yield Fault(_("The body can't begin or end with a variable."), quote, AT_THE_EDGE)
    names = VARIABLE.findall(text)
    if len(re.findall(r"\w+", VARIABLE.sub(" ", text))) < len(names):
        yield Fault(_("There are too many variables for so few words."), text, TOO_MANY_VARIABLES)


def _footer(footer: dict, category: str, parameter_format: str) -> Iterator[Fault]:
    text = footer.get("text", "")
    if category == "AUTHENTICATION" and not text:
        return
    yield from _length(_("footer"), text, FOOTER_LENGTH)
    if BROKEN_VARIABLE.search(text):
        yield Fault(_("The footer has no variables."), text)


def _buttons(component: dict, category: str, parameter_format: str) -> Iterator[Fault]:
    buttons = component.get("buttons", [])
    if not buttons:
        yield Fault(_("The list of buttons is empty."))
    if len(buttons) > MOST_BUTTONS:
        yield Fault(_("A template has at most %d buttons.") % MOST_BUTTONS)
    kinds = [button.get("type", "") for button in buttons]
    for kind in dict.fromkeys(kinds):
        if kind not in BUTTONS_OF_KIND:
            yield Fault(_("Buttons of the kind “%s” are not supported.") % kind, kind)
        elif kinds.count(kind) > BUTTONS_OF_KIND[kind]:
            yield Fault(
                _("There are at most %(n)d buttons of the kind “%(kind)s”.")
                % {"n": BUTTONS_OF_KIND[kind], "kind": kind},
                kind,
            )
    replies = [kind == "QUICK_REPLY" for kind in kinds]
    if sum(a != b for a, b in zip(replies, replies[1:], strict=False)) > 1:
        yield Fault(_("Put the reply buttons next to each other."))
    for button in buttons:
        yield from _button(button)


def _button(button: dict) -> Iterator[Fault]:
    kind, text = button.get("type"), button.get("text", "")
    if kind in ("QUICK_REPLY", "URL", "PHONE_NUMBER"):
        yield from _length(_("button"), text, BUTTON_LENGTH)
        if BROKEN_VARIABLE.search(text):
            yield Fault(_("A button's words have no variables."), text)
    if kind == "URL":
        yield from _address(button.get("url", ""))
    if kind == "PHONE_NUMBER" and not re.fullmatch(
        r"\+?[0-9 ()-]{5,20}", str(button.get("phone_number", ""))
    ):
        yield Fault(_("A call button needs a phone number."), text)
    if kind == "COPY_CODE":
        code = button.get("example", "")
        code = code[0] if isinstance(code, list) and code else code
        if isinstance(code, str) and len(code) > CODE_LENGTH:
            yield Fault(_("A code to copy has at most %d characters.") % CODE_LENGTH, code)


def _address(url: str) -> Iterator[Fault]:
    if len(url) > URL_LENGTH:
        yield Fault(_("A link has at most %d characters.") % URL_LENGTH, url[:60])
    names = VARIABLE.findall(url)
    if len(names) > 1 or (names and not _ends_in_variable(url)):
        yield Fault(_("A link has at most one variable, at its end."), url)
    try:
        parts = urlsplit(VARIABLE.sub("x", url))
        if parts.scheme not in ("https", "http") or not parts.hostname or "{{" in parts.netloc:
            yield Fault(_("A link begins with https:// and a name of yours."), url)
        elif VARIABLE.search(url.split("//", 1)[1].split("/", 1)[0]):
            yield Fault(_("The variable of a link comes after its domain."), url)
    except ValueError:
        yield Fault(_("This is not a link."), url)


def _length(what: str, text: str, most: int) -> Iterator[Fault]:
    if not text.strip():
        yield Fault(_("The %s is empty.") % what)
    elif len(text) > most:
        yield Fault(
            _("The %(what)s has %(n)d characters; %(most)d are the most.")
            % {"what": what, "n": len(text), "most": most},
            text[most : most + 40],
        )


def _well_formed(text: str, parameter_format: str) -> Iterator[Fault]:
    if broken := BROKEN_VARIABLE.search(VARIABLE.sub("", text)):
        yield Fault(_("A variable is written {{1}} or {{name}}."), broken[0])
    names = variables(text)
    if parameter_format == "NAMED":
        if wrong := [n for n in names if not re.fullmatch(r"[a-z][a-z0-9_]*", n)]:
            yield Fault(_("Names of variables are small letters, digits and _."), wrong[0])
    elif names and sorted(names) != sorted(str(n + 1) for n in range(len(names))):
        yield Fault(_("Number the variables {{1}}, {{2}}, … without gaps."), ", ".join(names))


def _ends_in_variable(text: str) -> bool:
    return any(match.end() == len(text) for match in VARIABLE.finditer(text))


CHECKS = {"HEADER": _header, "BODY": _body, "FOOTER": _footer, "BUTTONS": _buttons}


def _without_nulls(value):
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _normal_component(component: dict) -> dict:
    kind = str(component.get("type", "")).upper()
    result = {**component, "type": kind}
    if kind == "HEADER":
        result["format"] = str(component.get("format", "TEXT")).upper()
    if kind == "BUTTONS":
        buttons = component.get("buttons", [])
        if not isinstance(buttons, list) or not all(isinstance(b, dict) for b in buttons):
            raise ValueError(_("Buttons are a list of objects."))
        result["buttons"] = [{**b, "type": str(b.get("type", "")).upper()} for b in buttons]
    for texts in (result, *result.get("buttons", [])):
        for key in ("text", "url"):
            if key in texts and not isinstance(texts[key], str):
                raise ValueError(_("“%s” is a text.") % key)
    return result
