"""The part of Stripe's API that our code uses, as a table of routes."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from billing.devpeer.checkouts import Checkouts
from billing.devpeer.connect import ACCOUNT, Connect
from billing.devpeer.events import Events, listed
from billing.devpeer.money_engine import Engine
from billing.devpeer.payments import Payments
from billing.devpeer.prices import Prices
from billing.devpeer.store import Store, Thing, new_id
from billing.devpeer.subscriptions import Subscriptions
from billing.devpeer.wire import Fields, StripeError, missing

Function = Callable[..., Thing]
ROUTES: list[tuple[str, re.Pattern[str], Function]] = []


def route(method: str, path: str) -> Callable[[Function], Function]:
    """Register a function for a method and a path with {id} in it."""
    pattern = re.compile(re.sub(r"\{\w+\}", r"([^/]+)", path) + "$")

    def register(function: Function) -> Function:
        ROUTES.append((method, pattern, function))
        return function

    return register


class Peer:
    """All the parts together, and Stripe's idempotency around them.

    Arguments:
        address: where browsers and our code reach the front.
        secret: what webhooks are signed with.
    """

    def __init__(
        self, store: Store, engine: Engine, *, address: str, secret: str, chaos: str = ""
    ) -> None:
        self.store, self.engine, self.address, self.secret = store, engine, address, secret
        self.events = Events(store, chaos=chaos)
        self.prices = Prices(store, engine)
        self.subscriptions = Subscriptions(store, engine, self.prices, self.events, address)
        self.payments = Payments(store, engine, self.events)
        self.connect = Connect(store, engine, self.events, address)
        self.checkouts = Checkouts(
            store,
            engine,
            self.prices,
            self.subscriptions,
            self.events,
            self.connect,
            address,
        )

    def answer(self, method: str, path: str, fields: Fields, key: str) -> tuple[int, Thing]:
        """Do a request once: the same key gives the same answer, other parameters an error."""
        if method != "POST" or not key:
            return self._do(method, path, fields)
        with self.store.lock:
            asked = [path, fields]
            if known := self.store.get("answer", key):
                if known["asked"] != asked:
                    return 400, _idempotency_error(key)
                return known["status"], known["body"]
            status, body = self._do(method, path, fields)
            if status < 500:
                self.store.put("answer", key, {"asked": asked, "status": status, "body": body})
            return status, body

    def _do(self, method: str, path: str, fields: Fields) -> tuple[int, Thing]:
        for known, pattern, function in ROUTES:
            if known == method and (match := pattern.match(path)):
                try:
                    return 200, function(self, fields, *match.groups())
                except StripeError as error:
                    return error.status, error.body
        return 404, {
            "error": {
                "type": "invalid_request_error",
                "message": f"Unrecognized request URL ({method}: {path}).",
            }
        }


def _idempotency_error(key: str) -> Thing:
    return {
        "error": {
            "type": "idempotency_error",
            "message": "Keys for idempotent requests can only be used with the same parameters "
            f"they were first used with. Try using a key other than '{key}'.",
        }
    }


def a_list(path: str, data: list[Thing], fields: Fields) -> Thing:
    """A page of `data` as the API gives it."""
    after, limit = fields.get("starting_after"), int(fields.get("limit", 10))
    ids = [thing["id"] for thing in data]
    start = ids.index(after) + 1 if after in ids else 0
    return {
        "object": "list",
        "url": path,
        "has_more": len(data) > start + limit,
        "data": data[start : start + limit],
    }


# Customers and products: the engine's


@route("POST", "/v1/customers")
def create_customer(peer: Peer, fields: Fields) -> Thing:
    made = peer.engine.post("/v1/customers", fields)
    peer.events.emit("customer.created", made)
    return made


@route("GET", "/v1/customers/{id}")
def get_customer(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.engine.get(f"/v1/customers/{id_}")


@route("POST", "/v1/customers/{id}")
def update_customer(peer: Peer, fields: Fields, id_: str) -> Thing:
    made = peer.engine.post(f"/v1/customers/{id_}", fields)
    peer.events.emit("customer.updated", made)
    return made


@route("DELETE", "/v1/customers/{id}")
def delete_customer(peer: Peer, fields: Fields, id_: str) -> Thing:
    customer = peer.engine.get(f"/v1/customers/{id_}")
    for subscription in peer.subscriptions.listed({"customer": id_}):
        peer.subscriptions.cancel(subscription["id"])
    deleted = peer.engine.delete(f"/v1/customers/{id_}")
    peer.events.emit("customer.deleted", customer)
    return deleted


@route("POST", "/v1/products")
def create_product(peer: Peer, fields: Fields) -> Thing:
    return peer.engine.post("/v1/products", fields)


@route("POST", "/v1/products/{id}")
def update_product(peer: Peer, fields: Fields, id_: str) -> Thing:
    try:
        return peer.engine.post(f"/v1/products/{id_}", fields)
    except StripeError as error:
        raise missing("product", id_) from error


# Prices


@route("POST", "/v1/prices")
def create_price(peer: Peer, fields: Fields) -> Thing:
    return peer.prices.create(fields)


@route("GET", "/v1/prices")
def list_prices(peer: Peer, fields: Fields) -> Thing:
    return a_list("/v1/prices", peer.prices.listed(fields), fields)


@route("POST", "/v1/prices/{id}")
def update_price(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.prices.update(id_, fields)


# Checkout and portal


@route("POST", "/v1/checkout/sessions")
def create_session(peer: Peer, fields: Fields) -> Thing:
    return peer.checkouts.create(fields)


@route("GET", "/v1/checkout/sessions")
def list_sessions(peer: Peer, fields: Fields) -> Thing:
    since = int((fields.get("created") or {}).get("gte", 0))
    own = [
        each
        for each in reversed(peer.store.all("session"))
        if each["account"] == fields.get(ACCOUNT, "")
        and each["created"] >= since
        and each["status"] == fields.get("status", each["status"])
    ]
    return a_list("/v1/checkout/sessions", own, fields)


@route("GET", "/v1/checkout/sessions/{id}")
def get_session(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.checkouts.read(id_, fields)


@route("POST", "/v1/checkout/sessions/{id}/expire")
def expire_session(peer: Peer, fields: Fields, id_: str) -> Thing:
    peer.checkouts.read(id_, fields)
    return peer.checkouts.expire(id_)


@route("POST", "/v1/billing_portal/sessions")
def create_portal_session(peer: Peer, fields: Fields) -> Thing:
    try:
        peer.engine.get(f"/v1/customers/{fields['customer']}")
    except StripeError as error:
        raise missing("customer", fields["customer"], param="customer") from error
    id_ = new_id("bps")
    session = {
        "id": id_,
        "object": "billing_portal.session",
        "customer": fields["customer"],
        "return_url": fields.get("return_url"),
        "flow": fields.get("flow_data"),
        "url": f"{peer.address}/p/session/{id_}",
        "created": int(time.time()),
        "livemode": False,
    }
    peer.store.put("portal", id_, session)
    return session


@route("GET", "/v1/billing_portal/configurations")
def list_configurations(peer: Peer, fields: Fields) -> Thing:
    return a_list("/v1/billing_portal/configurations", peer.store.all("configuration"), fields)


@route("POST", "/v1/billing_portal/configurations")
def create_configuration(peer: Peer, fields: Fields) -> Thing:
    id_ = new_id("bpc")
    made = fields | {
        "id": id_,
        "object": "billing_portal.configuration",
        "active": True,
        "is_default": not peer.store.all("configuration"),
        "created": int(time.time()),
        "livemode": False,
    }
    peer.store.put("configuration", id_, made)
    return made


@route("POST", "/v1/billing_portal/configurations/{id}")
def update_configuration(peer: Peer, fields: Fields, id_: str) -> Thing:
    known = peer.store.get("configuration", id_)
    if known is None:
        raise missing("configuration", id_)
    peer.store.put("configuration", id_, known | fields)
    return known | fields


# Subscriptions and invoices


@route("GET", "/v1/subscriptions")
def list_subscriptions(peer: Peer, fields: Fields) -> Thing:
    return a_list("/v1/subscriptions", peer.subscriptions.listed(fields), fields)


@route("GET", "/v1/subscriptions/{id}")
def get_subscription(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.subscriptions.get(id_)


@route("POST", "/v1/subscriptions/{id}")
def update_subscription(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.subscriptions.update(id_, fields)


@route("DELETE", "/v1/subscriptions/{id}")
def cancel_subscription(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.subscriptions.cancel(id_)


@route("GET", "/v1/invoices")
def list_invoices(peer: Peer, fields: Fields) -> Thing:
    return a_list("/v1/invoices", peer.subscriptions.invoices(fields), fields)


@route("POST", "/v1/invoices/create_preview")
def preview_invoice(peer: Peer, fields: Fields) -> Thing:
    return peer.subscriptions.preview(fields)


@route("GET", "/v1/invoices/{id}")
def get_invoice(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.subscriptions.invoice(id_)


# Money in and back


@route("GET", "/v1/payment_methods/{id}")
def get_payment_method(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.engine.get(f"/v1/payment_methods/{id_}")


@route("POST", "/v1/refunds")
def create_refund(peer: Peer, fields: Fields) -> Thing:
    _own(peer, fields)
    return peer.payments.refund(fields)


@route("GET", "/v1/refunds")
def list_refunds(peer: Peer, fields: Fields) -> Thing:
    _own(peer, fields)
    return a_list("/v1/refunds", peer.payments.refunds_of(fields["payment_intent"]), fields)


@route("GET", "/v1/payment_intents/{id}")
def get_intent(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.connect.intent(id_, fields.get(ACCOUNT, ""))


@route("GET", "/v1/disputes/{id}")
def get_dispute(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.connect.dispute(id_, fields.get(ACCOUNT, ""))


@route("GET", "/v1/charges/{id}")
def get_charge(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.payments.charge(id_)


@route("GET", "/v1/invoice_payments")
def list_invoice_payments(peer: Peer, fields: Fields) -> Thing:
    intent = fields["payment"]["payment_intent"]
    found = [
        payment
        for invoice in peer.subscriptions.invoices({})
        for payment in invoice["payments"]["data"]
        if payment["payment"]["payment_intent"] == intent
    ]
    return a_list("/v1/invoice_payments", found, fields)


def _own(peer: Peer, fields: Fields) -> None:
    """A business's account reaches its own payments only."""
    if account := fields.get(ACCOUNT):
        peer.connect.own(fields["payment_intent"], account)


