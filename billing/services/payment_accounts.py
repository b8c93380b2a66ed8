"""Setting up a business's own account at Stripe, and stopping payments: of one, or of all."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.models import PaymentAccount, PaymentHalt
from billing.services.customers import billing_address
from billing.services.paying import close_pages
from billing.services.plainly import said_plainly
from billing.snapshots import AccountSnapshot
from billing.stripe_gateway import StripeSaysNo
from portal.base.refused import Refused
from profiles.models import Business, Notice, User
from profiles.services.audit import record
from profiles.services.notices import notify


def set_up_payments(business: Business, *, by: User) -> str:
    """Go on with Stripe's questions. Returns the address of its page, good for minutes.

    The account is made at the first click; two at once make one. Raises Refused where the business
    is not verified: Stripe is told the verified country only.
    """
    if not business.is_verified():
        raise Refused(
            _("Verify your business first: people see its legal name before they pay."),
            code="not_verified",
        )
    page = settings.SITE_URL + reverse("payments", args=[business.slug])
    with said_plainly():
        account = _ensure_account(business, by=by)
        return stripe_gateway.account_link(
            {
                "account": account.stripe_id,
                "type": "account_onboarding",
                "return_url": f"{page}return/",
                "refresh_url": f"{page}again/",
            }
        )


def _ensure_account(business: Business, *, by: User) -> PaymentAccount:
    account = PaymentAccount.objects.filter(business=business).first()
    if account and not account.disconnected_at:
        return account
    key = f"account:{business.pk}:{account.stripe_id if account else 'first'}"
    made = stripe_gateway.create_account(
        {
            "country": business.country,
            "email": billing_address(business),
            "business_profile": {"name": business.name},
            # The business answers to Stripe for fees and losses, and has Stripe's own dashboard.
            "controller": {
                "fees": {"payer": "account"},
                "losses": {"payments": "stripe"},
                "stripe_dashboard": {"type": "full"},
                "requirement_collection": "stripe",
            },
            "metadata": {"business": str(business.pk)},
        },
        key=key,
    )
    with transaction.atomic():
        account, is_new = PaymentAccount.objects.update_or_create(
            business=business, defaults={"stripe_id": made.stripe_id, "disconnected_at": None}
        )
        if is_new:
            record(account, "payment_account.made", by=by, stripe_id=made.stripe_id)
    return account


def refresh_account(stripe_id: str) -> PaymentAccount | None:
    """Ask Stripe how the account stands. Outside any transaction; None: not one of ours."""
    account = PaymentAccount.objects.filter(stripe_id=stripe_id).first()
    if account is None:
        return None
    asked_at = stripe_gateway.database_clock()
    try:
        snapshot = stripe_gateway.account(stripe_id)
    except StripeSaysNo as error:
        if error.code not in ("account_invalid", "resource_missing", "platform_account_required"):
            raise
        return disconnect_account(stripe_id)
    return sync_account(snapshot, fetched_at=asked_at)


@transaction.atomic
def sync_account(snapshot: AccountSnapshot, *, fetched_at: datetime) -> PaymentAccount:
    """Take over what Stripe said; an account that may not be paid any more closes open pages."""
    account = PaymentAccount.objects.select_for_update().get(stripe_id=snapshot.stripe_id)
    if account.fetched_at and account.fetched_at >= fetched_at:
        return account

    could = account.charges_enabled
    for name in ("charges_enabled", "payouts_enabled", "details_submitted"):
        setattr(account, name, getattr(snapshot, name))
    account.currently_due, account.fetched_at = list(snapshot.currently_due), fetched_at
    account.disconnected_at = None
    account.save()

    if account.charges_enabled != could:
        record(account, "payment_account.changed", by=None, charges_enabled=not could)
        _tell_of_account(account)
    if could and not account.charges_enabled:
        close_pages(business=account.business)
    return account


@transaction.atomic
def disconnect_account(stripe_id: str) -> PaymentAccount | None:
    """The business took its account away from us, at Stripe."""
    account = PaymentAccount.objects.select_for_update().filter(stripe_id=stripe_id).first()
    if account is None or account.disconnected_at:
        return account
    account.disconnected_at, account.charges_enabled = timezone.now(), False
    account.save(update_fields=["disconnected_at", "charges_enabled"])
    record(account, "payment_account.disconnected", by=None)
    _tell_of_account(account)
    return account


def _tell_of_account(account: PaymentAccount) -> None:
    ready = account.charges_enabled
    notify(
        account.business,
        "payments_ready" if ready else "payments_stopped",
        title=_("You can ask for money in chats now")
        if ready
        else _("Stripe stopped payments to you"),
        body=_("Write a request in any conversation of your inbox.")
        if ready
        else _("Open requests can't be paid until you answer Stripe's questions."),
        link=reverse("payments", args=[account.business.slug]),
        level=Notice.Level.INFO if ready else Notice.Level.BAD,
    )


@transaction.atomic
def freeze_payments(account: PaymentAccount, *, by: User, reason: str) -> None:
    """Nobody can pay this business, from this moment."""
    account = PaymentAccount.objects.select_for_update().get(pk=account.pk)
    if account.frozen_at:
        raise Refused(_("Payments of %(who)s are frozen already.") % {"who": account.business})
    account.frozen_at, account.frozen_by, account.frozen_reason = timezone.now(), by, reason
    account.save(update_fields=["frozen_at", "frozen_by", "frozen_reason"])
    record(account, "payment_account.frozen", by=by, reason=reason)
    notify(
        account.business,
        "payments_frozen",
        title=_("We froze payments to you"),
        body=reason,
        link=reverse("payments", args=[account.business.slug]),
        level=Notice.Level.BAD,
    )
    close_pages(business=account.business)


@transaction.atomic
def release_payments(account: PaymentAccount, *, by: User, reason: str) -> None:
    account = PaymentAccount.objects.select_for_update().get(pk=account.pk)
    if not account.frozen_at:
        raise Refused(_("Payments of %(who)s are not frozen.") % {"who": account.business})
    account.frozen_at, account.frozen_by, account.frozen_reason = None, None, ""
    account.save(update_fields=["frozen_at", "frozen_by", "frozen_reason"])
    record(account, "payment_account.released", by=by, reason=reason)


@transaction.atomic
def halt_payments(*, by: User, reason: str) -> PaymentHalt:
    """The kill switch: nobody can ask for money or pay, anywhere, until it is ended."""
    if PaymentHalt.objects.filter(ended_at=None).exists():
        raise Refused(_("All payments are stopped already."))
    halt = PaymentHalt.objects.create(began_by=by, reason=reason)
    record(halt, "payments.halted", by=by, reason=reason)
    close_pages()
    return halt


@transaction.atomic
def end_halt(halt: PaymentHalt, *, by: User, reason: str) -> None:
    ended = PaymentHalt.objects.filter(pk=halt.pk, ended_at=None).update(
        ended_at=timezone.now(), ended_by=by
    )
    if not ended:
        raise Refused(_("Payments are not stopped by this."))
    record(halt, "payments.resumed", by=by, reason=reason)
