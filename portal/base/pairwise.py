"""The number by which one business knows one person, and nobody else does.

Twelve digits: a key-version digit, then FF1 (NIST SP 800-38G) over the 11 digits of person_id with
the business as tweak. No table, no collision, reversible only with the key. Two businesses can't
match theirs.
"""

import re
from functools import lru_cache

import ffx
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_VERSION = "1"
DIGITS = 11
WA_PREFIX = "999"  # no country has it, so it can't be dialled
USER_PREFIX = "ZZ."  # user-assigned ISO code: reveals no country
_WRITTEN = re.compile(r"(?:999|ZZ\.)?(\d{12})")


@lru_cache(1)
def _cipher(key: str) -> ffx.FF1:
    return ffx.FF1(
        HKDF(SHA256(), 32, b"signet", b"pairwise" + KEY_VERSION.encode()).derive(key.encode()),
        radix=10,
    )


def pairwise_number(business_id: int, person_id: int) -> str:
    """The 12 digits that stand for the person towards this business."""
    return KEY_VERSION + _encrypted(settings.PAIRWISE_KEY, business_id, person_id)


@lru_cache(10_000)  # one request asks for the same person several times
def _encrypted(key: str, business_id: int, person_id: int) -> str:
    return _cipher(key).encrypt(f"{person_id:0{DIGITS}d}", tweak=_tweak(business_id))


def person_of(business_id: int, number: str) -> int | None:
    """The person_id behind a number as the business wrote it (bare, wa_id or user_id), else None.

    Any 12 digits decrypt to some person_id; whether the business knows that person is the caller's
    question.
    """
    if not (match := _WRITTEN.fullmatch(number)) or match[1][0] != KEY_VERSION:
        return None
    return int(_cipher(settings.PAIRWISE_KEY).decrypt(match[1][1:], tweak=_tweak(business_id)))


def wa_id(number: str) -> str:
    """The number as Cloud-API clients expect a phone: 15 digits."""
    return WA_PREFIX + number


def user_id(number: str) -> str:
    """The number as Cloud-API clients expect a business-scoped user id."""
    return USER_PREFIX + number


def _tweak(business_id: int) -> bytes:
    return business_id.to_bytes(8, "big")