# Connect


@route("POST", "/v1/accounts")
def create_account(peer: Peer, fields: Fields) -> Thing:
    return peer.connect.create(fields)


@route("GET", "/v1/accounts/{id}")
def get_account(peer: Peer, fields: Fields, id_: str) -> Thing:
    return peer.connect.get(id_)


@route("POST", "/v1/account_links")
def create_account_link(peer: Peer, fields: Fields) -> Thing:
    return peer.connect.link(fields)


# Events and webhooks


@route("GET", "/v1/events")
def list_events(peer: Peer, fields: Fields) -> Thing:
    own = [each for each in peer.store.all("event") if each.get("account") == fields.get(ACCOUNT)]
    return a_list("/v1/events", listed(own, fields), fields)


@route("GET", "/v1/events/{id}")
def get_event(peer: Peer, fields: Fields, id_: str) -> Thing:
    if event := peer.store.get("event", id_):
        return event
    raise missing("event", id_)


@route("GET", "/v1/webhook_endpoints")
def list_endpoints(peer: Peer, fields: Fields) -> Thing:
    public = [_without_secret(each) for each in peer.store.all("webhook_endpoint")]
    return a_list("/v1/webhook_endpoints", public, fields)


@route("POST", "/v1/webhook_endpoints")
def create_endpoint(peer: Peer, fields: Fields) -> Thing:
    id_ = new_id("we")
    made: Thing = {
        "id": id_,
        "object": "webhook_endpoint",
        "url": fields["url"],
        "enabled_events": fields["enabled_events"],
        "api_version": fields.get("api_version"),
        "status": "enabled",
        "secret": peer.secret,
        "metadata": {},
        "connect": fields.get("connect") == "true",
        "created": int(time.time()),
        "livemode": False,
    }
    peer.store.put("webhook_endpoint", id_, made)
    return made


@route("POST", "/v1/webhook_endpoints/{id}")
def update_endpoint(peer: Peer, fields: Fields, id_: str) -> Thing:
    known = peer.store.get("webhook_endpoint", id_)
    if known is None:
        raise missing("webhook_endpoint", id_)
    if "disabled" in fields:
        known["status"] = "disabled" if fields["disabled"] == "true" else "enabled"
    known["enabled_events"] = fields.get("enabled_events", known["enabled_events"])
    peer.store.put("webhook_endpoint", id_, known)
    return _without_secret(known)


def _without_secret(endpoint: Thing) -> Thing:
    return {key: value for key, value in endpoint.items() if key != "secret"}


def as_json(thing: Any) -> bytes:
    return json.dumps(thing).encode()
