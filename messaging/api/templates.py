"""/{account}/message_templates and /{template}: list, write, change, take away."""

import json

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from messaging.api.bodies import opened
from messaging.api.calls import DELETE, GET, POST, Call, edge
from messaging.api.errors import GraphError
from messaging.api.fields import one_of, text
from messaging.api.paging import page
from messaging.api.selection import asked, select
from messaging.models import Template
from messaging.services.templates.lifecycle import (
    Invalid,
    create_template,
    delete_template,
    edit_template,
)
from portal.base.refused import Refused
from profiles.models import Business

SHOWN = ("name", "parameter_format", "components", "language", "status", "category")
ALWAYS = ("name", "parameter_format", "components", "language", "status", "category", "id")
EXISTS = 2388024
CATEGORIES = tuple(Template.Category)
FORMATS = ("POSITIONAL", "NAMED")


@edge(Business, "message_templates", GET)
def get_templates(call: Call) -> dict:
    """The account's templates, a page at a time."""
    rows = _filtered(_templates(call), call.data)
    answer = page(call, rows, show=lambda row: _shown(row, call.data))
    if call.data.get("summary"):
        answer["summary"] = _summary(call)
    return answer


@edge(Template, "", GET)
def get_template(call: Call) -> dict:
    """One template."""
    return _shown(call.node, call.data)


@edge(Business, "message_templates", POST)
def post_templates(call: Call) -> dict:
    """Write a template; clear cases are approved at once, the rest by people."""
    template = _told(
        lambda: create_template(
            call.business,
            name=text(call.data, "name", most=512),
            language=text(call.data, "language", most=20),
            category=one_of(call.data, "category", CATEGORIES),
            components=opened(call.data.get("components")),
            parameter_format=_format(call.data),
            by=None,
            now=call.now,
        )
    )
    return {"id": str(template.pk), "status": template.status, "category": template.category}


@edge(Template, "", POST)
def post_template(call: Call) -> dict:
    """Change a template's words or category."""
    category = one_of(call.data, "category", CATEGORIES) if call.data.get("category") else None
    template = _told(
        lambda: edit_template(
            call.node,
            components=opened(call.data.get("components")) or call.node.components,
            category=category,
            by=None,
            now=call.now,
        )
    )
    return {
        "success": True,
        "id": str(template.pk),
        "name": template.name,
        "category": template.category,
        "status": template.status,
    }


@edge(Template, "", DELETE)
def delete_one_template(call: Call) -> dict:
    """Take away this one language."""
    delete_template(call.node, by=None, now=call.now)
    return {"success": True}


@edge(Business, "message_templates", DELETE)
def delete_templates(call: Call) -> dict:
    """Take away all languages of a name, or with hsm_id one."""
    rows = _templates(call)
    if "hsm_ids" in call.data:
        wanted = _words(call.data["hsm_ids"], upper=False)
        rows = rows.filter(pk__in=[int(i) for i in wanted if i.isdecimal() and len(i) < 18])
    else:
        hsm_id = str(call.data.get("hsm_id") or "")
        if name := text(call.data, "name", most=512, required=not hsm_id):
            rows = rows.filter(name=name)
        if hsm_id:
            rows = rows.filter(pk=int(hsm_id) if hsm_id.isdecimal() and len(hsm_id) < 18 else 0)
    found = list(rows)
    if not found:
        raise GraphError(100, _("There is no such template."), subcode=2593002)
    for template in found:
        delete_template(template, by=None, now=call.now)
    return {"success": True}


def _told(write):
    """Run `write`, and say a rule's no with the subcodes that clients know."""
    try:
        return write()
    except Invalid as invalid:
        fault = invalid.faults[0]
        raise GraphError(100, invalid.sentence, subcode=fault.subcode) from None
    except Refused as refusal:
        subcode = EXISTS if refusal.code == "template_exists" else None
        raise GraphError(100, refusal.sentence, subcode=subcode) from None


def _templates(call: Call) -> QuerySet[Template]:
    return Template.objects.filter(business=call.business, deleted_at=None).exclude(
        status=Template.Status.DRAFT
    )


def _filtered(rows: QuerySet[Template], data: dict) -> QuerySet[Template]:
    if name := data.get("name"):
        rows = rows.filter(name=str(name))
    if words := data.get("name_or_content") or data.get("content"):
        rows = rows.filter(Q(name__icontains=words) | Q(components__icontains=str(words)))
    for field in ("status", "category", "language", "parameter_format"):
        if written := data.get(field):
            rows = rows.filter(**{f"{field}__in": _words(written, upper=field != "language")})
    if "quality_score" in data and "UNKNOWN" not in _words(data["quality_score"], upper=True):
        rows = rows.none()
    return rows


def _words(written: object, *, upper: bool) -> list[str]:
    """One word, several with commas, or a JSON list of them."""
    if isinstance(written, str) and written.startswith("["):
        try:
            written = json.loads(written)
        except ValueError:
            raise GraphError(100, _("This list is not valid JSON.")) from None
    words = written if isinstance(written, list) else str(written).split(",")
    return [str(w).strip().upper() if upper else str(w).strip() for w in words]


def _format(data: dict) -> str:
    if not data.get("parameter_format"):
        return "POSITIONAL"
    return one_of(data, "parameter_format", FORMATS)


def _shown(template: Template, data: dict) -> dict:
    full = {
        "id": str(template.pk),
        "name": template.name,
        "parameter_format": template.parameter_format,
        "components": template.components,
        "language": template.language,
        "status": template.status,
        "category": template.category,
        "rejected_reason": "INVALID_FORMAT" if template.reason else "NONE",
        "quality_score": {"score": "UNKNOWN", "date": int(template.created_at.timestamp())},
        "message_send_ttl_seconds": None,
        "previous_category": None,
        "last_updated_time": template.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
    }
    # Clients read these whatever they asked for.
    chosen = select(full, data, default=SHOWN)
    return {
        **{name: full[name] for name in ALWAYS},
        **{k: v for k, v in chosen.items() if v is not None},
    }


def _summary(call: Call) -> dict:
    total = _templates(call).count()  # a business's own, at most some thousands
    names = asked({"fields": call.data["summary"]})
    full = {
        "total_count": total,
        "message_template_count": total,
        "message_template_limit": 6000,
        "are_translations_complete": True,
    }
    return {name: full[name] for name in names if name in full} or full
