"""The only module that talks to Stripe. STRIPE_API_BASE decides which Stripe; nothing else differs.

Never called inside a database transaction. Answers come back as plain values (`snapshots.py`);
what Stripe refuses becomes one of the exceptions below.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any, cast

import stripe
from django.conf import settings
from django.db import connection
from stripe import StripeClient
from stripe.params import PriceCreateParams, WebhookEndpointCreateParams
from stripe.params.billing_portal import ConfigurationCreateParams, ConfigurationUpdateParams
from stripe.params.billing_portal import SessionCreateParams as PortalParams
from stripe.params.checkout import SessionCreateParams as CheckoutParams

from billing.plans import MONTH, PLANS
from billing.snapshots import EventSnapshot, SessionSnapshot, SubscriptionSnapshot

TIMEOUT = (5, 20)  # seconds to connect, to answer
TOLERANCE = 300  # seconds a webhook's signature stays good
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


class BadSignature(Exception):
    """A webhook that Stripe did not sign, or signed too long ago."""


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
def _asking() -> Iterator[StripeClient]:
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


# Customers


def create_customer(*, business_id: int, key: str) -> str:
    """Make a customer and return its id. `key` makes repeating it harmless."""
    with _asking() as ask:
        made = ask.v1.customers.create(
            {"metadata": {"business": str(business_id)}}, {"idempotency_key": key}
        )
    return made.id


def update_customer(customer_id: str, *, name: str, email: str) -> None:
    with _asking() as ask:
        ask.v1.customers.update(customer_id, {"name": name, "email": email})


# Prices and Checkout


def price_id(lookup_key: str) -> str:
    """Stripe's id of the active price with our key. Raises StripeSaysNo when there is none."""
    with _asking() as ask:
        found = ask.v1.prices.list({"lookup_keys": [lookup_key], "active": True, "limit": 1}).data
    if not found:
        raise StripeSaysNo(f"No price {lookup_key}: run manage.py billing_sync_catalog.")
    return found[0].id


def create_checkout(params: CheckoutParams, *, key: str) -> SessionSnapshot:
    """Open a hosted Checkout. The same `key` gives the same session."""
    with _asking() as ask:
        return _session(ask.v1.checkout.sessions.create(params, {"idempotency_key": key}))


def checkout(session_id: str) -> SessionSnapshot:
    with _asking() as ask:
        return _session(ask.v1.checkout.sessions.retrieve(session_id))


def expire_checkout(session_id: str) -> SessionSnapshot:
    """Close an open Checkout, so that it can't be paid any more."""
    with _asking() as ask:
        return _session(ask.v1.checkout.sessions.expire(session_id))


def portal_url(params: PortalParams) -> str:
    """A short-lived link to Stripe's Customer Portal."""
    with _asking() as ask:
        return ask.v1.billing_portal.sessions.create(params).url


# The catalogue


def ensure_product(product_id: str, *, name: str, description: str) -> None:
    """Make or bring up to date the product with our id."""
    with _asking() as ask:
        try:
            ask.v1.products.update(product_id, {"name": name, "description": description})
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise
            ask.v1.products.create({"id": product_id, "name": name, "description": description})


def active_prices(lookup_keys: list[str]) -> set[str]:
    """Which of the keys (at most 10 at once) have an active price."""
    with _asking() as ask:
        found = ask.v1.prices.list({"lookup_keys": lookup_keys, "active": True, "limit": 100}).data
    return {price.lookup_key for price in found if price.lookup_key}


def create_price(params: PriceCreateParams) -> str:
    with _asking() as ask:
        made = ask.v1.prices.create(
            params, {"idempotency_key": f"price:{params.get('lookup_key')}"}
        )
    return made.id


def ensure_portal_configuration(params: ConfigurationCreateParams) -> str:
    """Make or bring up to date the portal's configuration that carries our mark. Returns its id."""
    marked: ConfigurationCreateParams = {**params, "metadata": {"made_by": "signet"}}
    with _asking() as ask:
        for known in ask.v1.billing_portal.configurations.list({"limit": 100}).data:
            if known.metadata and known.metadata.to_dict().get("made_by") == "signet":
                ask.v1.billing_portal.configurations.update(
                    known.id, cast(ConfigurationUpdateParams, marked)
                )
                return known.id
        return ask.v1.billing_portal.configurations.create(marked).id


