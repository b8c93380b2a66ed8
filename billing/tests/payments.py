"""Requests for money, as the tests need them: Acme is verified, paid, clear and set up."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from billing.models import PaymentAccount, PaymentAttempt, PaymentRequest
from billing.services.paying import settle_attempt
from billing.services.payment_requests import Item, draft_request, mark_requested
from billing.snapshots import PaymentSnapshot
from profiles.models import Business, Profile
from profiles.tests.people import make_business, make_profile, pay, person, verify

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


class ReadyCase(TestCase):
    """Acme may ask for money; what Stripe says is written down here, not asked."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.alice = person("alice")
        cls.profile = ready_profile(make_business("Acme", owner=cls.alice, country="US"))
        cls.acme = cls.profile.business
        cls.account = ready_account(cls.acme)


def attempt_of(request: PaymentRequest, session_id: str = "cs_1") -> PaymentAttempt:
    return PaymentAttempt.objects.create(
        request=request, session_id=session_id, expires_at=request.expires_at
    )


def said(request: PaymentRequest, attempt: PaymentAttempt, **changes) -> PaymentSnapshot:
    """What Stripe says of a page: paid, unless told otherwise."""
    return PaymentSnapshot(
        **{
            "session_id": attempt.session_id,
            "status": "complete",
            "payment_status": "paid",
            "url": "",
            "reference": str(request.uuid),
            "payment_intent": f"pi_{attempt.session_id}",
            "intent_status": "succeeded",
            "amount": request.amount,
            "currency": request.currency,
        }
        | changes
    )


def paid(profile: Profile, **values) -> PaymentRequest:
    request = ask(profile, **values)
    attempt = attempt_of(request, f"cs_{request.pk}")
    settle_attempt(attempt, said(request, attempt))
    request.refresh_from_db()
    return request
