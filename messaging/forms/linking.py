"""Forms of the business's links and codes."""

from datetime import timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

LIVES = {"15": _("15 minutes"), "60": _("One hour"), "1440": _("One day"), "10080": _("7 days")}


class ChatLinkForm(forms.Form):
    """A link that opens a chat."""

    prefilled_message = forms.CharField(
        label=_("Words to begin with"),
        max_length=140,
        help_text=_("They stand in the person's message; the person may change them."),
        widget=forms.TextInput(attrs={"placeholder": _("Hello! I have a question about …")}),
    )


class AccountLinkForm(forms.Form):
    """A one-time link for one customer."""

    reference = forms.CharField(
        label=_("Customer number"),
        max_length=128,
        required=False,
        help_text=_("Yours. The person never sees it."),
    )
    account_name = forms.CharField(
        label=_("What the customer reads"),
        max_length=60,
        help_text=_("So that they know which account it is, such as “Account ending 4711”."),
    )
    purpose = forms.CharField(
        label=_("What it is for"),
        max_length=140,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Alerts, and answers about your account")}),
    )
    asks_alerts = forms.BooleanField(label=_("Ask to send alerts"), required=False, initial=True)
    asks_adverts = forms.BooleanField(label=_("Ask to send adverts"), required=False)
    lives = forms.ChoiceField(label=_("Works for"), choices=LIVES.items(), initial="15")

    def values(self) -> dict:
        """What `ask_to_link` takes."""
        said = dict(self.cleaned_data)
        return said | {"lives": timedelta(minutes=int(said["lives"]))}
