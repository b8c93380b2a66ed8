"""Forms of the developers' pages."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from messaging.models import AccessToken, WebhookEndpoint
from messaging.services.integrators.keys import who_may
from messaging.services.webhooks.addresses import FIELDS
from profiles.models import Profile

Level = WebhookEndpoint.Level
LIVES = {"": _("Never"), "30": _("30 days"), "90": _("90 days"), "365": _("One year")}


class AppForm(forms.Form):
    """A new app."""

    name = forms.CharField(
        label=_("Name of the app"),
        max_length=60,
        help_text=_("What it is for, such as “Web shop” or “Help desk bot”."),
    )


class TokenForm(forms.Form):
    """A new access token."""

    name = forms.CharField(
        label=_("Name of the token"), max_length=60, help_text=_("Where it will be used.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Cloud-API compatible API"),
        choices=[(scope.value, scope.label) for scope in AccessToken.CLOUD_API],
        initial=[scope.value for scope in AccessToken.CLOUD_API],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    manages = forms.MultipleChoiceField(
        label=_("Management API"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("A token does no more than who makes it may do by hand."),
    )
    lives = forms.ChoiceField(label=_("Expires after"), choices=LIVES.items(), required=False)

    def __init__(self, *args, role: str, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        manages = self.fields["manages"]
        assert isinstance(manages, forms.MultipleChoiceField)
        manages.choices = [
            (scope.value, scope.label)
            for scope in AccessToken.Scope
            if scope not in AccessToken.CLOUD_API and role in who_may(scope)
        ]

    def clean(self) -> dict:
        chosen = super().clean() or {}
        chosen["scopes"] = [*chosen.get("scopes", []), *chosen.get("manages", [])]
        if not chosen["scopes"]:
            self.add_error("scopes", _("Choose at least one thing it may do."))
        return chosen

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["lives"]
        return timezone.now() + timedelta(days=int(days)) if days else None


class WebhookForm(forms.Form):
    """Where events go: those of the whole app, of its account, or of one profile."""

    url = forms.CharField(
        label=_("Callback address"),
        max_length=500,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/webhook"}),
        help_text=_("It is asked to repeat a challenge before it is saved."),
    )
    verify_token = forms.CharField(
        label=_("Verify token"),
        max_length=200,
        help_text=_("Any words of yours; we send them with the challenge."),
    )
    fields_heard = forms.MultipleChoiceField(
        label=_("What to hear of"),
        choices=[(name, name) for name in FIELDS],
        initial=["messages"],
        widget=forms.CheckboxSelectMultiple,
    )
    level = forms.ChoiceField(
        label=_("Events of"),
        required=False,
        help_text=_("The narrowest address counts: one profile, then this account, then the app."),
    )

    field_order = ["url", "verify_token", "level", "fields_heard"]

    def __init__(self, *args, profiles: Iterable[Profile], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.profiles = {f"{Level.PROFILE}:{profile.pk}": profile for profile in profiles}
        level = self.fields["level"]
        assert isinstance(level, forms.ChoiceField)
        level.choices = [
            (Level.APP.value, Level.APP.label),
            (Level.ACCOUNT.value, Level.ACCOUNT.label),
            *((key, _("One profile: %s") % profile.name) for key, profile in self.profiles.items()),
        ]

    def address(self) -> dict:
        """The address, as `set_webhook` takes it."""
        chosen = self.cleaned_data["level"] or Level.APP
        profile = self.profiles.get(chosen)
        return {
            "url": self.cleaned_data["url"],
            "verify_token": self.cleaned_data["verify_token"],
            "level": Level.PROFILE if profile else chosen,
            "profile": profile,
        }
