"""Forms of ready words and of what is said by itself."""

from django import forms
from django.utils.translation import gettext_lazy as _

from messaging.models import AutomaticReply, CannedReply

HOURS = [(hour, f"{hour:02d}:00") for hour in range(25)]
DAYS = [
    (0, _("Mon")),
    (1, _("Tue")),
    (2, _("Wed")),
    (3, _("Thu")),
    (4, _("Fri")),
    (5, _("Sat")),
    (6, _("Sun")),
]


class CannedReplyForm(forms.ModelForm):
    """Words to have at hand."""

    class Meta:
        model = CannedReply
        fields = ("name", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 3})}
        help_texts = {"name": _("Type / and this name in a conversation.")}


class GreetingForm(forms.Form):
    """What who writes first reads at once; empty says nothing."""

    body = forms.CharField(
        label=_("Greeting"),
        required=False,
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Sent to who writes to you for the first time. Empty: nothing is sent."),
    )


class AwayForm(forms.Form):
    """What is said while nobody is there."""

    body = forms.CharField(
        label=_("Away message"),
        required=False,
        max_length=1024,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Sent outside of these hours, at most once in 12 hours. Empty: nothing is."),
    )
    opens = forms.TypedChoiceField(label=_("You are there from"), choices=HOURS[:24], coerce=int)
    closes = forms.TypedChoiceField(label=_("Until"), choices=HOURS[1:], coerce=int)
    days = forms.TypedMultipleChoiceField(
        label=_("On"), choices=DAYS, coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> dict:
        said = super().clean() or {}
        if said.get("opens", 0) >= said.get("closes", 24):
            self.add_error("closes", _("Choose an hour after the first."))
        return said


class KeywordForm(forms.ModelForm):
    """What is said to a word."""

    keyword = forms.CharField(
        label=_("When people write"),
        max_length=40,
        help_text=_("One word, or some that must all be there."),
    )

    class Meta:
        model = AutomaticReply
        fields = ("keyword", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 2})}
