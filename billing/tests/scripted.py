"""Stripe as the tests of lane S have it: objects in memory, answered behind the SDK's own client.

Every request still goes through the SDK and the contract check; only the wire is missing. What no
local peer can do (renewals, dunning, disputes, edits by hand) is done by changing the objects, and
told by properly signed events.
"""

import itertools
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import stripe
from django.test import TestCase
from django.utils import timezone

from billing.entitlements import Entitlements, entitlements
from billing.models import Customer
from billing.plans import PLANS
from billing.services.stripe_events import handle_events
from billing.stripe_gateway import access
from billing.tests.contract.client import SEEN, check, decode
from billing.tests.stripe_fixtures import SECRET, event, send
from profiles.tests.people import make_business, person

Thing = dict[str, Any]
DAY = 86_400


class ScriptedStripe:
    """Objects by id, and the answers made from them."""

    def __init__(self) -> None:
        self.things: dict[str, Thing] = {}
        self.requests: list[tuple[str, str, Thing]] = []
        self.answered: dict[str, Thing] = {}  # by idempotency key
        self.events: list[Thing] = []
        self.numbers = itertools.count(1)
        self.declines: set[str] = set()  # such as "post /v1/refunds"
        self.is_away = False

    # What a test does to it

    def subscribe(self, customer: str, plan: str = "business", **changes: Any) -> Thing:
        """A subscription with one paid invoice, as after a Checkout."""
        now = int(time.time())
        n = next(self.numbers)
        interval, currency = changes.pop("interval", "month"), changes.pop("currency", "usd")
        price = {
            "id": f"price_{plan}_{interval}_{currency}",
            "object": "price",
            "currency": currency,
            "metadata": {"plan": plan},
            "recurring": {"interval": interval},
        }
        thing: Thing = {
            "id": f"sub_{n}",
            "object": "subscription",
            "customer": customer,
            "status": "active",
            "currency": currency,
            "start_date": now,
            "trial_end": None,
            "cancel_at": None,
            "ended_at": None,
            "pause_collection": None,
            "livemode": False,
            "default_payment_method": None,
            "items": {
                "object": "list",
                "data": [
                    {
                        "id": f"si_{n}",
                        "object": "subscription_item",
                        "price": price,
                        "quantity": PLANS[plan].seats if plan in PLANS else 1,
                        "current_period_start": now,
                        "current_period_end": now + 30 * DAY,
                    }
                ],
            },
        }
        return self.keep(thing | changes)

    def bill(self, subscription: Thing, amount: int, *, status: str = "paid", **changes: Any):
        """An invoice of the subscription, with its payment where it is paid."""
        n = next(self.numbers)
        paid = status == "paid"
        payment = {
            "id": f"inpay_{n}",
            "object": "invoice_payment",
            "status": "paid" if paid else "open",
            "invoice": f"in_{n}",
            "payment": {"type": "payment_intent", "payment_intent": f"pi_{n}"},
        }
        thing: Thing = {
            "id": f"in_{n}",
            "object": "invoice",
            "customer": subscription["customer"],
            "currency": subscription["currency"],
            "status": status,
            "number": f"A-{n}",
            "total": amount,
            "amount_due": amount,
            "amount_paid": amount if paid else 0,
            "billing_reason": "subscription_cycle",
            "created": int(time.time()),
            "next_payment_attempt": None,
            "livemode": False,
            "hosted_invoice_url": "https://invoice.example/",
            "invoice_pdf": None,
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": subscription["id"]},
            },
            "payments": {"object": "list", "data": [payment]},
            "status_transitions": {"paid_at": int(time.time()) if paid else None},
        }
        return self.keep(thing | changes)

    def keep(self, thing: Thing) -> Thing:
        self.things[thing["id"]] = thing
        return thing

    def of_kind(self, kind: str) -> list[Thing]:
        return [thing for thing in self.things.values() if thing["object"] == kind]

    def tell(self, type_: str, thing: Thing, *, client: Any = None, **fields: Any) -> Thing:
        """Put an event on Stripe's list and, with a client, send it to our webhook."""
        told = event(type_, json.loads(json.dumps(thing)), **fields)
        self.events.append(told)
        if client is not None:
            assert send(client, told) == 200
        return told

    # Answering

    def answer(self, method: str, url: str, headers: Any, post_data: Any) -> tuple[str, int, Any]:
        operation = check(method, url, post_data or "")
        SEEN[operation] += 1
        parts = urlsplit(url)
        fields = decode(post_data or parts.query)
        self.requests.append((method, parts.path, fields))
        key = headers.get("Idempotency-Key") if method == "post" else None
        if key and key in self.answered:
            return json.dumps(self.answered[key]), 200, {}
        if f"{method} {parts.path}" in self.declines:
            return _declined("Insufficient balance."), 402, {}
        for pattern, function in ANSWERS:
            if match := re.fullmatch(pattern, f"{method} {parts.path}"):
                try:
                    answer = function(self, fields, *match.groups())
                except KeyError as error:
                    return _missing(str(error)), 404, {}
                except Declined as error:
                    return _declined(str(error)), 402, {}
                if key:
                    self.answered[key] = answer
                return json.dumps(answer), 200, {}
        raise AssertionError(f"The script has no answer to {method} {parts.path}.")


