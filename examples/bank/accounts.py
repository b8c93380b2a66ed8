"""What the bank knows: customers, transfers, nonces, and which chat is whose. One SQLite file."""

import hmac
import json
import secrets
import sqlite3
import threading
import time
from pathlib import Path

DATA = Path(__file__).with_name("data.json")
TABLES = """
create table if not exists customer (number text primary key, pin text, name text, account text);
create table if not exists transfer
  (id integer primary key, customer text, cents integer, payee text, moment text, state text);
create table if not exists nonce (nonce text primary key, customer text, until real);
create table if not exists chat (user_id text primary key, wa_id text, customer text);
"""


class Accounts:
    """The bank's books. Every method is one transaction; threads take turns."""

    def __init__(self, path: str) -> None:
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLES)
        if not self._all("select * from customer limit 1"):
            self._load(json.loads(DATA.read_text(encoding="utf-8")))

    def sign_in(self, number: str, pin: str) -> sqlite3.Row | None:
        """The customer with this number, if the PIN is right."""
        customer = self.customer(number)
        right = hmac.compare_digest(pin.encode(), (customer["pin"] if customer else "").encode())
        return customer if customer and right else None

    def customer(self, number: str) -> sqlite3.Row | None:
        return self._one("select * from customer where number = ?", number)

    # Whose chat is it?

    def new_nonce(self, customer: str, *, lives: int) -> str:
        """A word that comes back with the answer to a link; good for `lives` seconds."""
        nonce = secrets.token_urlsafe(18)
        self._all("insert into nonce values (?, ?, ?)", nonce, customer, time.time() + lives)
        return nonce

    def use_nonce(self, nonce: str) -> str | None:
        """The customer whom the nonce was made for, once; None for strange and old ones."""
        row = self._one("delete from nonce where nonce = ? returning customer, until", nonce)
        # A minute more: the answer travels, too.
        return row["customer"] if row and row["until"] + 60 > time.time() else None

    def bind(self, user_id: str, wa_id: str, customer: str) -> None:
        """From now on whoever writes as `user_id` is this customer."""
        self._all("insert or replace into chat values (?, ?, ?)", user_id, wa_id, customer)

    def unbind(self, user_id: str) -> None:
        self._all("delete from chat where user_id = ?", user_id)

    def customer_in_chat(self, user_id: str) -> sqlite3.Row | None:
        """The customer who writes, or None for somebody we don't know."""
        sql = "select customer.* from chat join customer on number = customer where user_id = ?"
        return self._one(sql, user_id)

    def chats_of(self, customer: str) -> list[str]:
        """Where the customer can be written to."""
        return [
            row["wa_id"] for row in self._all("select * from chat where customer = ?", customer)
        ]

    # Money

    def transfers(self, customer: str) -> list[sqlite3.Row]:
        """The customer's transfers, newest first."""
        return self._all("select * from transfer where customer = ? order by id desc", customer)

    def hold_payment(self, customer: str, cents: int, payee: str) -> int:
        """A payment that waits for the customer's word. Returns its id."""
        row = self._one(
            "insert into transfer (customer, cents, payee, moment, state)"
            " values (?, ?, ?, 'just now', 'held') returning id",
            customer,
            cents,
            payee,
        )
        assert row is not None
        return row["id"]

    def decide(self, payment: int, customer: str, *, go: bool) -> sqlite3.Row | None:
        """Let a held payment of this customer go or stop it; None if it isn't held any more."""
        return self._one(
            "update transfer set state = ? where id = ? and customer = ? and state = 'held'"
            " returning *",
            "arrived" if go else "stopped",
            payment,
            customer,
        )

    def _load(self, data: dict) -> None:
        for one in data["customers"]:
            self._all("insert into customer values (:number, :pin, :name, :account)", one)
        for one in data["transfers"]:
            self._all(
                "insert into transfer (customer, cents, payee, moment, state)"
                " values (:customer, :cents, :to, :when, :state)",
                one,
            )

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        given = values[0] if values and isinstance(values[0], dict) else values
        with self.lock:
            return self.db.execute(sql, given).fetchall()

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return next(iter(self._all(sql, *values)), None)


def money(cents: int) -> str:
    return f"R$ {cents / 100:,.2f}"
