"""How subscriptions end: with their period, or at once because they were one too many."""

from django.utils.translation import gettext as _

from billing import stripe_gateway
from billing.entitlements import current_subscription
from billing.models import Subscription
from billing.services.invoices import refresh_invoice
from billing.services.plainly import said_plainly
from billing.services.refresh import refresh_subscription
from billing.services.refunds import refund_invoice
from portal.base.refused import Refused
from portal.base.services.outbox import handles
from profiles.models import Business, User
from profiles.services.audit import record


def end_subscription(business: Business, *, by: User) -> None:
    """Let the subscription end with its paid period. Raises Refused without one."""
    _set_ending(business, by=by, ends=True)


def keep_subscription(business: Business, *, by: User) -> None:
    """Take the ending back."""
    _set_ending(business, by=by, ends=False)


def _set_ending(business: Business, *, by: User, ends: bool) -> None:
    subscription = current_subscription(business)
    if subscription is None or subscription.status not in Subscription.LIVE:
        raise Refused(_("There is no subscription."), code="no_subscription")

    with said_plainly():
        stripe_gateway.end_at_period_end(subscription.stripe_id, ends=ends)

    record(subscription, "subscription.ending" if ends else "subscription.kept", by=by)
    refresh_subscription(subscription.stripe_id)


@handles("billing_end_surplus")
def _end_surplus(payload: dict) -> None:
    """A second subscription was bought by accident: end it, and give all of it back."""
    stripe_id = payload["subscription"]
    subscription = Subscription.objects.get(stripe_id=stripe_id)
    if subscription.surplus_since is None:
        return
    if subscription.status in Subscription.LIVE:
        stripe_gateway.cancel_subscription(stripe_id)
        refresh_subscription(stripe_id)
    for invoice_id in stripe_gateway.invoices_since(
        subscription.started_at, subscription_id=stripe_id
    ):
        _give_back(invoice_id)


def _give_back(invoice_id: str) -> None:
    invoice = refresh_invoice(invoice_id)
    if invoice and invoice.refundable > 0 and not invoice.refunds.exists():
        refund_invoice(
            invoice, amount=invoice.refundable, by=None, reason="Second subscription by accident."
        )
