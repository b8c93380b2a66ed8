"""Plan and billing: what a business has, uses and pays, and the way to Stripe's pages."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing import stripe_gateway
from billing.entitlements import State, current_subscription, entitlements
from billing.history import history
from billing.models import CheckoutAttempt, Customer, Subscription
from billing.plans import (
    CURRENCIES,
    INTERVALS,
    MONTH,
    PAID,
    PLANS,
    TRIAL_DAYS,
    currency_for,
    offers_of,
)
from billing.services.checkout import currency_of, finish_checkout, may_try, start_checkout
from billing.services.portal import open_portal
from billing.services.usage import next_reset, usage_lines
from billing.stripe_gateway import StripeSaysNo, StripeUnavailable
from portal.base.refused import Refused
from portal.base.templatetags.ui import live
from profiles.models import Business
from profiles.tenancy import MANAGE, MEASURE, MemberRequest, business_page, in_business

# The states in which a business still has the plan it pays for.
SUBSCRIBED = (State.TRIAL, State.ACTIVE, State.ENDING, State.GRACE, State.SUSPENDED)


@require_GET
@in_business(roles=MEASURE)
def billing(request: MemberRequest, business: Business) -> HttpResponse:
    """The page; everything on it comes from our own rows, so it stands when Stripe does not."""
    now = timezone.now()
    rights = entitlements(business, now)
    subscription = current_subscription(business)
    bound_to = currency_of(business)
    interval = request.GET.get("interval", subscription.interval if subscription else MONTH)
    currency = bound_to or request.GET.get("currency", currency_for(business.country))
    if interval not in INTERVALS or currency not in CURRENCIES:
        raise Http404
    is_subscribed = rights.state in SUBSCRIBED
    current = (rights.plan, subscription.interval) if subscription and is_subscribed else None
    return business_page(
        request,
        business,
        "billing/billing.html",
        live=live(f"business:{business.pk}"),
        rights=rights,
        plan=PLANS[rights.plan],
        subscription=subscription if is_subscribed else None,
        next_amount=_next_amount(subscription) if is_subscribed else None,
        days_left=(rights.until - now + timedelta(days=1)).days if rights.until else None,
        usage=usage_lines(business, rights, now=now),
        resets_at=next_reset(now),
        offers=offers_of(currency, interval, current=current),
        interval=interval,
        intervals=INTERVALS.items(),
        currency=currency,
        currencies=CURRENCIES if not bound_to else (),
        trial_days=TRIAL_DAYS if may_try(business) else 0,
        invoices=business.invoices.exclude(status="draft").order_by("-created_at")[:12],
        history=history(business),
        may_manage=request.membership.role in MANAGE,
        is_customer=Customer.objects.filter(business=business, deleted_at=None).exists(),
    )


@require_GET
@in_business(roles=MEASURE)
def billing_payer(request: MemberRequest, business: Business) -> HttpResponse:
    """The part that Stripe knows best, fetched after the page: card, and the exact next amount."""
    subscription = current_subscription(business)
    customer = Customer.objects.filter(business=business, deleted_at=None).first()
    if subscription is None or customer is None or subscription.status not in Subscription.LIVE:
        raise Http404
    known: dict[str, object] = {}
    try:
        known["payer"] = stripe_gateway.payer(customer.stripe_id, subscription.stripe_id)
        if not subscription.cancel_at:
            known["next"] = stripe_gateway.upcoming(subscription.stripe_id)
    except (StripeUnavailable, StripeSaysNo) as error:
        known["problem"] = str(error)
    return render(
        request, "billing/_payer.html", {"business": business, "now": timezone.now()} | known
    )


@require_POST
@in_business(roles=MANAGE)
def billing_checkout(request: MemberRequest, business: Business) -> HttpResponse:
    """Begin to buy: on to Stripe's Checkout."""
    try:
        url = start_checkout(
            business,
            plan=request.POST.get("plan", ""),
            interval=request.POST.get("interval", ""),
            currency=request.POST.get("currency", ""),
            with_trial=request.POST.get("trial") == "1",
            by=request.user,
        )
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("billing", slug=business.slug)
    return HttpResponseRedirect(url, status=303)


@require_GET
@in_business(roles=MANAGE)
def billing_return(request: MemberRequest, business: Business) -> HttpResponse:
    """Back from Checkout: ask Stripe at once, so that nobody waits for a webhook."""
    try:
        session = finish_checkout(business, request.GET.get("session", ""))
    except CheckoutAttempt.DoesNotExist:
        raise Http404 from None
    except (StripeUnavailable, StripeSaysNo):
        messages.warning(
            request, _("Stripe is slow to answer. Your plan appears here as soon as it does.")
        )
        return redirect("billing", slug=business.slug)
    if session.status == "complete":
        plan = PLANS[entitlements(business).plan]
        messages.success(request, _("Welcome to %(plan)s.") % {"plan": plan.name})
    else:
        messages.warning(request, _("That checkout is not finished. Nothing was charged."))
    return redirect("billing", slug=business.slug)


@require_POST
@in_business(roles=MANAGE)
def billing_portal(request: MemberRequest, business: Business) -> HttpResponse:
    """On to Stripe's Customer Portal, to the card if that is what is wanted."""
    try:
        url = open_portal(business, by=request.user, to_update_card=request.POST.get("card") == "1")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("billing", slug=business.slug)
    return HttpResponseRedirect(url, status=303)


def _next_amount(subscription) -> int | None:
    """What the next period costs by our own list; None where the price is not ours."""
    plan = PLANS.get(subscription.plan)
    if subscription.cancel_at or plan not in PAID:
        return None
    return plan.amount(subscription.currency, subscription.interval, subscription.quantity)
