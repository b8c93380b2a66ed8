"""A small stand-in for Connect: accounts of businesses, Stripe's questions about them, payments
into them by hosted Checkout, and banks that take payments back. The money engine knows one
account; which of ours a payment belongs to, and the fee, is remembered here.
"""

import time
from typing import Any

from billing.devpeer.events import Events
from billing.devpeer.money_engine import Engine
from billing.devpeer.store import Store, Thing, new_id
from billing.devpeer.wire import Fields, StripeError, missing

ACCOUNT = "stripe_account"  # the request's header of that name, as a field
QUESTIONS = ["business_type", "external_account", "tos_acceptance.date"]
DISPUTED_CARD = "4000000000000259"
EVIDENCE_DAYS = 7


class Challenge(Exception):
    """The bank wants to ask its customer first (3-D Secure)."""


class Connect:
    def __init__(self, store: Store, engine: Engine, events: Events, address: str) -> None:
        self.store, self.engine, self.events, self.address = store, engine, events, address

    # Accounts

    def create(self, fields: Fields) -> Thing:
        id_ = new_id("acct")[:21]
        return self._keep(
            {
                "id": id_,
                "object": "account",
                "country": fields.get("country"),
                "email": fields.get("email"),
                "business_profile": fields.get("business_profile", {}),
                "charges_enabled": False,
                "payouts_enabled": False,
                "details_submitted": False,
                "requirements": {"currently_due": QUESTIONS, "disabled_reason": None},
                "metadata": fields.get("metadata", {}),
                "created": int(time.time()),
            }
        )

    def get(self, id_: str) -> Thing:
        account = self.store.get("account", id_)
        if account is None:
            raise missing("account", id_)
        return account

    def link(self, fields: Fields) -> Thing:
        self.get(fields["account"])
        id_ = new_id("link")
        self.store.put("account_link", id_, fields)
        now = int(time.time())
        return {
            "object": "account_link",
            "url": f"{self.address}/connect/{id_}",
            "created": now,
            "expires_at": now + 300,
        }

    def answer(self, id_: str, *, enough: bool) -> Thing:
        """What the business told Stripe: enough to be paid, or its account is restricted."""
        account = self.get(id_)
        account |= dict.fromkeys(("charges_enabled", "payouts_enabled"), enough)
        account["details_submitted"] = account["details_submitted"] or enough
        account["requirements"]["currently_due"] = [] if enough else QUESTIONS[:1]
        self._keep(account)
        self.events.emit("account.updated", account, account=id_)
        return account

    def _keep(self, account: Thing) -> Thing:
        self.store.put("account", account["id"], account)
        return account

    # Payments

    def begin(self, session: Thing, asked: Fields, card: str) -> Thing:
        """Charge `card` (digits). Raises StripeError when declined, Challenge when the bank asks.

        Returns the payment, succeeded.
        """
        digits = "".join(filter(str.isdigit, card))
        if len(digits) != 16:
            raise StripeError(402, "Your card number is incomplete.", code="incorrect_number")
        known = {"number": digits, "exp_month": 12, "exp_year": 2035, "cvc": "123"}
        method = self.engine.post("/v1/payment_methods", {"type": "card", "card": known})
        customer = self.engine.post("/v1/customers", {})["id"]
        self.engine.post(f"/v1/payment_methods/{method['id']}/attach", {"customer": customer})
        intent = self.engine.post(
            "/v1/payment_intents",
            {
                "amount": session["amount_total"],
                "currency": session["currency"],
                "customer": customer,
                "payment_method": method["id"],
                "confirm": True,
            },
        )
        data = asked.get("payment_intent_data") or {}
        self.store.put(
            "direct",
            intent["id"],
            {
                "account": session["account"],
                "fee": int(data.get("application_fee_amount") or 0),
                "metadata": data.get("metadata", {}),
                "card": digits,
            },
        )
        if intent["status"] == "requires_action":
            self.store.put("unfinished", session["id"], intent["id"])
            raise Challenge
        return self._charged(session, intent)

    def answer_bank(self, session: Thing, *, succeed: bool) -> Thing:
        """What the payer told the bank."""
        intent_id = self.store.get("unfinished", session["id"])
        if not intent_id:
            raise StripeError(400, "Nothing waits for an answer.")
        intent = self.engine.get(f"/v1/payment_intents/{intent_id}")
        answered = self.engine.post(
            f"/v1/payment_intents/{intent_id}/_authenticate",
            {"client_secret": intent["client_secret"], "success": succeed},
        )
        self.store.put("unfinished", session["id"], None)
        if not succeed:
            raise StripeError(402, "Your bank did not confirm the payment.")
        return self._charged(session, answered)

    def _charged(self, session: Thing, intent: Thing) -> Thing:
        if intent["status"] != "succeeded":
            raise StripeError(402, "Your card was declined.", code="card_declined")
        if self.store.get("direct", intent["id"])["card"] == DISPUTED_CARD:
            self._take_back(session["account"], intent)
        return intent

    def own(self, intent_id: str, account: str) -> Thing:
        """What is known of a payment on this account. Raises StripeError for any other."""
        known = self.store.get("direct", intent_id)
        if known is None or known["account"] != account:
            raise missing("payment_intent", intent_id, param="payment_intent")
        return known

    def intent(self, id_: str, account: str) -> Thing:
        """A payment as the API gives it."""
        known = self.own(id_, account)
        found = self.engine.get(f"/v1/payment_intents/{id_}")
        return found | {
            "metadata": known["metadata"],
            "application_fee_amount": known["fee"] or None,
        }

    # Disputes

    def _take_back(self, account: str, intent: Thing) -> None:
        now = int(time.time())
        dispute = {
            "id": new_id("du"),
            "object": "dispute",
            "amount": intent["amount"],
            "currency": intent["currency"],
            "charge": intent["latest_charge"]["id"],
            "payment_intent": intent["id"],
            "reason": "fraudulent",
            "status": "needs_response",
            "evidence_details": {"due_by": now + EVIDENCE_DAYS * 86_400},
            "account": account,
            "created": now,
            "livemode": False,
        }
        self.store.put("dispute", dispute["id"], dispute)
        self.events.emit("charge.dispute.created", dispute, account=account)

    def dispute(self, id_: str, account: str) -> Thing:
        found = self.store.get("dispute", id_)
        if found is None or found["account"] != account:
            raise missing("dispute", id_)
        return found

    def decide(self, id_: str, *, won: bool) -> Thing:
        """What the bank decides."""
        found: Any = self.store.get("dispute", id_)
        if found is None:
            raise missing("dispute", id_)
        found["status"] = "won" if won else "lost"
        self.store.put("dispute", id_, found)
        self.events.emit("charge.dispute.closed", found, account=found["account"])
        return found
