"""Hosted Checkout: sessions, and what happens when a card is given."""

import time
from typing import Any

from billing.devpeer.connect import ACCOUNT, Challenge, Connect
from billing.devpeer.events import Events
from billing.devpeer.money_engine import Engine
from billing.devpeer.prices import Prices
from billing.devpeer.store import Store, Thing, new_id
from billing.devpeer.subscriptions import Subscriptions
from billing.devpeer.wire import Fields, StripeError, missing


class Checkouts:
    def __init__(
        self,
        store: Store,
        engine: Engine,
        prices: Prices,
        subscriptions: Subscriptions,
        events: Events,
        connect: Connect,
        address: str,
    ) -> None:
        self.store, self.engine, self.prices = store, engine, prices
        self.subscriptions, self.events, self.address = subscriptions, events, address
        self.connect = connect

    def create(self, fields: Fields) -> Thing:
        if fields.get("customer"):
            try:
                self.engine.get(f"/v1/customers/{fields['customer']}")
            except StripeError as error:
                raise missing("customer", fields["customer"], param="customer") from error
        for line in fields["line_items"]:
            if "price" in line:
                self.prices.get(line["price"])
        account = fields.get(ACCOUNT, "")
        if account and not self.connect.get(account)["charges_enabled"]:
            raise StripeError(400, "Your account cannot currently make live charges.")
        id_ = new_id("cs_test")
        now = int(time.time())
        session: Thing = {
            "id": id_,
            "object": "checkout.session",
            "mode": fields["mode"],
            "status": "open",
            "payment_status": "unpaid",
            "customer": fields.get("customer"),
            "client_reference_id": fields.get("client_reference_id"),
            "subscription": None,
            "payment_intent": None,
            "success_url": fields.get("success_url"),
            "cancel_url": fields.get("cancel_url"),
            "metadata": fields.get("metadata", {}),
            "url": f"{self.address}/c/pay/{id_}",
            "created": now,
            "expires_at": int(fields.get("expires_at") or now + 86_400),
            "livemode": False,
            "account": account,
        } | _sum(fields["line_items"])
        if not 1_800 <= session["expires_at"] - now + 5 <= 86_410:
            raise StripeError(
                400, "expires_at must be between 30 minutes and 24 hours.", param="expires_at"
            )
        self.store.put("asked", id_, fields)
        return self._keep(session)

    def read(self, id_: str, fields: Fields) -> Thing:
        """A session as the API gives it: to its own account only, with its payment if asked."""
        session = self.get(id_)
        if session["account"] != fields.get(ACCOUNT, ""):
            raise missing("checkout.session", id_)
        if "payment_intent" in fields.get("expand", []) and session["payment_intent"]:
            intent = self.engine.get(f"/v1/payment_intents/{session['payment_intent']}")
            return session | {"payment_intent": intent}
        return session

    def get(self, id_: str) -> Thing:
        session = self.store.get("session", id_)
        if session is None:
            raise missing("checkout.session", id_)
        if session["status"] == "open" and session["expires_at"] <= time.time():
            return self._end(session, "expired")
        return session

    def expire(self, id_: str) -> Thing:
        session = self.get(id_)
        if session["status"] != "open":
            raise StripeError(
                400, f"Only open sessions can be expired; this one is {session['status']}."
            )
        return self._end(session, "expired")

    def asked(self, id_: str) -> Fields:
        """What the session was created with."""
        return self.store.get("asked", id_)

    # The buyer's part

    def pay(self, id_: str, *, card: str) -> Thing:
        """Give a card (digits; empty in a trial: none). Raises StripeError when it is declined and
        Challenge when the bank asks.
        """
        with self.store.lock:
            session = self._open(id_)
            if session["mode"] == "payment":
                return self._paid(session, self.connect.begin(session, self.asked(id_), card))
            if not session["customer"]:
                session["customer"] = self.engine.post("/v1/customers", {})["id"]
                self._keep(session)
            if card:
                attach_card(self.store, self.engine, session["customer"], card)
            self._forget_unfinished(session)
            return self._begin(session)

    def answer_challenge(self, id_: str, *, succeed: bool) -> Thing:
        """What the buyer told the bank."""
        with self.store.lock:
            session = self._open(id_)
            if session["mode"] == "payment":
                return self._paid(session, self.connect.answer_bank(session, succeed=succeed))
            subscription_id = self.store.get("unfinished", id_)
            intent = self._intent(subscription_id)
            if intent is None:
                raise StripeError(400, "Nothing waits for an answer.")
            answered = self.engine.post(
                f"/v1/payment_intents/{intent['id']}/_authenticate",
                {"client_secret": intent["client_secret"], "success": succeed},
            )
            if not succeed:
                raise StripeError(402, "Your bank did not confirm the payment.")
            if answered["status"] != "succeeded":
                self._forget_unfinished(session)
                raise StripeError(402, "Your card was declined.", code="card_declined")
            return self._complete(session, subscription_id)

    def _begin(self, session: Thing) -> Thing:
        asked = self.asked(session["id"])
        data = asked.get("subscription_data", {})
        raw = self.subscriptions.create(
            {
                "customer": session["customer"],
                "items": asked["line_items"],
                "metadata": data.get("metadata", {}),
                "trial_period_days": data.get("trial_period_days"),
            }
        )
        self.store.put("unfinished", session["id"], raw["id"])
        intent = self._intent(raw["id"])
        if intent and intent["status"] == "requires_action":
            raise Challenge
        if intent and intent["status"] != "succeeded":
            self._forget_unfinished(session)
            raise StripeError(402, "Your card was declined.", code="card_declined")
        return self._complete(session, raw["id"])

    def _intent(self, subscription_id: str | None) -> Any:
        if not subscription_id:
            return None
        raw = self.engine.get(f"/v1/subscriptions/{subscription_id}")
        if not raw["latest_invoice"]:
            return None
        intent = self.engine.get(f"/v1/invoices/{raw['latest_invoice']}")["payment_intent"]
        return self.engine.get(f"/v1/payment_intents/{intent}") if intent else None

    def _forget_unfinished(self, session: Thing) -> None:
        """Drop what an earlier, declined or abandoned try left in the engine."""
        if left := self.store.get("unfinished", session["id"]):
            self.engine.delete(f"/v1/subscriptions/{left}")
            self.store.put("unfinished", session["id"], None)

    def _open(self, id_: str) -> Thing:
        session = self.get(id_)
        if session["status"] != "open":
            raise StripeError(400, f"This checkout is {session['status']} already.")
        return session

    def _complete(self, session: Thing, subscription_id: str) -> Thing:
        self.store.put("unfinished", session["id"], None)
        session |= {"subscription": subscription_id, "payment_status": "paid"}
        done = self._end(session, "complete")
        self.subscriptions.announce_start(subscription_id)
        return done

    def _paid(self, session: Thing, intent: Thing) -> Thing:
        session |= {"payment_intent": intent["id"], "payment_status": "paid"}
        return self._end(session, "complete")

    def _end(self, session: Thing, status: str) -> Thing:
        session |= {"status": status, "url": None}
        self._keep(session)
        type_ = "completed" if status == "complete" else status
        self.events.emit(f"checkout.session.{type_}", session, account=session["account"])
        return session

    def _keep(self, session: Thing) -> Thing:
        self.store.put("session", session["id"], session)
        return session


def _sum(lines: list[Fields]) -> Thing:
    """Amount and currency of lines that bring their own price."""
    prices = [
        (each["price_data"], int(each.get("quantity", 1))) for each in lines if "price_data" in each
    ]
    return {
        "amount_total": sum(int(price["unit_amount"]) * n for price, n in prices) or None,
        "currency": prices[0][0]["currency"] if prices else None,
    }


def attach_card(store: Store, engine: Engine, customer: str, card: str) -> None:
    """Make `card` the customer's. Raises StripeError for cards that can't be attached."""
    digits = "".join(filter(str.isdigit, card))
    if len(digits) != 16:
        raise StripeError(402, "Your card number is incomplete.", code="incorrect_number")
    method = engine.post(
        "/v1/payment_methods",
        {
            "type": "card",
            "card": {"number": digits, "exp_month": 12, "exp_year": 2035, "cvc": "123"},
        },
    )
    engine.post(f"/v1/payment_methods/{method['id']}/attach", {"customer": customer})
    engine.post(
        f"/v1/customers/{customer}",
        {"invoice_settings": {"default_payment_method": method["id"]}},
    )
    store.put("card", customer, digits)
