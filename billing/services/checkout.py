"""Buying a plan: through Stripe's hosted Checkout, once however often one clicks."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from stripe.params.checkout import SessionCreateParams

from billing import stripe_gateway
from billing.models import CheckoutAttempt, Customer, Subscription
from billing.plans import CURRENCIES, INTERVALS, PAID, PLANS, TRIAL_DAYS, currency_for
from billing.services.customers import ensure_customer, mark_customer_deleted
from billing.services.plainly import said_plainly
from billing.services.refresh import refresh_subscription
from billing.snapshots import SessionSnapshot
from billing.stripe_gateway import StripeSaysNo
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record

OPEN_FOR = timedelta(hours=23)  # Stripe allows at most 24
NEVER_PAID = (Subscription.Status.INCOMPLETE, Subscription.Status.INCOMPLETE_EXPIRED)
State = CheckoutAttempt.State


def currency_of(business: Business) -> str | None:
    """The currency a business is bound to: Stripe keeps one per customer. None: still free."""
    return (
        Subscription.objects.filter(business=business)
        .exclude(status__in=NEVER_PAID)
        .order_by("started_at")
        .values_list("currency", flat=True)
        .first()
    )


def may_try(business: Business) -> bool:
    """Whether a trial is still to be had: one per business, ever."""
    return not Subscription.objects.filter(business=business, trial_end__isnull=False).exists()


def start_checkout(
    business: Business,
    *,
    plan: str,
    interval: str,
    by: User,
    currency: str = "",
    with_trial: bool = False,
) -> str:
    """Begin to buy a plan. Returns the address of Stripe's page.

    An open checkout of the same choice is used again; another choice closes it first.

    Arguments:
        plan, interval, currency: as in `plans.py`; an empty currency follows the country.
        with_trial: begin with TRIAL_DAYS free, without a card.

    Raises Refused when there is a subscription already, and when Stripe can't be reached.
    """
    currency = currency_of(business) or currency or currency_for(business.country)
    _check(business, plan, interval, currency, with_trial)
    with said_plainly():
        customer = ensure_customer(business)
        attempt, replaced = _attempt(business, plan, interval, currency, with_trial, by)
        for session_id in replaced:
            _close(business, session_id)
        try:
            return _session_url(attempt, customer)
        except StripeSaysNo as error:
            if error.is_missing and error.param == "customer":
                mark_customer_deleted(customer.stripe_id)
            raise


def finish_checkout(business: Business, session_id: str) -> SessionSnapshot:
    """What became of a checkout, asked from Stripe; a paid one is in force when this returns.

    The buyer's browser and the webhook both end here, in any order.
    Raises CheckoutAttempt.DoesNotExist for a session that is not the business's own.
    """
    attempt = CheckoutAttempt.objects.get(business=business, session_id=session_id)
    session = stripe_gateway.checkout(session_id)
    if session.reference != str(business.pk):
        raise CheckoutAttempt.DoesNotExist
    if session.status == "complete":
        refresh_subscription(session.subscription_id)
    _settle(attempt, session)
    return session


def _check(business: Business, plan: str, interval: str, currency: str, with_trial: bool) -> None:
    if PLANS.get(plan) not in PAID or interval not in INTERVALS or currency not in CURRENCIES:
        raise Refused(_("There is no such plan."), code="no_such_plan")
    if Subscription.objects.live().filter(business=business).exists():
        raise Refused(
            _("%(business)s has a subscription already. Change its plan instead.")
            % {"business": business},
            code="subscribed",
        )
    if with_trial and not may_try(business):
        raise Refused(
            _("%(business)s has had its trial. Subscribe to go on.") % {"business": business},
            code="trial_used",
        )


@transaction.atomic
def _attempt(
    business: Business, plan: str, interval: str, currency: str, with_trial: bool, by: User
) -> tuple[CheckoutAttempt, list[str]]:
    """The open attempt for this choice, and the sessions that must be closed for it."""
    Business.objects.select_for_update().get(pk=business.pk)
    choice = {
        "plan": plan,
        "interval": interval,
        "currency": currency,
        "with_trial": with_trial,
    }
    now = timezone.now()
    CheckoutAttempt.objects.filter(business=business, state=State.OPEN, expires_at__lte=now).update(
        state=State.EXPIRED
    )
    earlier = CheckoutAttempt.objects.filter(business=business, state=State.OPEN).first()
    if earlier and all(getattr(earlier, name) == value for name, value in choice.items()):
        return earlier, []

    if earlier:
        earlier.state = State.REPLACED
        earlier.save(update_fields=["state"])
    attempt = CheckoutAttempt.objects.create(
        business=business, by=by, expires_at=now + OPEN_FOR, **choice
    )
    record(attempt, "checkout.started", by=by, plan=plan, interval=interval, currency=currency)
    # All ever replaced: a process may have died between replacing and closing.
    replaced = CheckoutAttempt.objects.filter(
        business=business, state=State.REPLACED, expires_at__gt=now, session_id__isnull=False
    )
    return attempt, [session_id for row in replaced if (session_id := row.session_id)]


def _close(business: Business, session_id: str) -> None:
    """Make sure that an earlier session can't be paid; if it was paid just now, that counts."""
    session = stripe_gateway.checkout(session_id)
    if session.status == "open":
        try:
            session = stripe_gateway.expire_checkout(session_id)
        except StripeSaysNo:
            session = stripe_gateway.checkout(session_id)  # paid while we asked
    attempt = CheckoutAttempt.objects.get(session_id=session_id)
    _settle(attempt, session)
    if session.status == "complete":
        refresh_subscription(session.subscription_id)
        raise Refused(_("Your earlier checkout was just paid."), code="subscribed")


