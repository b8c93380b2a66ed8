"""Charges and refunds: the engine's, which would refund more than was paid."""

import time

from billing.devpeer.events import Events
from billing.devpeer.money_engine import Engine
from billing.devpeer.store import Store, Thing
from billing.devpeer.wire import Fields, StripeError, missing


class Payments:
    def __init__(self, store: Store, engine: Engine, events: Events) -> None:
        self.store, self.engine, self.events = store, engine, events

    def charge(self, id_: str) -> Thing:
        raw = self.engine.get(f"/v1/charges/{id_}")
        return {
            "id": id_,
            "object": "charge",
            "amount": raw["amount"],
            "amount_refunded": raw["amount_refunded"],
            "currency": raw["currency"],
            "customer": raw["customer"],
            "payment_intent": raw["payment_intent"],
            "refunded": raw["refunded"],
            "status": raw["status"],
            "created": raw["created"],
            "livemode": False,
        }

    def refund(self, fields: Fields) -> Thing:
        """Give back all or a part, never more than was paid."""
        try:
            intent = self.engine.get(f"/v1/payment_intents/{fields['payment_intent']}")
        except StripeError as error:
            raise missing("payment_intent", fields["payment_intent"], param="payment_intent") from (
                error
            )
        charge = self.charge(intent["latest_charge"]["id"])
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(fields.get("amount") or left)
        if left <= 0:
            raise StripeError(
                400, f"Charge {charge['id']} was refunded already.", code="charge_already_refunded"
            )
        if amount > left:
            raise StripeError(
                400,
                f"Refund amount ({amount}) is greater than what is left ({left}).",
                param="amount",
            )
        made = self.engine.post(
            "/v1/refunds", {"payment_intent": fields["payment_intent"], "amount": amount}
        )
        self.store.put("refund", made["id"], fields.get("metadata", {}))
        known = self.store.get("direct", fields["payment_intent"]) or {"account": ""}
        self.events.emit("charge.refunded", self.charge(charge["id"]), account=known["account"])
        return self._shape(made, fields["payment_intent"])

    def refunds_of(self, intent_id: str) -> list[Thing]:
        intent = self.engine.get(f"/v1/payment_intents/{intent_id}")
        if not intent["latest_charge"]:
            return []
        charge = intent["latest_charge"]["id"]
        return [
            self._shape(raw, intent_id) for raw in self.engine.every("/v1/refunds", charge=charge)
        ]

    def _shape(self, raw: Thing, intent_id: str) -> Thing:
        return {
            "id": raw["id"],
            "object": "refund",
            "amount": raw["amount"],
            "charge": raw["charge"],
            "payment_intent": intent_id,
            "currency": raw["currency"],
            "status": raw["status"],
            "created": raw.get("created", int(time.time())),
            "metadata": self.store.get("refund", raw["id"]) or {},
            "reason": None,
        }
