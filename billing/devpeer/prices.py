"""Prices as our code asks for them. The engine only knows flat plans, so each pair of a price and a
number of seats becomes a plan of the engine when it is first needed.
"""

import time

from billing.devpeer.money_engine import Engine
from billing.devpeer.store import Store, Thing, new_id
from billing.devpeer.wire import Fields, StripeError, missing


class Prices:
    def __init__(self, store: Store, engine: Engine) -> None:
        self.store, self.engine = store, engine

    def create(self, fields: Fields) -> Thing:
        """A recurring or one-time price. The product must be there."""
        self.engine.get(f"/v1/products/{fields['product']}")
        recurring = fields.get("recurring")
        price: Thing = {
            "id": new_id("price"),
            "object": "price",
            "active": True,
            "created": int(time.time()),
            "currency": fields["currency"],
            "product": fields["product"],
            "lookup_key": fields.get("lookup_key"),
            "metadata": fields.get("metadata", {}),
            "type": "recurring" if recurring else "one_time",
            "recurring": {"interval_count": 1, "usage_type": "licensed"} | recurring
            if recurring
            else None,
            "billing_scheme": fields.get("billing_scheme", "per_unit"),
            "tiers_mode": fields.get("tiers_mode"),
            "unit_amount": int(fields["unit_amount"]) if "unit_amount" in fields else None,
            "livemode": False,
        }
        self.store.put("price", price["id"], price)
        self.store.put("tiers", price["id"], fields.get("tiers"))
        return price

    def get(self, price_id: str) -> Thing:
        if price := self.store.get("price", price_id):
            return price
        raise missing("price", price_id, param="price")

    def listed(self, query: Fields) -> list[Thing]:
        """Newest first, by lookup key, product and whether they are active."""
        return [
            price
            for price in reversed(self.store.all("price"))
            if price["lookup_key"] in query.get("lookup_keys", [price["lookup_key"]])
            and price["product"] == query.get("product", price["product"])
            and str(price["active"]).lower() == query.get("active", str(price["active"])).lower()
        ]

    def update(self, price_id: str, fields: Fields) -> Thing:
        price = self.get(price_id)
        if "active" in fields:
            price["active"] = fields["active"].lower() == "true"
        self.store.put("price", price_id, price)
        return price

    def amount(self, price: Thing, quantity: int) -> int:
        """What `quantity` units cost for one interval: flat, or by graduated tiers."""
        if not (tiers := self.store.get("tiers", price["id"])):
            return price["unit_amount"] * quantity
        total, counted = 0, 0
        for tier in tiers:
            up_to = quantity if tier["up_to"] == "inf" else min(quantity, int(tier["up_to"]))
            if up_to > counted:
                total += int(tier.get("flat_amount") or 0)
                total += int(tier.get("unit_amount") or 0) * (up_to - counted)
                counted = up_to
        return total

    def engine_plan(self, price_id: str, quantity: int) -> str:
        """The engine's plan for so many units of a price."""
        price = self.get(price_id)
        if not price["active"]:
            raise StripeError(400, "The price specified is inactive.", param="price")
        plan = f"{price_id}-{quantity}"
        try:
            self.engine.get(f"/v1/plans/{plan}")
        except StripeError:
            self.engine.post(
                "/v1/plans",
                {
                    "id": plan,
                    "product": price["product"],
                    "currency": price["currency"],
                    "amount": self.amount(price, quantity),
                    "interval": price["recurring"]["interval"],
                },
            )
        return plan

    def of_plan(self, plan_id: str) -> tuple[Thing, int]:
        """The price and the number of units behind a plan of the engine."""
        price_id, quantity = plan_id.rsplit("-", 1)
        return self.get(price_id), int(quantity)
