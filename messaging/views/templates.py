"""Templates: the list, the editor with its preview and linter, and what became of each."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from messaging.forms.templates import (
    TemplateForm,
    components_of,
    initial_of,
    initial_of_starter,
)
from messaging.models import Template
from messaging.services.templates.lifecycle import (
    Invalid,
    create_template,
    delete_template,
    edit_template,
)
from messaging.services.templates.previews import preview_of
from messaging.services.templates.starters import STARTERS, starters_for
from portal.base.refused import Refused
from profiles.models import Business
from profiles.tenancy import MEASURE, SEND, MemberRequest, Role, business_page, in_business

READ = tuple({*SEND, *MEASURE, Role.DEVELOPER, Role.AGENT})
WRITE = (*SEND, Role.DEVELOPER)
SHOWN = 200  # a business has at most some hundreds; older ones by search


@require_GET
@in_business(roles=READ)
def templates(request: MemberRequest, business: Business) -> HttpResponse:
    rows = business.templates.filter(deleted_at=None).order_by("-created_at")
    words = request.GET.get("q", "").strip()
    if words:
        rows = rows.filter(name__icontains=words)
    vertical = business.profiles.values_list("vertical", flat=True).first() or ""
    return business_page(
        request,
        business,
        "messaging/templates/templates.html",
        templates=rows[:SHOWN],
        words=words,
        starters=starters_for(vertical),
        may_write=request.membership.role in WRITE,
    )


@require_http_methods(["GET", "POST"])
@in_business(roles=WRITE)
def template_new(request: MemberRequest, business: Business) -> HttpResponse:
    """The editor for a new template; GET may name a starter."""
    starter = next((s for s in STARTERS if s.key == request.GET.get("starter")), None)
    initial = initial_of_starter(starter) if starter else {}
    form = TemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            template = create_template(
                business,
                name=form.cleaned_data["name"],
                language=form.cleaned_data["language"],
                category=form.cleaned_data["category"],
                components=form.components(),
                by=request.user,
            )
        except Refused as refusal:
            _add_faults(form, refusal)
        else:
            return _done(request, template)
    return _editor(request, business, form, None)


@require_http_methods(["GET", "POST"])
@in_business(roles=READ)
def template(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    """One template: its state and reason, and the editor."""
    row = get_object_or_404(Template, pk=pk, business=business, deleted_at=None)
    form = TemplateForm(request.POST or None, initial=initial_of(row), template=row)
    may_write = request.membership.role in WRITE
    if request.method == "POST" and may_write and form.is_valid():
        try:
            row = edit_template(
                row,
                components=form.components(),
                category=form.cleaned_data["category"],
                by=request.user,
            )
        except Refused as refusal:
            _add_faults(form, refusal)
        else:
            return _done(request, row)
    return _editor(request, business, form, row, may_write=may_write)


@require_POST
@in_business(roles=READ)
def template_preview(request: MemberRequest, business: Business) -> HttpResponse:
    """What the editor holds now, as a phone shows it, with what the linter says."""
    given = {name: request.POST.get(name, "").strip() for name in TemplateForm.base_fields}
    category = given["category"] or Template.Category.UTILITY
    preview = preview_of(components_of(given), category=category)
    return business_page(
        request, business, "messaging/templates/preview.html", preview=preview, category=category
    )


@require_POST
@in_business(roles=WRITE)
def template_delete(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    row = get_object_or_404(Template, pk=pk, business=business, deleted_at=None)
    delete_template(row, by=request.user)
    messages.success(request, _("The template “%s” is deleted.") % row.name)
    return redirect("templates", slug=business.slug)


def _editor(
    request: MemberRequest,
    business: Business,
    form: TemplateForm,
    row: Template | None,
    *,
    may_write: bool = True,
) -> HttpResponse:
    given = form.data if form.is_bound else form.initial
    fields = {name: str(given.get(name, "") or "").strip() for name in TemplateForm.base_fields}
    category = fields["category"] or Template.Category.UTILITY
    return business_page(
        request,
        business,
        "messaging/templates/template.html",
        form=form,
        row=row,
        may_write=may_write,
        category=category,
        preview=preview_of(components_of(fields), category=category),
        status=422 if form.errors else 200,
    )


def _add_faults(form: TemplateForm, refusal: Refused) -> None:
    if not isinstance(refusal, Invalid):
        form.add_error("name" if "name" in form.fields else None, refusal.sentence)
        return
    for fault in refusal.faults:
        quote = f" “{fault.quote}”" if fault.quote else ""
        form.add_error(None, f"{fault.sentence}{quote}")


def _done(request: MemberRequest, row: Template) -> HttpResponse:
    if row.status == Template.Status.APPROVED:
        messages.success(request, _("“%s” is approved and can be sent.") % row.name)
    else:
        messages.success(request, _("“%s” is handed in. Somebody reads it soon.") % row.name)
    return redirect("template", slug=row.business.slug, pk=row.pk)
