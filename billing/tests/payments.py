"""Requests for money, as the tests need them: Acme is verified, paid, clear and set up."""

from datetime import timedelta

from django.utils import timezone

from billing.models import PaymentAccount, PaymentRequest
from billing.services.payment_requests import Item, draft_request, mark_requested
from profiles.models import Business, Profile
from profiles.tests.people import make_profile, pay, verify

ANA = 7  # a person


def ready_profile(business: Business, handle: str = "acme") -> Profile:
    """A profile that may ask for money as far as we are concerned; Stripe's account is apart."""
    verify(business)
    pay(business)
    profile = make_profile(business, handle)
    return Profile.objects.select_related("business").get(pk=profile.pk)


def ready_account(business: Business, stripe_id: str = "acct_1") -> PaymentAccount:
    """An account that Stripe lets be paid, by our rows alone."""
    return PaymentAccount.objects.create(
        business=business,
        stripe_id=stripe_id,
        charges_enabled=True,
        payouts_enabled=True,
        details_submitted=True,
    )


def ask(profile: Profile, amount: int = 1200, *, message_id: int = 1, **values) -> PaymentRequest:
    """Alice asks Ana for money, 12 dollars if nothing else is said."""
    request = draft_request(
        profile,
        ANA,
        **{
            "by": None,
            "items": [Item("Oil filter", amount)],
            "currency": "usd",
            "reference_id": f"order-{PaymentRequest.objects.count() + 1}",
        }
        | values,
    )
    mark_requested(request, message_id=message_id)
    return request


def later(**delta) -> object:
    return timezone.now() + timedelta(**delta)
