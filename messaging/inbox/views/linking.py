"""Linking an account: the question, the answer, and the end of it. The link is the key to it."""

import re

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from audience.models import Person
from messaging.inbox.page import show
from messaging.inbox.sessions import as_person
from messaging.models import AccountLink, Contact, LinkRequest
from messaging.services.linking.accounts import (
    active_link,
    agree_to_link,
    decline_to_link,
    links_of_person,
    unlink_account,
)
from messaging.services.linking.requests import address_of, picture_of, request_behind
from portal.base.refused import Refused
from profiles.badges import badge_of

TYPES = {"svg": "image/svg+xml", "png": "image/png"}
TOKEN = re.compile(r"(?:^|/m/link/)([\w-]{20,60})/?$", re.ASCII)


class AnswerForm(forms.Form):
    """What the person allows besides, and what to be called. Only what was asked is shown."""

    name = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("What should it call you?"),
        help_text=gettext_lazy("The only name it learns from us. Left empty, it learns none."),
    )
    alerts = forms.BooleanField(
        required=False, initial=True, label=gettext_lazy("It may send me alerts about my account")
    )
    adverts = forms.BooleanField(
        required=False, initial=False, label=gettext_lazy("It may send me adverts, too")
    )

    def __init__(self, *args, request: LinkRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not request.asks_alerts:
            del self.fields["alerts"]
        if not request.asks_adverts:
            del self.fields["adverts"]


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def link(request: HttpRequest, person: Person, token: str) -> HttpResponse:
    """Who asks, and what it will know; POST answers. One sentence for all links that are over."""
    asked = request_behind(token)
    if asked is None:
        return _over(request, person)
    form = AnswerForm(
        request.POST or None, request=asked, initial={"name": _name_known(person, asked)}
    )
    if request.method == "POST" and form.is_valid():
        return _answer(request, person, token, asked, form.cleaned_data)
    context = {
        "asked": asked,
        "profile": asked.profile,
        "badge": badge_of(asked.profile),
        "older": active_link(person.pk, asked.business),
        "form": form,
    }
    return show(request, person, "link.html", **context)


def _answer(
    request: HttpRequest, person: Person, token: str, asked: LinkRequest, said: dict
) -> HttpResponse:
    name = {"name": asked.profile.name}
    try:
        if request.POST.get("answer") != "agree":
            decline_to_link(token)
            messages.info(request, _("Not linked. %(name)s is not told who you are.") % name)
            return redirect("inbox")
        agree_to_link(
            token,
            person.pk,
            alerts=said.get("alerts", False),
            adverts=said.get("adverts", False),
            name=said["name"],
        )
    except Refused as refusal:
        if refusal.code == "link_over":
            return _over(request, person)
        messages.error(request, refusal.sentence)
        return redirect("link_account", token)
    messages.success(request, _("Linked. Ask %(name)s anything about your account.") % name)
    return redirect("chat", asked.profile.handle)


def _over(request: HttpRequest, person: Person) -> HttpResponse:
    response = show(request, person, "link_over.html")
    response.status_code = 410
    return response


def _name_known(person: Person, asked: LinkRequest) -> str:
    """What the person chose for this business before; never their own name by itself."""
    contact = Contact.objects.filter(person_id=person.pk, business_id=asked.business_id).first()
    return contact.name if contact else ""


@require_safe
def picture(request: HttpRequest, token: str, form: str) -> HttpResponse:
    """The link as a QR code, while it works; the business's pages show it."""
    if form not in TYPES or request_behind(token) is None:
        raise Http404
    response = HttpResponse(picture_of(address_of(token), form), content_type=TYPES[form])
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@as_person
def linked(request: HttpRequest, person: Person) -> HttpResponse:
    """All links; POST ends one, or opens the link that was typed in."""
    if request.method == "POST":
        if "link" in request.POST:
            return _open_typed(request)
        end = request.POST.get("id", "")
        row = AccountLink.objects.filter(
            person_id=person.pk, id=int(end) if end.isdecimal() and len(end) < 20 else 0
        ).first()
        if row is None:
            raise Http404
        unlink_account(row, ended_by=AccountLink.EndedBy.PERSON)
        messages.info(request, _("Unlinked. It holds from now on."))
        return redirect("inbox_linked")
    return show(request, person, "linked.html", links=links_of_person(person.pk))


def _open_typed(request: HttpRequest) -> HttpResponse:
    found = TOKEN.search(request.POST["link"].strip())
    if found:
        return redirect("link_account", found[1])
    messages.error(request, _("This is no link of ours. Copy it whole, then paste it here."))
    return redirect("inbox_linked")
