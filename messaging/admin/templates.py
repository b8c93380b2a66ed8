"""The queue of templates that the linter did not decide."""

from typing import cast

from django import forms
from django.contrib import admin
from django.db.models import Case, F, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from messaging.models import Template
from messaging.services.templates.lifecycle import approve_template, reject_template
from messaging.services.templates.previews import preview_of
from profiles.admin.base import StaffAdmin, dialog_action
from profiles.models import User

Status = Template.Status

# What is most often wrong, in the words that the business reads.
RULES = {
    "": _("Something else (say what)"),
    "category": _("Rule 2: it calls itself a service update but advertises."),
    "unclear": _("Rule 3: nobody can tell what it is about without the values filled in."),
    "secret": _("Rule 4: it asks for a secret, such as a code or a password."),
    "pressure": _("Rule 5: it threatens or promises what can't be kept."),
    "link": _("Rule 6: it hides where a link leads."),
}


class RejectForm(BaseDialogForm):
    rule = forms.ChoiceField(
        label=_("Rule"), choices=RULES.items(), required=False, widget=UnfoldAdminSelectWidget
    )
    reason = forms.CharField(
        label=_("What to change"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Quote the words. The business reads this."),
    )


@admin.register(Template)
class TemplateAdmin(StaffAdmin):
    list_display = ["who", "show_category", "show_status", "language", "created_at"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("category", ChoicesDropdownFilter),
        ("created_at", RangeDateFilter),
    ]
    list_select_related = ["business"]
    search_fields = ["name", "business__name"]
    # What waits comes first, oldest at the top.
    ordering = [
        Case(When(status=Status.PENDING, then=Value(0)), default=Value(1)),
        F("created_at").asc(),
    ]
    actions_detail = ["approve", "reject"]
    readonly_fields = ["preview"]
    fieldsets = [
        (None, {"fields": ["preview"]}),
        (_("What it is"), {"fields": ["business", "name", "language", "category", "version"]}),
        (_("Where it stands"), {"fields": ["status", "reason", "decided_by", "decided_at"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Drafts and what was deleted are the business's own."""
        rows = super().get_queryset(request).filter(deleted_at=None)
        return rows.exclude(status=Status.DRAFT).select_related("business")

    @display(description=_("Template"), header=True, ordering="name")
    def who(self, template: Template) -> list[str]:
        return [template.name, template.business.name, template.business.name[:2].upper()]

    @display(description=_("Kind"), ordering="category")
    def show_category(self, template: Template) -> str:
        return template.get_category_display()

    @display(
        description=_("State"),
        ordering="status",
        label={
            Status.PENDING: "warning",
            Status.APPROVED: "success",
            Status.REJECTED: "danger",
            Status.PAUSED: "info",
            Status.DISABLED: "danger",
        },
    )
    def show_status(self, template: Template) -> tuple[str, str]:
        return template.status, template.get_status_display()

    @display(description=_("As a person would read it"))
    def preview(self, template: Template) -> SafeString:
        shown = preview_of(template.components, category=template.category)
        return render_to_string(
            "admin/messaging/template_preview.html", {"preview": shown, "template": template}
        )

    def has_decide_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("messaging.decide_template")

    @dialog_action(
        _("Approve"),
        title=_("Approve this template"),
        text=_("It can be sent from now on."),
        needs="decide",
        icon="check",
        variant=ActionVariant.PRIMARY,
    )
    def approve(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            approve_template,
            done=str(_("Approved.")),
            to=reverse("admin:messaging_template_changelist"),
        )

    @dialog_action(
        _("Send back"),
        title=_("Send this template back"),
        text=_("The business can change it and hand it in again."),
        form=RejectForm,
        needs="decide",
        icon="undo",
        variant=ActionVariant.DANGER,
    )
    def reject(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        template = cast(Template, self.must_get(request, object_id))
        rule = str(RULES[form.cleaned_data["rule"]]) if form.cleaned_data["rule"] else ""
        reason = f"{rule} {form.cleaned_data['reason']}".strip()
        return self.run(
            request,
            lambda: reject_template(template, reason=reason, by=cast(User, request.user)),
            done=str(_("Sent back.")),
            to=reverse("admin:messaging_template_changelist"),
        )
