"""What is for sale: plans, limits and prices. `billing_sync_catalog` brings them to Stripe.

Prices never change in place: a new price gets a new version in its lookup key, and who pays the old
one keeps it.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MONTH, YEAR = "month", "year"
INTERVALS = {MONTH: _("monthly"), YEAR: _("yearly")}
CURRENCIES = ("usd", "brl", "inr", "eur")
# The currency a business is offered first, by the country of its seat.
EURO_AREA = ("AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU") + (
    "LV",
    "MT",
    "NL",
    "PT",
    "SI",
    "SK",
)
CURRENCY_OF = {"BR": "brl", "IN": "inr"} | dict.fromkeys(EURO_AREA, "eur")
TRIAL_DAYS = 14
# Two months of twelve are free for who pays a year ahead.
MONTHS_PAID_A_YEAR = 10
PRICE_VERSION = "1"


@dataclass(frozen=True)
class Plan:
    """One tier. Amounts are in the smallest unit of each currency, for a month."""

    key: str
    name: str | Promise
    pitch: str | Promise
    recipients_a_month: int  # of campaigns, each person counted once per campaign
    profiles: int
    seats: int  # included; more can be bought
    api_rate: int  # requests a second
    webhooks: int  # endpoints
    history_days: int
    monthly: dict[str, int] | None = None
    seat_monthly: dict[str, int] | None = None  # for each seat beyond the included

    def price(self, currency: str, interval: str) -> int:
        """What the plan costs for one interval with its included seats."""
        assert self.monthly
        return self.monthly[currency] * (MONTHS_PAID_A_YEAR if interval == YEAR else 1)

    def seat_price(self, currency: str, interval: str) -> int:
        """What each further seat costs for one interval."""
        assert self.seat_monthly
        return self.seat_monthly[currency] * (MONTHS_PAID_A_YEAR if interval == YEAR else 1)

    def amount(self, currency: str, interval: str, seats: int) -> int:
        """What a business with so many seats pays for one interval."""
        extra = max(0, seats - self.seats)
        return self.price(currency, interval) + extra * self.seat_price(currency, interval)

    def lookup_key(self, currency: str, interval: str) -> str:
        """Stripe's name for the price, the same on every Stripe account."""
        return f"signet_{self.key}_{interval}_{currency}_v{PRICE_VERSION}"


def _amounts(usd: str, brl: str, inr: str, eur: str) -> dict[str, int]:
    return {
        currency: int(Decimal(amount) * 100)
        for currency, amount in zip(CURRENCIES, (usd, brl, inr, eur), strict=True)
    }


FREE = Plan(
    key="free",
    name=_("Free"),
    pitch=_("Your profile and a sandbox to try everything in."),
    recipients_a_month=0,
    profiles=1,
    seats=2,
    api_rate=2,
    webhooks=1,
    history_days=30,
)
STARTER = Plan(
    key="starter",
    name=_("Starter"),
    pitch=_("For one brand that answers its customers and sends now and then."),
    recipients_a_month=10_000,
    profiles=1,
    seats=3,
    api_rate=10,
    webhooks=2,
    history_days=90,
    monthly=_amounts("29", "149", "1999", "27"),
    seat_monthly=_amounts("9", "45", "599", "8"),
)
BUSINESS = Plan(
    key="business",
    name=_("Business"),
    pitch=_("For teams with regular campaigns and systems of their own."),
    recipients_a_month=200_000,
    profiles=5,
    seats=10,
    api_rate=50,
    webhooks=10,
    history_days=365,
    monthly=_amounts("99", "499", "6999", "89"),
    seat_monthly=_amounts("12", "59", "799", "11"),
)
ENTERPRISE = Plan(
    key="enterprise",
    name=_("Enterprise"),
    pitch=_("For banks, airlines and others with millions of customers."),
    recipients_a_month=5_000_000,
    profiles=25,
    seats=50,
    api_rate=250,
    webhooks=50,
    history_days=1095,
    monthly=_amounts("499", "2490", "34999", "459"),
    seat_monthly=_amounts("15", "75", "999", "14"),
)

PAID = (STARTER, BUSINESS, ENTERPRISE)
PLANS = {plan.key: plan for plan in (FREE, *PAID)}


def currency_for(country: str) -> str:
    """The currency offered to a business whose seat is in `country` (ISO 3166-1)."""
    return CURRENCY_OF.get(country, "usd")


def offers_of(
    currency: str, interval: str, *, current: tuple[str, str] | None = None
) -> list[dict[str, object]]:
    """What can be had in a currency and interval, for a page; `current` is (plan, interval)."""
    return [
        {
            "plan": plan,
            "price": plan.price(currency, interval),
            "seat_price": plan.seat_price(currency, interval),
            "is_current": (plan.key, interval) == current,
        }
        for plan in PAID
    ]
