"""Changing the plan: the price is shown first, and what is shown is what is charged."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from billing.models import Invoice, PlanChange
from billing.plans import PLANS
from billing.services.changes import make_change, show_change
from billing.services.endings import end_subscription, keep_subscription
from billing.services.invoices import invoice_link
from billing.services.plainly import said_plainly
from portal.base.refused import Refused
from portal.base.written import number_in
from profiles.models import Business
from profiles.tenancy import MANAGE, MEASURE, MemberRequest, business_page, in_business


@require_POST
@in_business(roles=MANAGE)
def billing_change(request: MemberRequest, business: Business) -> HttpResponse:
    """What would this plan cost now? Stripe is asked, then the answer is shown."""
    seats = number_in(request.POST.get("seats", "")) or 0
    try:
        change = show_change(
            business,
            plan=request.POST.get("plan", ""),
            interval=request.POST.get("interval", ""),
            seats=seats if seats < 100_000 else 0,
            by=request.user,
        )
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("billing", slug=business.slug)
    return redirect("billing_offer", slug=business.slug, uuid=change.uuid)


@require_http_methods(["GET", "POST"])
@in_business(roles=MANAGE)
def billing_offer(request: MemberRequest, business: Business, uuid) -> HttpResponse:
    """The price of a change; a POST takes it."""
    change = get_object_or_404(
        PlanChange.objects.select_related("subscription__business"),
        uuid=uuid,
        subscription__business=business,
    )
    if request.method == "GET":
        return business_page(
            request, business, "billing/offer.html", change=change, plan=PLANS[change.plan]
        )
    try:
        make_change(change, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("You are on %(plan)s.") % {"plan": PLANS[change.plan].name})
    return redirect("billing", slug=business.slug)


@require_POST
@in_business(roles=MANAGE)
def billing_ending(request: MemberRequest, business: Business) -> HttpResponse:
    """End with the period, or keep after all: `do` says which."""
    operations = {"end": end_subscription, "keep": keep_subscription}
    try:
        operation = operations[request.POST.get("do", "")]
    except KeyError:
        raise Http404 from None
    try:
        operation(business, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("billing", slug=business.slug)


@require_GET
@in_business(roles=MEASURE)
def billing_invoice(request: MemberRequest, business: Business, stripe_id: str) -> HttpResponse:
    """On to the invoice at Stripe, by a link made this moment: links expire."""
    invoice = get_object_or_404(Invoice, business=business, stripe_id=stripe_id)
    try:
        with said_plainly():
            link = invoice_link(invoice)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("billing", slug=business.slug)
    if not link:
        raise Http404
    return HttpResponseRedirect(link)
