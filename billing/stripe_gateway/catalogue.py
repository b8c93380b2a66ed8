"""Products, prices, the portal's configuration and the webhook endpoint."""

from collections.abc import Sequence
from typing import Any, cast

import stripe
from stripe.params import PriceCreateParams, WebhookEndpointCreateParams
from stripe.params.billing_portal import ConfigurationCreateParams, ConfigurationUpdateParams

from billing.stripe_gateway.access import asking


def ensure_product(product_id: str, *, name: str, description: str) -> None:
    """Make or bring up to date the product with our id."""
    with asking() as ask:
        try:
            ask.v1.products.update(product_id, {"name": name, "description": description})
        except stripe.InvalidRequestError as error:
            if error.code != "resource_missing":
                raise
            ask.v1.products.create({"id": product_id, "name": name, "description": description})


def active_prices(lookup_keys: list[str]) -> set[str]:
    """Which of the keys (at most 10 at once) have an active price."""
    with asking() as ask:
        found = ask.v1.prices.list({"lookup_keys": lookup_keys, "active": True, "limit": 100}).data
    return {price.lookup_key for price in found if price.lookup_key}


def create_price(params: PriceCreateParams) -> str:
    with asking() as ask:
        made = ask.v1.prices.create(
            params, {"idempotency_key": f"price:{params.get('lookup_key')}"}
        )
    return made.id


def ensure_portal_configuration(params: ConfigurationCreateParams) -> str:
    """Make or bring up to date the portal's configuration that carries our mark. Returns its id."""
    marked: ConfigurationCreateParams = {**params, "metadata": {"made_by": "signet"}}
    with asking() as ask:
        for known in ask.v1.billing_portal.configurations.list({"limit": 100}).data:
            if known.metadata and known.metadata.to_dict().get("made_by") == "signet":
                ask.v1.billing_portal.configurations.update(
                    known.id, cast(ConfigurationUpdateParams, marked)
                )
                return known.id
        return ask.v1.billing_portal.configurations.create(marked).id


def ensure_webhook(url: str, types: Sequence[Any], *, connect: bool = False) -> str | None:
    """Have Stripe send these kinds of events to `url`, in the SDK's version of its API.

    Arguments:
        connect: those of businesses' own accounts instead of ours.

    Returns the secret of a new endpoint, which Stripe shows only once; None when it was there.
    """
    with asking() as ask:
        for known in ask.v1.webhook_endpoints.list({"limit": 100}).data:
            if known.url == url and known.api_version == stripe.api_version:
                ask.v1.webhook_endpoints.update(
                    known.id, {"enabled_events": list(types), "disabled": False}
                )
                return None
        params: WebhookEndpointCreateParams = {"url": url, "enabled_events": list(types)}
        params["api_version"] = cast(Any, stripe.api_version)
        if connect:
            params["connect"] = True
        return ask.v1.webhook_endpoints.create(params).secret