class ScriptedClient(stripe.RequestsClient):
    """The SDK's HTTP client, without the wire."""

    def __init__(self, script: ScriptedStripe) -> None:
        super().__init__()
        self.script = script

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        if self.script.is_away:
            raise stripe.APIConnectionError("Nobody answers.", should_retry=False)
        return self.script.answer(method.lower(), url, headers, post_data)


class ScriptedTests(TestCase):
    """Acme and Elsewhere are customers of a scripted Stripe, `self.stripe`."""

    def setUp(self) -> None:
        self.stripe = ScriptedStripe()
        client = ScriptedClient(self.stripe)
        patch = mock.patch.object(access, "http_client", lambda: client)
        patch.start()
        self.addCleanup(patch.stop)
        self.enterContext(
            self.settings(STRIPE_SECRET_KEY="sk_test_x", STRIPE_WEBHOOK_SECRETS=[SECRET])
        )
        self.alice, self.mallory = person("alice"), person("mallory")
        self.acme = make_business("Acme", owner=self.alice, country="US")
        self.elsewhere = make_business("Elsewhere", owner=self.mallory, country="BR")
        for business in (self.acme, self.elsewhere):
            Customer.objects.create(business=business, stripe_id=f"cus_{business.slug}")

    def send(self, type_: str, thing: Thing, **fields: Any) -> None:
        """Our webhook gets the event, and a worker handles what is due."""
        self.stripe.tell(type_, thing, client=self.client, **fields)
        handle_events()

    def buy(self, plan: str = "business", **changes: Any) -> Thing:
        """Acme's subscription, known to us."""
        thing = self.stripe.subscribe("cus_acme", plan, **changes)
        self.send("customer.subscription.created", thing)
        return thing

    def rights(self, **later: Any) -> Entitlements:
        return entitlements(self.acme, timezone.now() + timedelta(**later))


class Declined(Exception):
    """A card that is not accepted."""


def _missing(what: str) -> str:
    said = {"type": "invalid_request_error", "code": "resource_missing", "message": what}
    return json.dumps({"error": said})


def _declined(what: str) -> str:
    said = {"type": "card_error", "code": "card_declined", "message": what}
    return json.dumps({"error": said})


def a_list(data: list[Thing]) -> Thing:
    return {"object": "list", "url": "/v1/x", "has_more": False, "data": data}


def _get(stripe: ScriptedStripe, fields: Thing, id_: str) -> Thing:
    return stripe.things[id_]


def _update_subscription(stripe: ScriptedStripe, fields: Thing, id_: str) -> Thing:
    thing = stripe.things[id_]
    item = thing["items"]["data"][0]
    if "cancel_at_period_end" in fields:
        ends = fields["cancel_at_period_end"].lower() == "true"
        thing["cancel_at"] = item["current_period_end"] if ends else None
    if "pause_collection" in fields:
        thing["pause_collection"] = fields["pause_collection"] or None
    if "trial_end" in fields:
        thing["trial_end"] = item["current_period_end"] = int(fields["trial_end"])
        thing["status"] = "trialing"
    return thing


def _cancel(stripe: ScriptedStripe, fields: Thing, id_: str) -> Thing:
    return stripe.things[id_] | _keep_ended(stripe.things[id_])


def _keep_ended(thing: Thing) -> Thing:
    thing |= {"status": "canceled", "ended_at": int(time.time())}
    return thing


def _invoices(stripe: ScriptedStripe, fields: Thing) -> Thing:
    return a_list(
        [
            each
            for each in reversed(stripe.of_kind("invoice"))
            if each["parent"]["subscription_details"]["subscription"] == fields["subscription"]
            and each["status"] == fields.get("status", each["status"])
        ]
    )


def _payments(stripe: ScriptedStripe, fields: Thing) -> Thing:
    wanted = fields["payment"]["payment_intent"]
    return a_list(
        [
            payment
            for each in stripe.of_kind("invoice")
            for payment in each["payments"]["data"]
            if payment["payment"]["payment_intent"] == wanted
        ]
    )


def _refund(stripe: ScriptedStripe, fields: Thing) -> Thing:
    return stripe.keep(
        {
            "id": f"re_{next(stripe.numbers)}",
            "object": "refund",
            "amount": int(fields["amount"]),
            "payment_intent": fields["payment_intent"],
            "status": "succeeded",
        }
    )


def _refunds(stripe: ScriptedStripe, fields: Thing) -> Thing:
    intent = fields["payment_intent"]
    return a_list([each for each in stripe.of_kind("refund") if each["payment_intent"] == intent])


def _events(stripe: ScriptedStripe, fields: Thing) -> Thing:
    since = int(fields.get("created", {}).get("gte", 0))
    return a_list([each for each in reversed(stripe.events) if each["created"] >= since])


ANSWERS: list[tuple[str, Callable[..., Thing]]] = [
    (r"get /v1/(?:subscriptions|invoices|disputes|charges|customers)/(\w+)", _get),
    (r"post /v1/subscriptions/(\w+)", _update_subscription),
    (r"delete /v1/subscriptions/(\w+)", _cancel),
    (r"get /v1/invoices", _invoices),
    (r"get /v1/invoice_payments", _payments),
    (r"post /v1/refunds", _refund),
    (r"get /v1/refunds", _refunds),
    (r"get /v1/events", _events),
]
