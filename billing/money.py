"""Amounts are whole numbers of the currency's smallest unit; only here they become text.

Source of the exceptions: ISO 4217, as Stripe applies it (docs.stripe.com/currencies).
"""

from decimal import Decimal

WITHOUT_DECIMALS = frozenset(
    ("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv")
    + ("xaf", "xof", "xpf")
)
WITH_THREE_DECIMALS = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
SYMBOLS = {
    "usd": "$",
    "eur": "€",
    "brl": "R$\N{NO-BREAK SPACE}",
    "inr": "₹",
    "gbp": "£",
    "jpy": "¥",
}


def decimals(currency: str) -> int:
    """How many digits of the currency stand behind the point."""
    currency = currency.lower()
    if currency in WITHOUT_DECIMALS:
        return 0
    return 3 if currency in WITH_THREE_DECIMALS else 2


def as_decimal(amount: int, currency: str) -> Decimal:
    """1999 USD in cents becomes 19.99."""
    return Decimal(amount).scaleb(-decimals(currency))


def as_minor(amount: Decimal, currency: str) -> int:
    """19.99 USD becomes 1999 cents. Raises ValueError for more digits than the currency has."""
    scaled = amount.scaleb(decimals(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} has more decimals than {currency.upper()} has.")
    return int(scaled)


def money(amount: int, currency: str) -> str:
    """The amount for a person's eyes: "$1,999.00", "¥500", "KWD 1.250"."""
    sign = "−" if amount < 0 else ""
    symbol = SYMBOLS.get(currency.lower(), f"{currency.upper()}\N{NO-BREAK SPACE}")
    return f"{sign}{symbol}{abs(as_decimal(amount, currency)):,.{decimals(currency)}f}"
