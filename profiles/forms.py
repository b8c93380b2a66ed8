"""Forms of the dashboard. They say what a field is; the services say what is allowed."""

from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from profiles.models import Business, Document, Membership, Profile, VerificationCase
from profiles.places import countries, time_zone_of, time_zones
from profiles.services.verification import FIELDS, REQUIRED


class BusinessForm(forms.ModelForm):
    """Sign-up's second half. The browser fills in its time zone; without it the country's
    counts.
    """

    country = forms.ChoiceField(
        label=_("Country"), choices=lambda: [("", _("Choose …")), *countries()]
    )
    time_zone = forms.CharField(
        required=False, widget=forms.HiddenInput(attrs={"data-time-zone": ""})
    )

    class Meta:
        model = Business
        fields = ["name", "country", "time_zone"]
        labels = {"name": _("Name of the business")}
        help_texts = {"name": _("You can change it later.")}
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "organization"})}

    def clean(self) -> dict:
        data = super().clean() or {}
        if data.get("time_zone") not in available_timezones():
            data["time_zone"] = time_zone_of(data.get("country", ""))
        return data


class BusinessSettingsForm(forms.ModelForm):
    country = forms.ChoiceField(label=_("Country"), choices=countries)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    class Meta:
        model = Business
        fields = ["name", "country", "time_zone"]


class ProfileForm(forms.ModelForm):
    """The public profile. The handle is chosen once."""

    website = forms.URLField(
        label=_("Website"),
        required=False,
        assume_scheme="https",
        # Not type=url: browsers would refuse "example.com", which we understand.
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "url"}),
    )
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or WebP, at most 5 MB. It is cut to a square around the middle."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    class Meta:
        model = Profile
        fields = [
            "name",
            "handle",
            "about",
            "description",
            "vertical",
            "email",
            "website",
            "address",
        ]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off", "data-mirror": "name"}),
            "about": forms.TextInput(attrs={"data-mirror": "about"}),
            "description": forms.Textarea(attrs={"rows": 4}),
        }
        help_texts = {"about": _("One line under your name."), "name": _("As people see it.")}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:
            del self.fields["handle"]

    def clean_handle(self) -> str:
        return self.cleaned_data["handle"].strip().removeprefix("@").lower()

    def _post_clean(self) -> None:
        """The service makes and changes the row, so the form leaves the instance as it is."""


class CaseForm(forms.ModelForm):
    """What the business says of itself. Nothing is required until it hands the request in."""

    use_required_attribute = False
    country = forms.ChoiceField(label=_("Country"), choices=countries)

    class Meta:
        model = VerificationCase
        fields = list(FIELDS)
        widgets = {
            "address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
            "representative": forms.TextInput(attrs={"autocomplete": "name"}),
        }
        help_texts = {
            "legal_name": _("As the register has it, with Ltd, GmbH, S.A. and so on."),
            "register_number": _("The number under which the register knows you."),
            "address": _("Of the seat, as the register has it."),
            "domain": _("Your website, such as example.com. Leave empty if you have none."),
            "representative": _("Who may sign for the business: first and last name."),
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._require(REQUIRED)

    def full_clean(self) -> None:
        """A draft may have gaps; the labels still say what will be needed."""
        self._require(())
        super().full_clean()
        self._require(REQUIRED)

    def _require(self, names: tuple[str, ...]) -> None:
        for name, field in self.fields.items():
            field.required = name in names

    def _post_clean(self) -> None:
        """The service changes the row."""


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("What it is"), choices=Document.Kind.choices)
    file = forms.FileField(
        label=_("File"),
        help_text=_("PDF, PNG or JPEG, at most 10 MB and 20 pages."),
        error_messages={"required": _("Choose a file.")},
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/png,image/jpeg"}),
    )


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=Membership.Role.choices, initial=Membership.Role.AGENT
    )


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Membership.Role.choices)
