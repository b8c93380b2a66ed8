from django import forms
from django.utils.translation import gettext_lazy as _


class AppealForm(forms.Form):
    """Why a decision is wrong, in the business's words."""

    text = forms.CharField(
        label=_("Why is the decision wrong?"),
        help_text=_("What should the reviewer know? Somebody else than before reads it."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
