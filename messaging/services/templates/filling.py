"""Filling a template in: the values that a client gives, set into what was approved."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.models import Template
from messaging.services.templates import components as parts
from portal.base.refused import Refused


@dataclass(frozen=True)
class Rendered:
    """A template with its values, ready to send.

    `content` is what an inbox shows besides `body`: {"template": {id, name, language}, "header"?:
    {"type": "text"|"image"|"video"|"document"|"location", <type>: ...}, "footer"?: text,
    "buttons"?: [{"type": "quick_reply"|"url"|"phone_number"|"copy_code", "text", and "payload",
    "url", "phone_number" or "code"}]}.
    """

    body: str
    content: dict


def render(template: Template, components: list[dict] | None = None) -> Rendered:
    """The template filled in with a client's components in Cloud-API shape.

    Each variable is replaced once by the value given for it; nothing else is evaluated.

    Raises:
        Refused: with code parameter_count, parameter_format or text_too_long.
    """
    given = [_lower(c) for c in components or []]
    named = template.parameter_format == "NAMED"
    body = parts.part(template.components, "BODY").get("text", "")
    text = _filled(body, _values(given, "body"), named, part=_("the text"))
    if len(text) > 4 * parts.BODY_LENGTH:
        raise Refused(_("With its values the text is too long."), code="text_too_long")

    content: dict = {
        "template": {
            "id": str(template.pk),
            "name": template.name,
            "language": template.language,
        }
    }
    if header := parts.part(template.components, "HEADER"):
        content["header"] = _header(header, given, named)
    if footer := parts.part(template.components, "FOOTER").get("text"):
        content["footer"] = footer
    if buttons := parts.part(template.components, "BUTTONS").get("buttons"):
        content["buttons"] = [_button(b, n, given) for n, b in enumerate(buttons)]
    return Rendered(text, content)


def _header(header: dict, given: list[dict], named: bool) -> dict:
    values = _values(given, "header")
    if header["format"] == "TEXT":
        return {
            "type": "text",
            "text": _filled(header.get("text", ""), values, named, part=_("the header")),
        }
    kind = header["format"].lower()
    parameter = values[0] if values else {}
    if not isinstance(parameter.get(kind), dict):
        raise Refused(
            _("The header needs a parameter of the type “%s”.") % kind, code="parameter_format"
        )
    return {"type": kind, kind: parameter[kind]}


def _button(button: dict, index: int, given: list[dict]) -> dict:
    kind = button["type"]
    parameter: dict = next(
        (
            c["parameters"][0]
            for c in given
            if c["type"] == "button" and str(c.get("index", 0)) == str(index) and c["parameters"]
        ),
        {},
    )
    shown = {"type": kind.lower(), "text": button.get("text", "")}
    if kind == "QUICK_REPLY":
        return {**shown, "payload": str(parameter.get("payload") or button.get("text", ""))}
    if kind == "URL":
        values = [parameter] if parameter else []
        part = _("the button “%s”") % shown["text"]
        return {**shown, "url": _filled(button["url"], values, named=False, part=part)}
    if kind == "PHONE_NUMBER":
        return {**shown, "phone_number": button.get("phone_number", "")}
    code = parameter.get("coupon_code") or parameter.get("text")
    if not code:
        raise Refused(_("The button needs the code to copy."), code="parameter_count")
    return {"type": "copy_code", "text": shown["text"] or _("Copy code"), "code": str(code)}


def _values(given: list[dict], kind: str) -> list[dict]:
    return next((c["parameters"] for c in given if c["type"] == kind), [])


def _filled(text: str, values: list[dict], named: bool, *, part: str) -> str:
    names = parts.variables(text)
    if len(values) != len(names):
        raise Refused(
            _("The text has %(n)d variables, but %(m)d values were given.")
            % {"n": len(names), "m": len(values)},
            code="parameter_count",
        )
    given = {
        str(value.get("parameter_name") if named else n): value for n, value in enumerate(values, 1)
    }
    if named and (missing := [name for name in names if name not in given]):
        raise Refused(_("There is no value for “%s”.") % missing[0], code="parameter_format")
    return parts.fill(text, {name: _text(value, name, part) for name, value in given.items()})


def _text(parameter: dict, name: str, part: str) -> str:
    """The text of one value; `name` and `part` say to people which one it is."""
    kind = parameter.get("type", "text")
    value = parameter.get(kind)
    which = {"name": "{{" + name + "}}", "part": part}
    if kind in ("currency", "date_time"):
        value = value.get("fallback_value") if isinstance(value, dict) else None
    if kind not in ("text", "payload", "currency", "date_time") or not isinstance(value, str):
        raise Refused(
            _("The value for %(name)s in %(part)s must be a text.") % which,
            code="parameter_format",
        )
    if not value.strip():
        raise Refused(
            _("The value for %(name)s in %(part)s is empty.") % which, code="parameter_format"
        )
    return value


def _lower(component: object) -> dict:
    if not isinstance(component, dict):
        raise Refused(_("Components are a list of objects."), code="parameter_format")
    parameters = component.get("parameters") or []
    if not isinstance(parameters, list) or not all(isinstance(p, dict) for p in parameters):
        raise Refused(_("Parameters are a list of objects."), code="parameter_format")
    return {
        **component,
        "type": str(component.get("type", "")).lower(),
        "parameters": [_parameter(parameter) for parameter in parameters],
    }


def _parameter(parameter: dict) -> dict:
    given = {key: value for key, value in parameter.items() if value is not None}
    return {**given, "type": str(given.get("type", "text")).lower()}
