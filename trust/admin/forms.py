"""What the dialogs of trust ask for."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.forms import BaseDialogForm
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from profiles.models import Profile
from trust.models import Appeal, Preset


class PresetReasonForm(BaseDialogForm):
    """A reason: one that is given often, words of one's own, or both."""

    used_for = Preset.For.STANDING

    preset = forms.ModelChoiceField(
        Preset.objects.none(),
        label=_("Reason"),
        required=False,
        empty_label=_("In your own words"),
        widget=UnfoldAdminSelectWidget,
    )
    words = forms.CharField(
        label=_("Words"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Kept in the audit and read by the business."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["preset"].queryset = Preset.objects.filter(used_for=self.used_for)

    def clean(self) -> dict:
        given = super().clean() or self.cleaned_data
        preset = given.get("preset")
        parts = [preset.text if preset else "", given.get("words", "").strip()]
        given["reason"] = "\n".join(part for part in parts if part)
        if not given["reason"]:
            raise forms.ValidationError(_("Choose a reason, or say why in your own words."))
        return given


class ReportReasonForm(PresetReasonForm):
    used_for = Preset.For.REPORT


class AppealForm(PresetReasonForm):
    """How an appeal ends, and why."""

    used_for = Preset.For.APPEAL

    outcome = forms.ChoiceField(
        label=_("Outcome"),
        choices=[(s.value, s.label) for s in Appeal.State if s != Appeal.State.OPEN],
        widget=UnfoldAdminSelectWidget,
    )
    to = forms.ChoiceField(
        label=_("If changed: the milder measure"),
        required=False,
        choices=[("", "–"), *[(s.value, s.label) for s in list(Profile.Standing)[:4]]],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ["outcome", "to", "preset", "words"]


class SecondLookForm(BaseDialogForm):
    """What another person would have decided."""

    standing = forms.ChoiceField(
        label=_("Where should the profile stand?"),
        choices=Profile.Standing.choices,
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        label=_("Why"), max_length=2000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )


class CapForm(PresetReasonForm):
    """Another daily cap."""

    cap = forms.IntegerField(
        label=_("People a day"),
        required=False,
        min_value=1,
        help_text=_("Empty: no cap."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    field_order = ["cap", "preset", "words"]


class BulkReasonForm(forms.Form):
    """The reason on a confirmation page."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("The same for all of them; kept in the audit."),
    )
