"""What a business is told when its subscription changes or is about to."""

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.entitlements import Entitlements, State
from billing.models import Subscription
from billing.plans import PLANS, YEAR
from portal.base.templatetags.ui import money
from profiles.models import Business, Notice
from profiles.services.notices import notify

TRIAL_NOTICE = timedelta(days=3)
YEAR_NOTICE = timedelta(days=30)
Status = Subscription.Status
Words = tuple[str, str, str]  # title, body, level


def tell(business: Business, before: Entitlements, after: Entitlements) -> None:
    """Write about a change of state, in the transaction of the change; not about small ones."""
    if before.state == after.state or after.state not in LETTERS:
        return
    if words := LETTERS[after.state](before, after):
        title, body, level = words
        notify(
            business,
            f"subscription_{after.state}",
            title=title,
            body=body,
            link=reverse("billing", args=[business.slug]),
            level=level,
        )


def _grace(before: Entitlements, after: Entitlements) -> Words:
    return (
        _("Your payment failed"),
        _("Everything works until %(day)s. Update your card before then, or sending stops.")
        % {"day": _day(after.until)},
        Notice.Level.BAD,
    )


def _suspended(before: Entitlements, after: Entitlements) -> Words:
    return (
        _("Sending is off"),
        _(
            "Your plan is not paid. You can still answer people who wrote to you; your badge is "
            "hidden, your verification is kept. Pay to send again."
        ),
        Notice.Level.BAD,
    )


def _active(before: Entitlements, after: Entitlements) -> Words | None:
    if before.state not in (State.GRACE, State.SUSPENDED):
        return None
    return _("Your payment arrived"), _("Everything works again."), Notice.Level.INFO


def _ending(before: Entitlements, after: Entitlements) -> Words:
    return (
        _("Your plan ends on %(day)s") % {"day": _day(after.until)},
        _("Until then everything works. You can keep it with one click."),
        Notice.Level.INFO,
    )


def _ended(before: Entitlements, after: Entitlements) -> Words:
    return (
        _("Your subscription has ended"),
        _("Your data is kept. Subscribe again whenever you like."),
        Notice.Level.WARN,
    )


LETTERS: dict[State, Callable[[Entitlements, Entitlements], Words | None]] = {
    State.ACTIVE: _active,
    State.GRACE: _grace,
    State.SUSPENDED: _suspended,
    State.ENDING: _ending,
    State.ENDED: _ended,
}


@shared_task
def remind_of_charges(limit: int = 500) -> int:
    """Write before a trial ends (3 days) and before a year is charged (30 days), once for each
    date. Returns how many were written.
    """
    now = timezone.now()
    due = (
        Subscription.objects.live()
        .filter(
            Q(status=Status.TRIALING, period_end__lte=now + TRIAL_NOTICE)
            | Q(status=Status.ACTIVE, interval=YEAR, period_end__lte=now + YEAR_NOTICE),
            period_end__gt=now,
            cancel_at=None,
            paused_at=None,
        )
        .exclude(reminded_of=F("period_end"))
    )
    return sum(_remind(pk, now) for pk in list(due.values_list("pk", flat=True)[:limit]))


@transaction.atomic
def _remind(pk: int, now: datetime) -> bool:
    subscription = Subscription.objects.select_for_update().select_related("business").get(pk=pk)
    if subscription.reminded_of == subscription.period_end:
        return False  # another worker was faster
    subscription.reminded_of = subscription.period_end
    subscription.save(update_fields=["reminded_of"])

    day = _day(subscription.period_end)
    is_trial = subscription.status == Status.TRIALING
    title = _("Your trial ends on %(day)s") if is_trial else _("Your plan renews on %(day)s")
    notify(
        subscription.business,
        "trial_ends" if is_trial else "year_renews",
        title=title % {"day": day},
        body=_price_sentence(subscription)
        + (_(" Without a card it simply ends.") if is_trial else ""),
        link=reverse("billing", args=[subscription.business.slug]),
    )
    return True


def _price_sentence(subscription: Subscription) -> str:
    plan = PLANS.get(subscription.plan)
    if plan is None or not plan.monthly:
        return _("What you agreed with us is charged then.")
    amount = plan.amount(subscription.currency, subscription.interval, subscription.quantity)
    return _("%(amount)s is charged then, unless you cancel before.") % {
        "amount": money(amount, subscription.currency)
    }


def _day(moment: datetime | None) -> str:
    return f"{moment:%-d %B %Y}" if moment else ""
