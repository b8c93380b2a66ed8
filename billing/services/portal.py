"""Stripe's Customer Portal: cards, billing details, invoices, cancelling."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from stripe.params.billing_portal import SessionCreateParams

from billing import stripe_gateway
from billing.models import Customer
from billing.services.plainly import said_plainly
from portal.base.refused import Refused
from profiles.models import Business, User
from profiles.services.audit import record


def open_portal(business: Business, *, by: User, to_update_card: bool = False) -> str:
    """The address of the business's portal, good for minutes. Raises Refused without a customer.

    Arguments:
        to_update_card: open it where the card is changed, as after a failed payment.
    """
    customer = Customer.objects.filter(business=business, deleted_at=None).first()
    if customer is None:
        raise Refused(_("There is nothing to manage before a first subscription."))
    page = settings.SITE_URL + reverse("billing", args=[business.slug])
    params: SessionCreateParams = {"customer": customer.stripe_id, "return_url": page}
    if to_update_card:
        params["flow_data"] = {
            "type": "payment_method_update",
            "after_completion": {"type": "redirect", "redirect": {"return_url": page}},
        }
    with said_plainly():
        url = stripe_gateway.portal_url(params)
    record(customer, "billing.portal_opened", by=by)
    return url
