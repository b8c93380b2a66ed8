"""The page on which a person pays. Its address is a secret of the chat: who has it may look and
pay, as with any bill; it shows nothing of the person.
"""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.models import PaymentAttempt, PaymentRequest
from billing.payment_rules import may_request_payment
from billing.services.paying import open_payment, refresh_attempt, why_not_payable
from billing.services.payment_complaints import complain, resolve_complaint
from billing.services.payment_requests import mark_opened
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from portal.base.refused import Refused

Status = PaymentRequest.Status


@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Who is paid, what for and how much; a POST goes on to Stripe's page."""
    asked = _asked(token)
    if request.method == "POST":
        try:
            return HttpResponseRedirect(open_payment(asked), status=303)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
            return _back(token)
    now = timezone.now()
    mark_opened(asked, now=now)
    return _private(
        render(
            request,
            "billing/pay.html",
            {
                "asked": asked,
                "profile": asked.profile,
                "badge": asked.profile.shows_badge(now),
                "why_not": _why_not(asked, now),
                "open_complaint": asked.disputes.filter(source="person", resolved_at=None).first(),
                "refunds": _refunds(asked),
                "chat": reverse("chat", args=[asked.profile.handle]),
            },
        )
    )


@require_GET
def pay_return(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe: ask at once how it went, so that nobody waits for a webhook."""
    asked = _asked(token)
    attempt = get_object_or_404(
        PaymentAttempt.objects.select_related("request__account"),
        request=asked,
        session_id=request.GET.get("session", ""),
    )
    try:
        refresh_attempt(attempt)
    except PaymentAttempt.DoesNotExist:
        raise Http404 from None
    except (StripeUnavailable, StripeSaysNo):
        messages.warning(request, _("Stripe is slow to answer. This page shows the receipt soon."))
    return _back(token)


@require_POST
def pay_complain(request: HttpRequest, token: str) -> HttpResponse:
    """Something is wrong with what was paid; or, `do=content`, it is fine after all."""
    asked = _asked(token)
    try:
        if request.POST.get("do") == "content":
            dispute = get_object_or_404(asked.disputes, source="person", resolved_at=None)
            resolve_complaint(dispute, by=None, outcome=_("The person is content"))
            messages.success(request, _("Good to hear."))
        else:
            complain(asked, words=request.POST.get("words", ""))
            messages.success(request, _("They know, and have 24 hours to answer you in the chat."))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return _back(token)


def _asked(token: str) -> PaymentRequest:
    rows = PaymentRequest.objects.select_related("profile__business", "account")
    return get_object_or_404(rows.exclude(status=Status.DRAFT), token=token)


def _why_not(asked: PaymentRequest, now) -> str:
    """Why it can't be paid now; empty where it can."""
    if asked.status not in PaymentRequest.PAYABLE or asked.expires_at <= now:
        return why_not_payable(asked, now)
    try:
        may_request_payment(asked.profile, now=now)
    except Refused:
        return _("%(payee)s can't take payments at the moment.") % {"payee": asked.payee}
    return ""


def _refunds(asked: PaymentRequest) -> list:
    paid = asked.attempts.filter(state=PaymentAttempt.State.PAID).first()
    return (
        list(paid.refunds.filter(state__in=("decided", "done")).order_by("decided_at"))
        if paid
        else []
    )


def _back(token: str) -> HttpResponse:
    return redirect("pay", token)


def _private(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
