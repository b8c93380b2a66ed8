"""A business's contacts: the list, labels, the end of a link, and a file of them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from messaging.models import AccountLink, Contact, Conversation
from messaging.services.conversations.contact_list import (
    HOW,
    Line,
    Page,
    all_contacts,
    contacts_page,
    line_of,
)
from messaging.services.conversations.labels import add_label, labels_of, remove_label
from messaging.services.linking.accounts import active_link, unlink_account
from portal.base.pairwise import person_of, wa_id
from portal.base.refused import Refused
from portal.base.sheets import csv_file
from profiles.models import Business, Profile
from profiles.services.audit import record
from profiles.tenancy import ANSWER, MANAGE, MemberRequest, business_page, in_business

HEADER = (
    "number",
    "name",
    "how they came",
    "customer number",
    "linked since",
    "labels",
    "may send alerts",
    "answered on adverts",
    "blocked by you",
    "first contact",
    "last contact",
)


@require_safe
@in_business(roles=ANSWER)
def contacts(request: MemberRequest, business: Business) -> HttpResponse:
    """Who the business knows, last contact first."""
    asked = _asked(request)
    context: dict[str, Any] = {
        "page": _list(business, request.GET.get("after", ""), asked),
        "how": asked["how"],
        "ways": [(key, label) for key, (label, _rule) in HOW.items()],
        "label": asked["label"],
        "labels": labels_of(business),
        "words": asked["words"],
        "query": urlencode({name: value for name, value in asked.items() if value}),
        "may_export": request.membership.role in MANAGE,
    }
    return business_page(request, business, "messaging/contacts/contacts.html", **context)


@require_safe
@in_business(roles=MANAGE)
def contacts_csv(request: MemberRequest, business: Business) -> StreamingHttpResponse:
    """The contacts that the list shows with the same filters, as a file."""
    asked = _asked(request)
    record(business, "contacts.exported", by=request.user, business=business, **asked)
    rows = (_row(line) for line in all_contacts(business, **asked))
    return csv_file(f"contacts-{business.slug}", HEADER, rows)


@require_safe
@in_business(roles=ANSWER)
def contact(request: MemberRequest, business: Business, number: str) -> HttpResponse:
    """One contact: what may be sent and why, the link, labels."""
    row = _contact(business, number)
    talks = Conversation.objects.filter(
        person_id=row.person_id, business_id=business.pk, business_last_at__isnull=False
    )
    handles = Profile.objects.in_bulk(list(talks.values_list("profile_id", flat=True)))
    context: dict[str, Any] = {
        "line": line_of(business, row),
        "link": active_link(row.person_id, business),
        "talks": [one for one in handles.values() if one.closed_at is None],
        "labels": [name for name in labels_of(business) if name not in row.labels],
    }
    return business_page(request, business, "messaging/contacts/contact.html", **context)


@require_POST
@in_business(roles=ANSWER)
def contact_act(request: MemberRequest, business: Business, number: str) -> HttpResponse:
    """Label, unlabel or unlink a contact."""
    row = _contact(business, number)
    word = request.POST.get("label", "")
    try:
        match request.POST.get("act"):
            case "label":
                add_label(business, row.person_id, word, by=request.user)
            case "unlabel":
                remove_label(business, row.person_id, word, by=request.user)
            case "unlink":
                _unlink(request, business, row)
            case _:
                raise Http404
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    back = request.POST.get("back", "")
    ours = reverse("business_inbox", args=[business.slug])
    return redirect(
        back if back.startswith(ours) else reverse("contact", args=[business.slug, number])
    )


def _unlink(request: MemberRequest, business: Business, row: Contact) -> None:
    if link := active_link(row.person_id, business):
        unlink_account(link, ended_by=AccountLink.EndedBy.BUSINESS, by=request.user)
        messages.success(request, _("Unlinked. Your programs were told."))


def _contact(business: Business, number: str) -> Contact:
    person_id = person_of(business.pk, number)
    row = Contact.objects.filter(person_id=person_id or 0, business_id=business.pk).first()
    if row is None:
        raise Http404
    return row


def _list(business: Business, after: str, asked: dict[str, str]) -> Page:
    return contacts_page(
        business, how=asked["how"], label=asked["label"], words=asked["words"], after=after
    )


def _asked(request: HttpRequest) -> dict[str, str]:
    how = request.GET.get("how", "")
    return {
        "how": how if how in HOW else "",
        "label": request.GET.get("label", "").replace("\x00", "")[:30],
        "words": request.GET.get("q", "").replace("\x00", "").strip()[:128],
    }


def _row(line: Line) -> list[object]:
    row = line.contact
    return [
        wa_id(line.number),
        line.name,
        row.get_source_display(),
        row.reference,
        row.linked_at.date() if row.linked_at else "",
        ", ".join(row.labels),
        _("yes") if line.alerts else _("no"),
        "" if line.adverts is None else _("yes") if line.adverts else _("no"),
        _("yes") if row.blocked_at else "",
        row.first_at.date(),
        row.last_at.date(),
    ]
