"""Subscriptions and invoices: the engine's, in today's shape."""

import calendar
import time
from datetime import UTC, datetime

from billing.devpeer.events import Events
from billing.devpeer.money_engine import Engine
from billing.devpeer.prices import Prices
from billing.devpeer.store import Store, Thing
from billing.devpeer.wire import Fields, StripeError

MONTHS = {"month": 1, "year": 12}
DECLINES = ("4000000000000341", "4000008400001629")
ASKS = ("4000002760003184",)


class Subscriptions:
    def __init__(
        self, store: Store, engine: Engine, prices: Prices, events: Events, address: str
    ) -> None:
        self.store, self.engine, self.prices, self.events = store, engine, prices, events
        self.address = address  # of the hosted pages

    # Reading

    def get(self, id_: str) -> Thing:
        return self.shape(self.engine.get(f"/v1/subscriptions/{id_}"))

    def listed(self, query: Fields) -> list[Thing]:
        asked = {key: query[key] for key in ("customer",) if key in query}
        found = [
            self.shape(raw)
            for raw in self.engine.every("/v1/subscriptions", status="all", **asked)
            if self.note(raw["id"])
        ]
        wanted = query.get("status")
        if wanted == "all":
            return found
        if wanted:
            return [each for each in found if each["status"] == wanted]
        return [each for each in found if each["status"] != "canceled"]

    def note(self, id_: str) -> Thing:
        """What the engine has no place for. Empty: the Checkout was never finished."""
        return self.store.get("subscription", id_) or {}

    def shape(self, raw: Thing) -> Thing:
        """A subscription as the API of today describes it, its period moved on to now."""
        item = raw["items"]["data"][0]
        price, quantity = self.prices.of_plan(item["plan"]["id"])
        note = self.note(raw["id"])
        trial_end = raw.get("trial_end")
        start, end = period(trial_end or raw["start_date"], price["recurring"]["interval"])
        if trial_end and trial_end > time.time():
            start, end = raw["start_date"], trial_end
        cancel_at = end if raw["cancel_at_period_end"] else raw["cancel_at"]
        return {
            "id": raw["id"],
            "object": "subscription",
            "status": self._status(raw, note),
            "customer": raw["customer"],
            "currency": price["currency"],
            "created": raw["created"],
            "start_date": raw["start_date"],
            "trial_start": raw["start_date"] if trial_end else None,
            "trial_end": trial_end,
            "cancel_at": cancel_at,
            "cancel_at_period_end": raw["cancel_at_period_end"],
            "canceled_at": raw["ended_at"],
            "ended_at": raw["ended_at"],
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "latest_invoice": raw["latest_invoice"],
            "metadata": raw["metadata"],
            "pause_collection": note.get("pause_collection"),
            "livemode": False,
            "items": {
                "object": "list",
                "has_more": False,
                "url": f"/v1/subscription_items?subscription={raw['id']}",
                "data": [
                    {
                        "id": item["id"],
                        "object": "subscription_item",
                        "subscription": raw["id"],
                        "created": item["created"],
                        "price": price,
                        "quantity": quantity,
                        "metadata": {},
                        "current_period_start": start,
                        "current_period_end": end,
                    }
                ],
            },
        }

    def _status(self, raw: Thing, note: Thing) -> str:
        """The engine has no trials: one that is set up stays "incomplete" with it."""
        if raw["status"] != "incomplete" or not raw.get("trial_end"):
            return raw["status"]
        if raw["trial_end"] > time.time():
            return "trialing"
        customer = self.engine.get(f"/v1/customers/{raw['customer']}")
        has_card = customer["invoice_settings"]["default_payment_method"]
        return "active" if has_card else "canceled"

    # Changing

    def create(self, fields: Fields) -> Thing:
        """Begin one in the engine; `announce_start` tells the world once it is paid."""
        line = fields["items"][0]
        quantity = int(line.get("quantity", 1))
        asked: Fields = {
            "customer": fields["customer"],
            "metadata": fields.get("metadata", {}),
            "items": [{"plan": self.prices.engine_plan(line["price"], quantity)}],
        }
        if days := int(fields.get("trial_period_days") or 0):
            asked["trial_end"] = int(time.time()) + days * 86400
        return self.engine.post("/v1/subscriptions", asked)

    def announce_start(self, id_: str) -> Thing:
        self.store.put("subscription", id_, {"pause_collection": None})
        subscription = self.get(id_)
        self.events.emit("customer.subscription.created", subscription)
        if subscription["latest_invoice"]:
            self._announce_paid(subscription["latest_invoice"])
        return subscription

    def update(self, id_: str, fields: Fields) -> Thing:
        before = self.get(id_)
        if before["status"] == "canceled":
            raise StripeError(400, "A canceled subscription can only update its metadata.")
        asked: Fields = {
            key: fields[key]
            for key in ("cancel_at_period_end", "cancel_at", "trial_end", "metadata")
            if key in fields
        }
        if "items" in fields:
            asked["items"] = [{"plan": self._engine_plan(before, fields["items"][0])}]
        if "pause_collection" in fields:
            paused = fields["pause_collection"] or None
            self.store.put("subscription", id_, self.note(id_) | {"pause_collection": paused})
        if "items" in fields and fields.get("payment_behavior") == "error_if_incomplete":
            refuse_bad_card(self.store, before["customer"])
        if asked:
            self.engine.post(f"/v1/subscriptions/{id_}", asked)
        if "items" in fields and before["status"] != "trialing":
            self._charge_difference(before, fields)
        after = self.get(id_)
        self.events.emit("customer.subscription.updated", after)
        return after

    def cancel(self, id_: str) -> Thing:
        self.engine.delete(f"/v1/subscriptions/{id_}")
        ended = self.get(id_)
        if self.note(id_):
            self.events.emit("customer.subscription.deleted", ended)
        return ended

    def _engine_plan(self, before: Thing, line: Fields) -> str:
        item = before["items"]["data"][0]
        if line.get("id") != item["id"]:
            raise StripeError(400, f"No such subscription item: '{line.get('id')}'", param="items")
        return self.prices.engine_plan(
            line.get("price", item["price"]["id"]), int(line.get("quantity", item["quantity"]))
        )

    def _charge_difference(self, before: Thing, fields: Fields) -> None:
        after = self.engine.get(f"/v1/subscriptions/{before['id']}")
        if after["latest_invoice"] == before["latest_invoice"]:
            if fields.get("proration_behavior") != "always_invoice":
                return
            made = self.engine.post(
                "/v1/invoices",
                {"customer": before["customer"], "subscription": before["id"]},
            )
            self.engine.post(f"/v1/invoices/{made['id']}/pay")
            after = self.engine.get(f"/v1/subscriptions/{before['id']}")
        self._announce_paid(after["latest_invoice"])

    # Invoices

    def invoice(self, id_: str) -> Thing:
        return self.shape_invoice(self.engine.get(f"/v1/invoices/{id_}"))

    def invoices(self, query: Fields) -> list[Thing]:
        asked = {key: query[key] for key in ("customer", "subscription") if key in query}
        found = [self.shape_invoice(raw) for raw in self.engine.every("/v1/invoices", **asked)]
        since = int((query.get("created") or {}).get("gte", 0))
        return [
            each
            for each in found
            if each["status"] == query.get("status", each["status"]) and each["created"] >= since
        ]

    def shape_invoice(self, raw: Thing) -> Thing:
        paid = raw["status"] == "paid"
        return {
            "id": raw["id"],
            "object": "invoice",
            "status": raw["status"],
            "customer": raw["customer"],
            "customer_email": raw["customer_email"],
            "currency": raw["currency"],
            "created": raw["created"],
            "number": f"LOCAL-{raw['id'][-8:].upper()}",
            "billing_reason": "subscription_cycle",
            "collection_method": "charge_automatically",
            "subtotal": raw["subtotal"],
            "total": raw["total"],
            "amount_due": raw["amount_due"],
            "amount_paid": raw["total"] if paid else 0,
            "amount_remaining": 0 if paid else raw["total"],
            "total_taxes": [],
            "attempt_count": raw["attempt_count"],
            "next_payment_attempt": raw["next_payment_attempt"],
            "period_start": raw["period_start"],
            "period_end": raw["period_end"],
            "hosted_invoice_url": f"{self.address}/invoice/{raw['id']}",
            "invoice_pdf": f"{self.address}/invoice/{raw['id']}",
            "parent": {
                "type": "subscription_details",
                "subscription_details": {"subscription": raw["subscription"], "metadata": {}},
            },
            "payments": self._payments(raw),
            "status_transitions": raw["status_transitions"] | {"marked_uncollectible_at": None},
            "metadata": raw["metadata"],
            "livemode": False,
            "lines": {
                "object": "list",
                "has_more": False,
                "url": f"/v1/invoices/{raw['id']}/lines",
                "data": [_line(line) for line in raw["lines"]["data"]],
            },
        }

    def preview(self, fields: Fields) -> Thing:
        """The next invoice, or what a change would charge at once: as the engine will do it, the
        new price less all that was charged before.
        """
        before = self.get(fields["subscription"])
        item = before["items"]["data"][0]
        line = (fields.get("subscription_details") or {}).get("items", [{}])[0]
        price = self.prices.get(line.get("price", item["price"]["id"]))
        amount = self.prices.amount(price, int(line.get("quantity", item["quantity"])))
        lines = [("Next period" if not line else "New plan", amount)]
        if line:
            paid = sum(each["subtotal"] for each in self.invoices({"subscription": before["id"]}))
            lines = [("Unused time", -paid), *lines]
            if before["status"] == "trialing":
                lines = []
        total = sum(each for _, each in lines)
        return {
            "id": f"upcoming_{before['id']}",
            "object": "invoice",
            "status": "draft",
            "customer": before["customer"],
            "currency": price["currency"],
            "subtotal": total,
            "total": total,
            "amount_due": max(0, total),
            "livemode": False,
            "lines": {
                "object": "list",
                "has_more": False,
                "url": "/v1/invoices/upcoming/lines",
                "data": [
                    {
                        "id": f"il_tmp_{n}",
                        "object": "line_item",
                        "amount": each,
                        "currency": price["currency"],
                        "description": text,
                        "livemode": False,
                    }
                    for n, (text, each) in enumerate(lines)
                ],
            },
        }

    def _payments(self, raw: Thing) -> Thing:
        data = []
        if intent := raw["payment_intent"]:
            data.append(
                {
                    "id": f"inpay_{raw['id'][3:]}",
                    "object": "invoice_payment",
                    "invoice": raw["id"],
                    "status": "paid" if raw["status"] == "paid" else "open",
                    "amount_paid": raw["total"] if raw["status"] == "paid" else None,
                    "amount_requested": raw["total"],
                    "currency": raw["currency"],
                    "is_default": True,
                    "created": raw["created"],
                    "livemode": False,
                    "payment": {"type": "payment_intent", "payment_intent": intent},
                }
            )
        return {
            "object": "list",
            "has_more": False,
            "url": f"/v1/invoice_payments?invoice={raw['id']}",
            "data": data,
        }

    def _announce_paid(self, invoice_id: str) -> None:
        invoice = self.invoice(invoice_id)
        kind = "paid" if invoice["status"] == "paid" else "payment_failed"
        self.events.emit(f"invoice.{kind}", invoice)


