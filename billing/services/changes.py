"""Changing plan or seats: shown with its price first, then made for that price."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.entitlements import current_subscription
from billing.models import PlanChange, Subscription
from billing.plans import INTERVALS, PAID, PLANS, Plan
from billing.services.plainly import said_plainly
from billing.services.refresh import refresh_subscription
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record

SHOWN_FOR = timedelta(minutes=30)  # how long a price that was shown may be accepted
CHANGEABLE = (Subscription.Status.TRIALING, Subscription.Status.ACTIVE)
State = PlanChange.State


def show_change(
    business: Business, *, plan: str, interval: str, seats: int, by: User
) -> PlanChange:
    """What changing to this plan and number of seats would cost now, by Stripe's arithmetic.

    Returns the row that `make_change` takes, with the price to be shown.
    Raises Refused where the change can't be made.
    """
    subscription = _changeable(business)
    wanted = PLANS.get(plan)
    if wanted not in PAID or interval not in INTERVALS:
        raise Refused(_("There is no such plan."), code="no_such_plan")
    quantity = max(seats, wanted.seats)
    if (subscription.plan, subscription.interval, subscription.quantity) == (
        plan,
        interval,
        quantity,
    ):
        raise Refused(_("That is what you have already."), code="no_change")
    _guard_use(business, wanted, quantity)

    at = timezone.now().replace(microsecond=0)
    with said_plainly():
        preview = stripe_gateway.preview_change(
            subscription.stripe_id,
            item_id=subscription.item_id,
            price_id=stripe_gateway.price_id(wanted.lookup_key(subscription.currency, interval)),
            quantity=quantity,
            at=at,
        )
    return PlanChange.objects.create(
        subscription=subscription,
        by=by,
        plan=plan,
        interval=interval,
        item_id=subscription.item_id,
        quantity=quantity,
        due_now=preview.total,
        lines=[[line.text, line.amount] for line in preview.lines],
        currency=preview.currency,
        priced_at=at,
    )


def make_change(change: PlanChange, *, by: User) -> Subscription:
    """Make the change that was shown, for the price that was shown. Twice is once.

    Raises Refused when the price is too old, something else was changed meanwhile, or the card is
    declined: then everything stays as it was.
    """
    subscription, plan = change.subscription, PLANS[change.plan]
    if change.state == State.DONE:
        return subscription
    _guard_offer(change)
    try:
        with said_plainly():
            stripe_gateway.change_subscription(
                subscription.stripe_id,
                item_id=change.item_id,
                price_id=stripe_gateway.price_id(
                    plan.lookup_key(subscription.currency, change.interval)
                ),
                quantity=change.quantity,
                at=change.priced_at,
                key=f"change:{change.uuid}",
            )
    except Refused as refusal:
        if refusal.code != "stripe_unavailable":
            PlanChange.objects.filter(pk=change.pk, state=State.SHOWN).update(state=State.FAILED)
        raise
    _done(change, by)
    return refresh_subscription(subscription.stripe_id) or subscription


def _changeable(business: Business) -> Subscription:
    subscription = current_subscription(business)
    if subscription is None or subscription.status not in Subscription.LIVE:
        raise Refused(_("There is no subscription to change."), code="no_subscription")
    if subscription.status not in CHANGEABLE or subscription.paused_at:
        raise Refused(_("Pay what is overdue first, then change the plan."), code="overdue")
    return subscription


def _guard_use(business: Business, plan: Plan, seats: int) -> None:
    """A plan must hold what the business has."""
    profiles = business.profiles.filter(is_test=False, closed_at=None).count()
    if profiles > plan.profiles:
        raise Refused(
            _("You have %(n)s profiles; %(plan)s has room for %(room)s. Close some first.")
            % {"n": profiles, "plan": plan.name, "room": plan.profiles},
            code="too_many_profiles",
        )
    members = business.memberships.filter(removed_at=None).count()
    if members > seats:
        raise Refused(
            _("You are %(n)s people; that would be %(room)s seats. Remove some, or take more.")
            % {"n": members, "room": seats},
            code="too_many_members",
        )


def _guard_offer(change: PlanChange) -> None:
    """What was shown still holds: it is fresh, and nothing was changed since."""
    newer = PlanChange.objects.filter(
        subscription=change.subscription, state=State.DONE, done_at__gt=change.priced_at
    )
    is_old = change.priced_at < timezone.now() - SHOWN_FOR
    if change.state == State.FAILED or is_old or newer.exists():
        raise Refused(_("This offer is no longer good. Look at the price again."), code="outdated")


@transaction.atomic
def _done(change: PlanChange, by: User) -> None:
    """Write down that it was made, once."""
    if (
        not PlanChange.objects.filter(pk=change.pk)
        .exclude(state=State.DONE)
        .update(state=State.DONE, done_at=timezone.now())
    ):
        return
    record(
        change.subscription,
        "plan.changed",
        by=by,
        plan=change.plan,
        interval=change.interval,
        seats=change.quantity,
        due=change.due_now,
        currency=change.currency,
    )
