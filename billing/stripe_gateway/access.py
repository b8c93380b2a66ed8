"""The SDK for whichever Stripe the settings name, and what can go wrong in asking it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache

import stripe
from django.conf import settings
from django.db import connection
from stripe import StripeClient

TIMEOUT = (5, 20)  # seconds to connect, to answer
LIVE_KEYS = ("sk_live_", "rk_live_")


class StripeUnavailable(Exception):
    """Stripe did not answer, or not now: the same request may be made again later."""


class StripeSaysNo(Exception):
    """Stripe refused the request; `code` and `param` are Stripe's."""

    def __init__(self, message: str, *, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.code, self.param = code, param

    @property
    def is_missing(self) -> bool:
        return self.code == "resource_missing"


def is_live() -> bool:
    """Whether our key moves real money."""
    return settings.STRIPE_SECRET_KEY.startswith(LIVE_KEYS)


def database_clock() -> datetime:
    """Now, by the clock all our processes share; asked right before a fetch."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        return cursor.fetchone()[0]


@cache
def http_client() -> stripe.HTTPClient:
    """How requests leave; tests put the contract check here."""
    return stripe.RequestsClient(timeout=TIMEOUT)


def client() -> StripeClient:
    """The SDK, for whichever Stripe the settings name."""
    return StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None,
        max_network_retries=2,
        http_client=http_client(),
    )


@contextmanager
def asking() -> Iterator[StripeClient]:
    """The client, for one request; the SDK's errors become ours."""
    blocks = connection.atomic_blocks
    if blocks and not getattr(blocks[-1], "_from_testcase", False):
        raise RuntimeError("Stripe must not be asked while a transaction holds locks.")
    try:
        yield client()
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise StripeUnavailable(str(error)) from error
    except stripe.StripeError as error:
        if error.code == "idempotency_key_in_use":
            raise StripeUnavailable(str(error)) from error
        raise StripeSaysNo(
            error.user_message or str(error),
            code=error.code or "",
            param=getattr(error, "param", None) or "",
        ) from error
