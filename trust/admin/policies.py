"""The policy in versions, and the reasons that staff give often."""

from dataclasses import fields

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from profiles.admin.base import StaffAdmin, dialog_action
from profiles.services.audit import record
from trust.models import Policy, Preset
from trust.rules import Rules
from trust.services.policies import draft_policy, publish_policy

NUMBERS = [rule for rule in fields(Rules) if rule.name != "bad_rates"]


class PolicyForm(forms.ModelForm):
    """A draft: every number of the rules, beginning with those in force."""

    note = forms.CharField(
        label=_("What changes, and why"),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Anybody can read this."),
    )
    bad_rates = forms.CharField(
        label=_("Evidence: what bad looks like"),
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Shares between 0 and 1, with commas between."),
    )

    class Meta:
        model = Policy
        fields = ["note"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        values = Policy.objects.active().rules.values()
        for rule in NUMBERS:
            self.fields[rule.name] = forms.FloatField(
                label=rule.metadata["label"],
                min_value=rule.metadata["low"],
                max_value=rule.metadata["high"],
                initial=values[rule.name],
                widget=UnfoldAdminDecimalFieldWidget(attrs={"step": "any"}),
            )
        self.fields["bad_rates"].initial = ", ".join(f"{rate:g}" for rate in values["bad_rates"])

    def clean_bad_rates(self) -> list[float]:
        try:
            rates = [float(part) for part in self.cleaned_data["bad_rates"].split(",")]
        except ValueError:
            raise forms.ValidationError(_("Numbers with commas between.")) from None
        if not all(0 < rate < 1 for rate in rates):
            raise forms.ValidationError(_("Each between 0 and 1."))
        return rates

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        ladder = [given.get(f"{rung}_at") for rung in ("warn", "limit", "suspend", "revoke")]
        if all(value is not None for value in ladder) and ladder != sorted(ladder):
            raise forms.ValidationError(_("Each rung begins above the one before."))
        return given


@admin.register(Policy)
class PolicyAdmin(StaffAdmin):
    list_display = ["__str__", "show_state", "note", "published_at", "published_by"]
    list_select_related = ["published_by"]
    ordering = ["-version"]
    actions_detail = ["publish"]
    readonly_fields = ["show_values"]

    @display(
        description=_("State"), label={"draft": "info", "active": "success", "retired": "warning"}
    )
    def show_state(self, policy: Policy) -> tuple[str, str]:
        return policy.state, policy.get_state_display()

    @display(description=_("Numbers"))
    def show_values(self, policy: Policy) -> str:
        now = Policy.objects.active().values
        rows = []
        for rule in fields(Rules):
            value = policy.values.get(rule.name)
            other = now.get(rule.name)
            differs = f" ({_('in force')}: {other})" if value != other else ""
            rows.append((rule.metadata["label"], value, differs))
        return format_html_join("", "<div>{}: <b>{}</b>{}</div>", rows)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("trust.add_policy")

    def get_form(self, request: HttpRequest, obj=None, change=False, **kwargs):
        if obj is None:
            return PolicyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj=None):
        if obj is None:
            return ["note", *[rule.name for rule in NUMBERS], "bad_rates"]
        return [
            "version",
            "state",
            "note",
            "show_values",
            "created_by",
            "published_at",
            "published_by",
            "retired_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj=None):
        return () if obj is None else super().get_readonly_fields(request, obj)

    def save_form(self, request: HttpRequest, form, change: bool) -> Policy:
        """The service makes the row, with its version and its row in the audit."""
        given = form.cleaned_data
        form.save_m2m = lambda: None  # the service has saved all there is
        values = {rule.name: given[rule.name] for rule in fields(Rules)}
        return draft_policy(by=request.user, values=values, note=given["note"])

    def save_model(self, request: HttpRequest, obj: Policy, form, change: bool) -> None:
        """Saved by the service already."""

    def log_addition(self, request: HttpRequest, obj: Policy, message: object) -> None:
        """Recorded by the service already."""

    def has_publish_permission(self, request: HttpRequest, object_id=None) -> bool:
        return request.user.has_perm("trust.publish_policy")

    @dialog_action(
        _("Put in force"),
        title=_("Put this policy in force"),
        text=_("From this moment, for everybody; every profile is judged anew."),
        needs="publish",
        icon="gavel",
        variant=ActionVariant.DANGER,
    )
    def publish(self, request: HttpRequest, form, object_id: str) -> HttpResponse:
        return self.act(
            request,
            form,
            object_id,
            publish_policy,
            done=_("It is in force."),
            to=reverse("admin:trust_policy_changelist"),
        )


@admin.register(Preset)
class PresetAdmin(ModelAdmin):
    list_display = ["text", "used_for", "position"]
    list_filter = ["used_for"]
    ordering = ["used_for", "position"]

    def log_addition(self, request: HttpRequest, obj: Preset, message: object) -> None:
        record(obj, "preset.added", by=request.user)

    def log_change(self, request: HttpRequest, obj: Preset, message: object) -> None:
        record(obj, "preset.changed", by=request.user, text=obj.text)

    def log_deletions(self, request: HttpRequest, queryset) -> None:
        for preset in queryset:
            record(preset, "preset.removed", by=request.user, text=preset.text)
