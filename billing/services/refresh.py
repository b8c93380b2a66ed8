"""Ask Stripe how things stand, and take that over."""

import logging

from billing import stripe_gateway
from billing.models import Customer, Subscription
from billing.services.subscriptions import sync_subscription
from billing.stripe_gateway import StripeSaysNo

logger = logging.getLogger(__name__)


def refresh_subscription(subscription_id: str) -> Subscription | None:
    """Fetch a subscription and sync the mirror. Outside any transaction; safe at any time.

    Returns None when it belongs to none of our businesses, or is gone.
    """
    asked_at = stripe_gateway.database_clock()
    try:
        snapshot = stripe_gateway.subscription(subscription_id)
    except StripeSaysNo as error:
        if error.is_missing:
            logger.warning("Stripe knows no subscription %s.", subscription_id)
            return None
        raise
    customer = (
        Customer.objects.select_related("business").filter(stripe_id=snapshot.customer_id).first()
    )
    if customer is None or snapshot.livemode != stripe_gateway.is_live():
        logger.warning("Subscription %s is not of a customer of ours.", subscription_id)
        return None
    return sync_subscription(customer.business, snapshot, fetched_at=asked_at)
