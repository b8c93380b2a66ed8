"""What payments in chats may be: currencies, limits and the operator's fee.

Amounts are in the currency's smallest unit. The least amounts are Stripe's
(docs.stripe.com/currencies#minimum-and-maximum-charge-amounts); the limits are ours, about 5,000
and 50,000 US dollars, so that one stolen account can do little harm in a day.
"""

from dataclasses import dataclass

from django.conf import settings

from billing.money import WITH_THREE_DECIMALS


@dataclass(frozen=True)
class Terms:
    """Of one currency.

    Attributes:
        least, most: of one request.
        a_day: of all requests of a business in 24 hours.
    """

    least: int
    most: int
    a_day: int


TERMS = {
    "usd": Terms(50, 5_000_00, 50_000_00),
    "eur": Terms(50, 5_000_00, 50_000_00),
    "gbp": Terms(30, 4_000_00, 40_000_00),
    "brl": Terms(50, 25_000_00, 250_000_00),
    "inr": Terms(50_00, 400_000_00, 4_000_000_00),
    "jpy": Terms(50, 750_000, 7_500_000),
    "kwd": Terms(200, 1_500_000, 15_000_000),
}


def step(currency: str) -> int:
    """What an amount must be a multiple of: Stripe wants three-decimal currencies in tens."""
    return 10 if currency in WITH_THREE_DECIMALS else 1


def fee_of(amount: int) -> int:
    """The operator's part of a payment: PAYMENT_FEE_BASIS_POINTS, rounded half up."""
    return (amount * settings.PAYMENT_FEE_BASIS_POINTS + 5_000) // 10_000
