"""Proving by mail who one is, for who has no second factor; allauth does the other ways."""

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.views import BaseReauthenticateView
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from portal.base.services.mail import mail
from profiles.adapter import DEMO_CODE

SENT = "confirm_code"  # in the session: the code's hash, when it was sent, tries so far
LASTS = 600  # seconds
TRIES = 3
SALT = "profiles.confirm"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def __init__(self, *args, request: HttpRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_code(self) -> str:
        """Counts the tries; after three the code is worth nothing."""
        sent = _sent(self.request)
        if sent is None:
            raise forms.ValidationError(_("That code has expired. We have sent a new one."))
        sent["tries"] += 1
        self.request.session[SENT] = sent
        code = self.cleaned_data["code"].strip().upper()
        if sent["tries"] > TRIES or not constant_time_compare(_hash(code), sent["hash"]):
            if sent["tries"] >= TRIES:
                del self.request.session[SENT]
            raise forms.ValidationError(_("That is not the code."))
        return code


@method_decorator(login_required, name="dispatch")
class ConfirmByMailView(BaseReauthenticateView):
    """/account/confirm/: a code comes by mail, and goes in here."""

    form_class = CodeForm
    template_name = "account/confirm_by_mail.html"

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        _send_unless_sent(request)
        return super().get(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        self.request.session.pop(SENT, None)
        self.request.session.pop(DEMO_CODE, None)
        record_authentication(
            self.request,
            self.request.user,
            method="code",
            email=self.request.user.email,
            reauthenticated=True,
        )
        return super().form_valid(form)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        _send_unless_sent(self.request)
        return super().form_invalid(form)


def _sent(request: HttpRequest) -> dict | None:
    sent = request.session.get(SENT)
    return sent if sent and sent["at"] > time.time() - LASTS else None


def _send_unless_sent(request: HttpRequest) -> None:
    if _sent(request):
        return
    code = get_adapter(request).generate_login_code()
    request.session[SENT] = {"hash": _hash(code.upper()), "at": time.time(), "tries": 0}
    mail(
        request.user.email,  # type: ignore[union-attr]
        subject=str(_("Is it you? Your code")),
        body=str(
            _(
                "Your code is %(code)s. It works for ten minutes.\n\nIf you have not just changed "
                "something, somebody else is signed in as you: open “Where you are signed in” "
                "and sign out everywhere."
            )
            % {"code": code}
        ),
    )


def _hash(code: str) -> str:
    return salted_hmac(SALT, code, algorithm="sha256").hexdigest()