def _session_url(attempt: CheckoutAttempt, customer: Customer) -> str:
    """The page of the attempt's one session, made if it has none."""
    if not attempt.session_id:
        session = stripe_gateway.create_checkout(
            checkout_params(attempt, customer), key=f"checkout:{attempt.uuid}"
        )
        CheckoutAttempt.objects.filter(pk=attempt.pk).update(
            session_id=session.session_id, url=session.url
        )
        return session.url

    session = stripe_gateway.checkout(attempt.session_id)
    if session.status == "open":
        return session.url
    _settle(attempt, session)
    if session.status == "complete":
        refresh_subscription(session.subscription_id)
        raise Refused(_("This checkout has been paid already."), code="subscribed")
    raise Refused(_("That checkout has expired. Choose the plan again."), code="checkout_expired")


def _settle(attempt: CheckoutAttempt, session: SessionSnapshot) -> None:
    """Take over the end of a session."""
    ended = {"complete": State.COMPLETED, "expired": State.EXPIRED}.get(session.status)
    if ended:
        CheckoutAttempt.objects.filter(pk=attempt.pk).exclude(state=State.COMPLETED).update(
            state=ended
        )


def checkout_params(attempt: CheckoutAttempt, customer: Customer) -> SessionCreateParams:
    """What Stripe is asked for: only from the attempt, so that repeating it is the same request."""
    business, plan = attempt.business, PLANS[attempt.plan]
    page = settings.SITE_URL + reverse("billing", args=[business.slug])
    params: SessionCreateParams = {
        "mode": "subscription",
        "customer": customer.stripe_id,
        "client_reference_id": str(business.pk),
        "line_items": [
            {
                "price": stripe_gateway.price_id(
                    plan.lookup_key(attempt.currency, attempt.interval)
                ),
                "quantity": plan.seats,
            }
        ],
        "success_url": f"{page}return/?session={{CHECKOUT_SESSION_ID}}",
        "cancel_url": page,
        "expires_at": int(attempt.expires_at.timestamp()),
        "metadata": {"attempt": str(attempt.uuid)},
        "allow_promotion_codes": True,
        "billing_address_collection": "auto",
        "customer_update": {"address": "auto", "name": "auto"},
        "tax_id_collection": {"enabled": True},
        "automatic_tax": {"enabled": settings.STRIPE_AUTOMATIC_TAX},
        "subscription_data": {"metadata": {"business": str(business.pk)}},
    }
    if settings.STRIPE_PAYMENT_METHODS:
        params["allowed_payment_method_types"] = settings.STRIPE_PAYMENT_METHODS
    if attempt.with_trial:
        params["payment_method_collection"] = "if_required"
        params["subscription_data"] |= {
            "trial_period_days": TRIAL_DAYS,
            "trial_settings": {"end_behavior": {"missing_payment_method": "cancel"}},
        }
    return params
