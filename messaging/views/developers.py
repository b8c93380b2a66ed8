"""API and webhooks: apps, tokens shown once, the webhook, a call that works as pasted, the log."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from messaging.forms.developers import AppForm, TokenForm, WebhookForm
from messaging.models import AccessToken, ApiCall, App, Contact, WebhookEndpoint
from messaging.services.integrators.keys import (
    close_app,
    create_app,
    create_token,
    finish_rotation,
    next_secret_of,
    revoke_token,
    rotate_secret,
    secret_of,
)
from messaging.services.webhooks.addresses import set_webhook, subscribe
from messaging.services.webhooks.calls import standard_secret
from portal.base.pairwise import pairwise_number, wa_id
from portal.base.refused import Refused
from portal.base.sealing import seal_text, unseal_text
from profiles.confirmed import confirmed
from profiles.models import Business, Profile
from profiles.tenancy import DEVELOP, MemberRequest, business_page, in_business

VERSION = "v23.0"
RECENT = 20
FRESH = "fresh_token"  # in the session, sealed, until it is shown once


@require_http_methods(["GET", "POST"])
@in_business(roles=DEVELOP)
@confirmed
def developers(request: MemberRequest, business: Business) -> HttpResponse:
    """The apps, the ids to copy, a first call, and the newest calls; POST makes an app."""
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            app = create_app(business, name=form.cleaned_data["name"], by=request.user)
            _make_token(request, app, name=_("First token"))
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, _("The app is made. Copy its token now."))
            return redirect("developer_app", slug=business.slug, app_id=app.pk)
    return business_page(
        request,
        business,
        "messaging/developers/developers.html",
        form=form,
        apps=business.apps.filter(closed_at=None).order_by("created_at"),
        profiles=_profiles(business),
        calls=ApiCall.objects.filter(business=business).order_by("-id")[:RECENT],
        base=request.build_absolute_uri(f"/{VERSION}"),
        status=422 if form.errors else 200,
    )


@require_GET
@in_business(roles=DEVELOP)
def developer_app(request: MemberRequest, business: Business, app_id: int) -> HttpResponse:
    """One app: its ids and secret, its tokens, its webhook."""
    return _app_page(request, business, _app(business, app_id))


@require_POST
@in_business(roles=DEVELOP)
@confirmed
def token_new(request: MemberRequest, business: Business, app_id: int) -> HttpResponse:
    app = _app(business, app_id)
    form = TokenForm(request.POST, role=request.membership.role)
    if not form.is_valid():
        return _app_page(request, business, app, status=422, token_form=form)
    _make_token(
        request,
        app,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at(),
    )
    return redirect("developer_app", slug=business.slug, app_id=app.pk)


@require_POST
@in_business(roles=DEVELOP)
def token_revoke(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    token = get_object_or_404(
        AccessToken.objects.select_related("app"), pk=pk, app__business=business
    )
    try:
        revoke_token(token, by=request.user)
        messages.success(request, _("The token “%s” opens nothing any more.") % token.name)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("developer_app", slug=business.slug, app_id=token.app_id)


@require_POST
@in_business(roles=DEVELOP)
def webhook_set(request: MemberRequest, business: Business, app_id: int) -> HttpResponse:
    app = _app(business, app_id)
    form = WebhookForm(request.POST, profiles=_profiles(business))
    if form.is_valid():
        try:
            set_webhook(app, by=request.user, **form.address())
            subscribe(app, by=request.user, fields=form.cleaned_data["fields_heard"])
        except Refused as refusal:
            form.add_error("url", refusal.sentence)
        else:
            messages.success(request, _("The address repeated the challenge. Events go there."))
            return redirect("developer_app", slug=business.slug, app_id=app.pk)
    return _app_page(request, business, app, status=422, webhook_form=form)


@require_POST
@in_business(roles=DEVELOP)
@confirmed
def app_act(request: MemberRequest, business: Business, app_id: int) -> HttpResponse:
    """Rotate the secret, finish that, or close the app."""
    app = _app(business, app_id)
    act = APP_ACTS.get(request.POST.get("act", ""))
    if act is None:
        return redirect("developer_app", slug=business.slug, app_id=app.pk)
    do, said = act
    try:
        do(app, by=request.user)
        messages.success(request, said())
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    if app.__class__.objects.get(pk=app.pk).closed_at:
        return redirect("developers", slug=business.slug)
    return redirect("developer_app", slug=business.slug, app_id=app.pk)


APP_ACTS: dict[str, tuple[Callable[..., Any], Callable[[], str]]] = {
    "rotate": (
        rotate_secret,
        lambda: _("A new secret is made. Put it into your server, then let it take over."),
    ),
    "finish": (finish_rotation, lambda: _("The new secret signs from now on.")),
    "close": (close_app, lambda: _("The app is closed.")),
}


def _app(business: Business, app_id: int) -> App:
    return get_object_or_404(App, pk=app_id, business=business, closed_at=None)


def _profiles(business: Business) -> QuerySet[Profile]:
    return business.profiles.filter(closed_at=None).order_by("created_at")


def _app_page(
    request: MemberRequest, business: Business, app: App, *, status: int = 200, **forms
) -> HttpResponse:
    endpoint = app.endpoints.filter(level=WebhookEndpoint.Level.APP).first()
    shown = {
        "token_form": TokenForm(role=request.membership.role),
        "webhook_form": WebhookForm(
            profiles=_profiles(business),
            initial={
                "url": endpoint.url if endpoint else "",
                "verify_token": endpoint.verify_token if endpoint else "",
                "fields_heard": app.fields,
            },
        ),
    }
    fresh, secret = _fresh_token(request, app), secret_of(app)
    profile = _profiles(business).first()
    return business_page(
        request,
        business,
        "messaging/developers/app.html",
        app=app,
        secret=secret,
        standard=standard_secret(secret),
        next_secret=next_secret_of(app),
        tokens=app.tokens.order_by("revoked_at", "-created_at")[:50],
        endpoints=app.endpoints.select_related("profile").order_by("level"),
        fresh=fresh,
        base=request.build_absolute_uri(f"/{VERSION}"),
        call_to=_latest_contact(business),
        call_from=profile,
        status=status,
        **(shown | forms),
    )


def _latest_contact(business: Business) -> str:
    """Whom a first call can reach: the person who wrote last."""
    contact = Contact.objects.filter(business_id=business.pk).order_by("-last_at").first()
    return wa_id(pairwise_number(business.pk, contact.person_id)) if contact else ""


def _make_token(request: MemberRequest, app: App, **arguments) -> None:
    """Make a token and keep it for the one page that shows it."""
    token, raw = create_token(app, by=request.user, **arguments)
    request.session[FRESH] = {
        "app": app.pk,
        "token": token.pk,
        "sealed": seal_text(raw, bound_to=f"token:{token.pk}:fresh"),
    }


def _fresh_token(request: MemberRequest, app: App) -> str:
    """The token that was just made for this app, once."""
    fresh = request.session.get(FRESH)
    if not fresh or fresh["app"] != app.pk:
        return ""
    del request.session[FRESH]
    return unseal_text(fresh["sealed"], bound_to=f"token:{fresh['token']}:fresh")
