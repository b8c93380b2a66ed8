"""Businesses as customers at Stripe."""

from django.utils import timezone

from billing import stripe_gateway
from billing.models import Customer
from profiles.models import Business, Membership, User


def ensure_customer(business: Business) -> Customer:
    """The business's customer, made at Stripe when there is none or it was deleted there.

    Two at once ask with the same idempotency key, so both get the same customer.
    """
    customer = Customer.objects.filter(business=business).first()
    if customer and not customer.deleted_at:
        return customer

    key = f"customer:{business.pk}:{customer.stripe_id if customer else 'first'}"
    stripe_id = stripe_gateway.create_customer(business_id=business.pk, key=key)
    stripe_gateway.update_customer(stripe_id, name=business.name, email=billing_address(business))
    customer, _ = Customer.objects.update_or_create(
        business=business, defaults={"stripe_id": stripe_id, "deleted_at": None}
    )
    return customer


def mark_customer_deleted(stripe_id: str) -> int:
    """Somebody deleted the customer at Stripe: the next checkout makes another."""
    return Customer.objects.filter(stripe_id=stripe_id, deleted_at=None).update(
        deleted_at=timezone.now()
    )


def billing_address(business: Business) -> str:
    """Where Stripe sends receipts: the address of the first owner."""
    owner = (
        User.objects.filter(
            memberships__business=business,
            memberships__role=Membership.Role.OWNER,
            memberships__removed_at=None,
        )
        .order_by("memberships__joined_at")
        .first()
    )
    return owner.email if owner else ""