def ensure_webhook(url: str, types: Sequence[Any]) -> str | None:
    """Have Stripe send these kinds of events to `url`, in the SDK's version of its API.

    Returns the secret of a new endpoint, which Stripe shows only once; None when it was there.
    """
    with _asking() as ask:
        for known in ask.v1.webhook_endpoints.list({"limit": 100}).data:
            if known.url == url and known.api_version == stripe.api_version:
                ask.v1.webhook_endpoints.update(
                    known.id, {"enabled_events": list(types), "disabled": False}
                )
                return None
        params: WebhookEndpointCreateParams = {"url": url, "enabled_events": list(types)}
        params["api_version"] = cast(Any, stripe.api_version)
        return ask.v1.webhook_endpoints.create(params).secret


# Subscriptions


def subscription(subscription_id: str) -> SubscriptionSnapshot:
    """What Stripe says about a subscription at this moment."""
    with _asking() as ask:
        found = ask.v1.subscriptions.retrieve(subscription_id)
    due = oldest_unpaid(subscription_id) if found.status == "past_due" else None
    return _subscription(found, due)


def oldest_unpaid(subscription_id: str) -> datetime | None:
    """When the oldest open invoice of a subscription was made."""
    with _asking() as ask:
        opened = ask.v1.invoices.list(
            {"subscription": subscription_id, "status": "open", "limit": 100}
        ).data
    return min((_moment(invoice.created) for invoice in opened), default=None)


def cancel_subscription(subscription_id: str) -> None:
    """End a subscription at once."""
    with _asking() as ask:
        ask.v1.subscriptions.cancel(subscription_id)


# Events


def verify(body: bytes, signature: str) -> EventSnapshot:
    """The event in a webhook's raw body, if one of our secrets signed it within TOLERANCE.

    Raises BadSignature otherwise, also for a body that is no event.
    """
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            return _event(stripe.Webhook.construct_event(body, signature, secret, TOLERANCE))
        except stripe.SignatureVerificationError:
            continue
        except (ValueError, AttributeError, KeyError) as error:
            raise BadSignature("The body is no event.") from error
    raise BadSignature("No secret of ours fits.")


def events_since(moment: datetime) -> Iterator[EventSnapshot]:
    """Every event that happened since, oldest first. Stripe keeps them for 30 days."""
    with _asking() as ask:
        listed = ask.v1.events.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
        newest_first = [_event(event) for event in listed.auto_paging_iter()]
    yield from reversed(newest_first)


# From the SDK's objects to plain values


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _time(seconds: int | None) -> datetime | None:
    return _moment(seconds) if seconds else None


def _session(found: stripe.checkout.Session) -> SessionSnapshot:
    return SessionSnapshot(
        session_id=found.id,
        status=found.status or "open",
        url=found.url or "",
        reference=found.client_reference_id or "",
        customer_id=_id(found.customer),
        subscription_id=_id(found.subscription),
        attempt=(found.metadata.to_dict() if found.metadata else {}).get("attempt", ""),
    )


def _subscription(found: stripe.Subscription, due: datetime | None) -> SubscriptionSnapshot:
    item = found["items"].data[0]
    price = item.price
    known = price.metadata.to_dict().get("plan", "")
    return SubscriptionSnapshot(
        stripe_id=found.id,
        customer_id=_id(found.customer),
        status=found.status,
        plan=known if known in PLANS else "",
        price_id=price.id,
        interval=price.recurring.interval if price.recurring else MONTH,
        currency=found.currency,
        quantity=item.quantity or 1,
        item_id=item.id,
        started_at=_moment(found.start_date),
        period_start=_moment(item.current_period_start),
        period_end=_moment(item.current_period_end),
        trial_end=_time(found.trial_end),
        cancel_at=_time(found.cancel_at),
        ended_at=_time(found.ended_at),
        past_due_since=due,
        paused=bool(found.pause_collection),
        livemode=found.livemode,
    )


def _event(event: stripe.Event) -> EventSnapshot:
    thing = event.data.object.to_dict()
    parent = (thing.get("parent") or {}).get("subscription_details") or {}
    is_subscription = thing.get("object") == "subscription"
    return EventSnapshot(
        stripe_id=event.id,
        type=event.type,
        happened_at=_moment(event.created),
        livemode=event.livemode,
        object_id=_id(thing.get("id")),
        subscription_id=_id(
            thing.get("id")
            if is_subscription
            else thing.get("subscription") or parent.get("subscription")
        ),
        customer_id=_id(
            thing.get("id") if thing.get("object") == "customer" else thing.get("customer")
        ),
        account_id=event.to_dict().get("account") or "",
    )


def _id(thing: object) -> str:
    """The id of what Stripe gives as an id, as a whole object or not at all."""
    if isinstance(thing, dict):
        thing = thing.get("id")
    return str(getattr(thing, "id", thing) or "")
