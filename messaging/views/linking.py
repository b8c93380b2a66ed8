"""Links and QR codes of a business: to begin a chat, and to link one customer's account."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from messaging.forms.linking import AccountLinkForm, ChatLinkForm
from messaging.models import LinkRequest, MessageLink
from messaging.services.linking.links import address_of, create_link, delete_link
from messaging.services.linking.requests import address_of as account_address
from messaging.services.linking.requests import ask_to_link, hash_of, withdraw_request
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business, Profile
from profiles.tenancy import ANSWER, MANAGE, MemberRequest, business_page, in_business

SHOWN = 50  # of each kind
RECENT = timedelta(days=7)
FRESH = "fresh_link"  # in the session: the token just made, shown to who made it


@require_safe
@in_business(roles=ANSWER)
def links(request: MemberRequest, business: Business) -> HttpResponse:
    """What there is, and the forms to make more."""
    return _page(request, business)


@require_POST
@in_business(roles=MANAGE)
def chat_link_new(request: MemberRequest, business: Business) -> HttpResponse:
    """Make a link that begins a chat."""
    form = ChatLinkForm(request.POST)
    if not form.is_valid():
        return _page(request, business, chat_form=form, status=422)
    profile = _profile(business, request.POST.get("profile", ""))
    if profile is None:
        raise Http404
    try:
        link = create_link(profile, by=request.user, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
        return _page(request, business, chat_form=form, status=422)
    return redirect("chat_link", business.slug, link.code)


@require_safe
@in_business(roles=ANSWER)
def chat_link(request: MemberRequest, business: Business, code: str) -> HttpResponse:
    """One link: to copy, to download, to print."""
    link = _chat_link(business, code)
    context: dict[str, Any] = {"link": link, "address": address_of(link), "sender": link.profile}
    return business_page(request, business, "messaging/contacts/chat_link.html", **context)


@require_POST
@in_business(roles=MANAGE)
def chat_link_delete(request: MemberRequest, business: Business, code: str) -> HttpResponse:
    """The code leads nowhere from now on."""
    delete_link(_chat_link(business, code), by=request.user)
    messages.success(request, _("Deleted. The code leads nowhere now."))
    return redirect("links", business.slug)


@require_POST
@in_business(roles=ANSWER)
def account_link_new(request: MemberRequest, business: Business) -> HttpResponse:
    """Make a one-time link for a customer who is here, or on the phone."""
    form = AccountLinkForm(request.POST)
    profile = _profile(business, request.POST.get("profile", ""))
    if profile is None:
        raise Http404
    if form.is_valid():
        try:
            made, token = ask_to_link(profile, by=request.user, **form.values())
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            request.session[FRESH] = token
            return redirect("account_link", business.slug, made.uuid)
    return _page(request, business, account_form=form, status=422)


@require_safe
@in_business(roles=ANSWER)
def account_link(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The link with its code, for who made it; for all others what became of it."""
    asked = get_object_or_404(business.link_requests.select_related("profile"), uuid=uuid)
    token = request.session.get(FRESH, "")
    is_open = asked.state == LinkRequest.State.OPEN and asked.expires_at > timezone.now()
    context: dict[str, Any] = {
        "asked": asked,
        "is_open": is_open,
        "token": token if is_open and hash_of(token) == asked.token_hash else "",
        "address": account_address(token),
        "live": live(f"business:{business.pk}"),
    }
    return business_page(request, business, "messaging/contacts/account_link.html", **context)


@require_POST
@in_business(roles=ANSWER)
def account_link_withdraw(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The link opens nothing any more."""
    asked = get_object_or_404(business.link_requests, uuid=uuid)
    try:
        withdraw_request(asked, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("account_link", business.slug, uuid)


def _page(
    request: MemberRequest,
    business: Business,
    *,
    chat_form: ChatLinkForm | None = None,
    account_form: AccountLinkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    chat_links = MessageLink.objects.filter(
        profile__business=business, profile__is_test=False, deleted_at=None
    )
    recent = business.link_requests.filter(made_at__gt=timezone.now() - RECENT)
    context: dict[str, Any] = {
        "profiles": list(business.profiles.filter(closed_at=None, is_test=False)),
        "chat_links": chat_links.select_related("profile").order_by("-created_at")[:SHOWN],
        "requests": recent.order_by("-id")[:SHOWN],
        "chat_form": chat_form or ChatLinkForm(),
        "account_form": account_form or AccountLinkForm(),
        "may_manage": request.membership.role in MANAGE,
        "now": timezone.now(),
        "live": live(f"business:{business.pk}"),
    }
    return business_page(
        request, business, "messaging/contacts/links.html", status=status, **context
    )


def _profile(business: Business, handle: str) -> Profile | None:
    """The profile in whose name it is; a business with one needs not say."""
    profiles = business.profiles.select_related("business").filter(closed_at=None, is_test=False)
    return profiles.filter(handle=handle).first() if handle else profiles.first()


def _chat_link(business: Business, code: str) -> MessageLink:
    return get_object_or_404(
        MessageLink.objects.select_related("profile__business"),
        code=code,
        profile__business=business,
        deleted_at=None,
    )
