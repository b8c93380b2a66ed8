"""Templates: written by a business, linted, decided by the linter or by staff."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Template
from messaging.services.templates import components as parts
from messaging.services.templates.linter import Report, lint
from messaging.services.webhooks.account_events import tell_of_category, tell_of_template
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record
from profiles.services.notices import notify

Status = Template.Status
CODE_TEXT = "{{1}} is your verification code."
CODE_ADVICE = " For your security, do not share this code."


class Invalid(Refused):
    """A template breaks a rule of form; `faults` say which ones."""

    def __init__(self, faults: list[parts.Fault]) -> None:
        super().__init__(" ".join(fault.sentence for fault in faults), code="template_invalid")
        self.faults = faults


def read(
    components: object, *, category: str, parameter_format: str = "POSITIONAL"
) -> tuple[list[dict], Report]:
    """Components as written, made normal, with what the linter says. Raises Invalid."""
    try:
        cleaned = parts.normal(components)
    except ValueError as error:
        raise Invalid([parts.Fault(str(error))]) from None
    if category == Template.Category.AUTHENTICATION:
        cleaned = [_code_body(c) if c["type"] == "BODY" else c for c in cleaned]
    return cleaned, lint(cleaned, category=category, parameter_format=parameter_format)


@transaction.atomic
def create_template(
    business: Business,
    *,
    name: str,
    language: str,
    category: str,
    components: object,
    by: User | None,
    parameter_format: str = "POSITIONAL",
    now: datetime | None = None,
) -> Template:
    """Write a template and hand it in; clear cases are approved at once. Raises Refused."""
    _check_name(name, language)
    Business.objects.select_for_update().get(pk=business.pk)
    if business.templates.filter(name=name, language=language, deleted_at=None).exists():
        raise Refused(
            _("There is a template “%(name)s” in the language “%(language)s” already.")
            % {"name": name, "language": language},
            code="template_exists",
        )

    cleaned, report = read(components, category=category, parameter_format=parameter_format)
    if report.faults:
        raise Invalid(report.faults)
    template = Template.objects.create(
        business=business,
        name=name,
        language=language,
        category=category,
        parameter_format=parameter_format,
        components=cleaned,
        status=Status.PENDING,
        created_at=now or timezone.now(),
    )

    record(template, "template.created", by=by, category=category)
    return _decide_if_clear(template, report, now=now)


@transaction.atomic
def edit_template(
    template: Template,
    *,
    components: object,
    by: User | None,
    category: str | None = None,
    now: datetime | None = None,
) -> Template:
    """Change the words; the template waits for approval again. Raises Refused."""
    template = _locked(template)
    if template.status == Status.DISABLED:
        raise Refused(_("A disabled template can't be changed. Write a new one."))

    category = category or template.category
    cleaned, report = read(
        components, category=category, parameter_format=template.parameter_format
    )
    if report.faults:
        raise Invalid(report.faults)
    previous = template.category
    template.components = cleaned
    template.category = category
    template.status = Status.PENDING
    template.reason = ""
    template.version += 1
    template.save(update_fields=["components", "category", "status", "reason", "version"])

    record(template, "template.edited", by=by, version=template.version)
    if category != previous:
        tell_of_category(template, previous=previous)
    return _decide_if_clear(template, report, now=now)


@transaction.atomic
def approve_template(template: Template, *, by: User, now: datetime | None = None) -> Template:
    """Let the template be sent. Raises Refused unless it waits for review."""
    template = _locked(template)
    _must_wait(template)
    return _approved(template, by=by, now=now)


@transaction.atomic
def reject_template(
    template: Template, *, reason: str, by: User, now: datetime | None = None
) -> Template:
    """Send the template back with the reason. Raises Refused unless it waits for review."""
    template = _locked(template)
    _must_wait(template)
    if not reason.strip():
        raise Refused(_("Say why, so that the writer can mend it."))

    template.status, template.reason = Status.REJECTED, reason.strip()
    template.decided_by, template.decided_at = by, now or timezone.now()
    template.save(update_fields=["status", "reason", "decided_by", "decided_at"])

    record(template, "template.rejected", by=by, reason=reason)
    _tell(template, _("Template “%s” was sent back") % template.name, reason, level="warn")
    return template


@transaction.atomic
def delete_template(template: Template, *, by: User | None, now: datetime | None = None) -> None:
    """Take the template away; messages already sent keep their words."""
    template = _locked(template)

    template.deleted_at = now or timezone.now()
    template.save(update_fields=["deleted_at"])

    record(template, "template.deleted", by=by)
    tell_of_template(template)


def ensure_sendable(template: Template) -> None:
    """Raises Refused with a code of its own for each reason why it can't be sent."""
    if template.deleted_at or template.status not in SENDABLE:
        raise Refused(
            _("The template “%s” is not approved.") % template.name, code="template_not_approved"
        )
    if template.status == Status.PAUSED:
        raise Refused(_("The template “%s” is paused.") % template.name, code="template_paused")
    if template.status == Status.DISABLED:
        raise Refused(_("The template “%s” is disabled.") % template.name, code="template_disabled")


SENDABLE = (Status.APPROVED, Status.PAUSED, Status.DISABLED)  # the last two refuse by themselves


def _check_name(name: str, language: str) -> None:
    if not parts.NAME.fullmatch(name):
        raise Refused(
            _("A template's name has small letters, digits and _ only."), code="template_name"
        )
    if not parts.LANGUAGE.fullmatch(language):
        raise Refused(
            _("“%s” is not a language code such as en or pt_BR.") % language,
            code="template_language",
        )


def _locked(template: Template) -> Template:
    try:
        return (
            Template.objects.select_for_update(of=("self",))
            .select_related("business")
            .get(pk=template.pk, deleted_at=None)
        )
    except Template.DoesNotExist:
        raise Refused(_("This template was deleted.")) from None


def _must_wait(template: Template) -> None:
    if template.status != Status.PENDING:
        raise Refused(
            _("“%(name)s” is not waiting for review: it is %(status)s.")
            % {"name": template.name, "status": template.get_status_display().lower()}
        )


def _decide_if_clear(template: Template, report: Report, *, now: datetime | None) -> Template:
    if report.is_clear:
        return _approved(template, by=None, now=now)
    announce("staff", "template", template.pk)
    return template


def _approved(template: Template, *, by: User | None, now: datetime | None) -> Template:
    template.status, template.reason = Status.APPROVED, ""
    template.decided_by, template.decided_at = by, now or timezone.now()
    template.save(update_fields=["status", "reason", "decided_by", "decided_at"])

    record(template, "template.approved", by=by)
    _tell(template, _("Template “%s” is approved") % template.name, "")
    return template


def _tell(template: Template, title: str, body: str, level: str = "info") -> None:
    """Tell integrators, and by letter the business; what the linter says at once needs none."""
    tell_of_template(template, reason=template.reason)
    if template.decided_by_id:
        notify(
            template.business,
            f"template_{template.status.lower()}",
            title=title,
            body=body,
            link=f"/w/{template.business.slug}/templates/{template.pk}/",
            level=level,
        )


def _code_body(body: dict) -> dict:
    if body.get("text"):
        return body
    advice = CODE_ADVICE if body.get("add_security_recommendation") else ""
    return {**body, "text": CODE_TEXT + advice}
