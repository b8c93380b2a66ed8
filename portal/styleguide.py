"""Every part of the look in every state, at /styleguide/ while DEBUG is on. The browser tests visit
it too.
"""

from datetime import timedelta
from types import SimpleNamespace

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

PAGES = ["parts", "forms", "charts", "talk", "people", "entrance", "errors"]


class SampleForm(forms.Form):
    """One field of each kind."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("Shown to everyone you write to.")
    )
    email = forms.EmailField(label=_("E-mail"))
    code = forms.CharField(
        label=_("Code"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
    website = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    country = forms.ChoiceField(
        label=_("Country"), choices=[("", _("Choose…")), ("BR", "Brazil"), ("IN", "India")]
    )
    kind = forms.ChoiceField(
        label=_("Kind of template"),
        choices=[("service", _("Service update")), ("advert", _("Advert"))],
        widget=forms.RadioSelect,
    )
    days = forms.MultipleChoiceField(
        label=_("Days"),
        choices=[("mon", _("Monday")), ("tue", _("Tuesday"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    text = forms.CharField(
        label=_("Text"), widget=forms.Textarea(attrs={"rows": 3}), max_length=1024
    )
    document = forms.FileField(
        label=_("Document"), help_text=_("PDF, JPEG or PNG, at most 10 MB."), required=False
    )
    agreed = forms.BooleanField(
        label=_("We may speak for this company"), help_text=_("Someone may ask you to show it.")
    )

    def clean(self):
        if self.data:
            raise forms.ValidationError(_("Some things need another look before this is sent."))


def styleguide(request: HttpRequest, name: str = "parts") -> HttpResponse:
    """One page of the guide, with invented data."""
    if not settings.DEBUG or name not in PAGES:
        raise Http404
    if "toast" in request.GET:
        messages.success(request, _("Saved. 3 people will see it."))
    now = timezone.now()
    days = [f"{(now - timedelta(days=13 - n)):%-d %b}" for n in range(14)]
    delivered = [4200, 5100, 4800, 6100, 5900, 3100, 2800, 6400, 7100, 6900, 7300, 7800, 4100, 3600]
    context = {
        "pages": PAGES,
        "name": name,
        "business": SimpleNamespace(name="Harbour Bank AG", slug="harbour-bank"),
        "profile": SimpleNamespace(
            name="Harbour Bank", handle="harbourbank", logo_url="", badge_shown=True
        ),
        "counts": {"inbox": 4},
        "now": now,
        "earlier": [now - timedelta(**{unit: 3}) for unit in ("minutes", "hours", "days")],
        "days": days,
        "one": [("Delivered", delivered)],
        "two": [("Delivered", delivered), ("Read", [round(n * 0.34) for n in delivered])],
        "rates": [("Reported", [0.05 + (n * 7 % 5) / 50 for n in range(14)])],
        "limits": [(0.3, "Limit 0.3 %")],
        "steps": [
            (_("Audience"), "#", "done"),
            (_("Message"), "#", "done"),
            (_("Timing"), "", "current"),
            (_("Review"), "", ""),
        ],
        "page_obj": Paginator(range(120), 25).page(2),
        "form": SampleForm(initial={"name": "Harbour Bank", "country": "BR"}),
        "wrong": SampleForm({"name": "", "email": "mika at example", "agreed": ""}, prefix="wrong"),
    }
    return render(request, f"styleguide/{name}.html", context)


urlpatterns = [
    path("styleguide/", styleguide, name="styleguide"),
    path("styleguide/<slug:name>/", styleguide, name="styleguide"),
]