def refuse_bad_card(store: Store, customer: str) -> None:
    """Raise what charging the customer's card would raise."""
    card = store.get("card", customer)
    if card is None:
        raise StripeError(402, "This customer has no card.", code="resource_missing")
    if card in DECLINES:
        raise StripeError(402, "Your card was declined.", code="card_declined")
    if card in ASKS:
        raise StripeError(402, "The bank wants to ask first.", code="authentication_required")


def _line(raw: Thing) -> Thing:
    return {
        "id": raw["id"],
        "object": "line_item",
        "amount": raw["amount"],
        "currency": raw["currency"],
        "description": raw.get("description") or "Subscription",
        "quantity": raw.get("quantity") or 1,
        "period": raw.get("period") or {"start": 0, "end": 0},
        "livemode": False,
    }


def period(anchor: int, interval: str, *, now: float | None = None) -> tuple[int, int]:
    """The interval around `now` of a rhythm that began at `anchor` (seconds since 1970)."""
    now = now or time.time()
    began = datetime.fromtimestamp(anchor, UTC)
    n = 0
    while _later(began, (n + 1) * MONTHS[interval]).timestamp() <= now:
        n += 1
    months = n * MONTHS[interval]
    return (
        int(_later(began, months).timestamp()),
        int(_later(began, months + MONTHS[interval]).timestamp()),
    )


def _later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)
