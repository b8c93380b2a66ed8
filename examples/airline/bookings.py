"""What the airline knows: flights, bookings, nonces, and whose chat is whose. One SQLite file."""

import json
import secrets
import sqlite3
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path

DATA = Path(__file__).with_name("data.json")
TABLES = """
create table if not exists flight
  (number text primary key, origin text, target text, leaves text, gate text, place text,
   delay integer default 0);
create table if not exists booking (code text primary key, name text, flight text, seat text);
create table if not exists nonce (nonce text primary key, code text, until real);
create table if not exists chat (user_id text primary key, wa_id text, code text);
"""


class Bookings:
    """The airline's books. Every method is one transaction; threads take turns."""

    def __init__(self, path: str) -> None:
        self.lock = threading.Lock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.executescript(TABLES)
        if not self._all("select * from flight limit 1"):
            self._load(json.loads(DATA.read_text(encoding="utf-8")))

    def flight(self, number: str) -> sqlite3.Row | None:
        return self._one("select * from flight where number = ?", number)

    def booking(self, code: str, name: str) -> sqlite3.Row | None:
        """The booking with this code, if it is in this name."""
        row = self._one("select * from booking where code = ?", code.strip().upper())
        return row if row and row["name"].casefold() == name.strip().casefold() else None

    def new_nonce(self, code: str, *, lives: int) -> str:
        """A word that comes back with the answer to a link; good for `lives` seconds."""
        nonce = secrets.token_urlsafe(18)
        self._all("insert into nonce values (?, ?, ?)", nonce, code, time.time() + lives)
        return nonce

    def use_nonce(self, nonce: str) -> str | None:
        """The booking that the nonce was made for, once; None for strange and old ones."""
        row = self._one("delete from nonce where nonce = ? returning code, until", nonce)
        return row["code"] if row and row["until"] + 60 > time.time() else None

    def bind(self, user_id: str, wa_id: str, code: str) -> None:
        """From now on whoever writes as `user_id` is the passenger of this booking."""
        self._all("insert or replace into chat values (?, ?, ?)", user_id, wa_id, code)

    def unbind(self, user_id: str) -> None:
        self._all("delete from chat where user_id = ?", user_id)

    def booking_in_chat(self, user_id: str) -> sqlite3.Row | None:
        """The booking of who writes, or None for somebody we don't know."""
        return self._one(
            "select booking.* from chat join booking on booking.code = chat.code where user_id = ?",
            user_id,
        )

    def delay(self, number: str, minutes: int) -> sqlite3.Row | None:
        """The flight leaves later by so many minutes."""
        sql = "update flight set delay = delay + ? where number = ? returning *"
        return self._one(sql, minutes, number)

    def chats_on(self, number: str) -> list[str]:
        """Where the passengers of a flight can be written to."""
        sql = "select wa_id from chat join booking on booking.code = chat.code where flight = ?"
        return [row["wa_id"] for row in self._all(sql, number)]

    def _load(self, data: dict) -> None:
        for one in data["flights"]:
            self._all(
                "insert into flight values (:number, :from, :to, :leaves, :gate, :where, 0)", one
            )
        for one in data["bookings"]:
            self._all("insert into booking values (:code, :name, :flight, :seat)", one)

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        given = values[0] if values and isinstance(values[0], dict) else values
        with self.lock:
            return self.db.execute(sql, given).fetchall()

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        return next(iter(self._all(sql, *values)), None)


def departure(flight: sqlite3.Row) -> str:
    """When it leaves, with its delay."""
    at = datetime.strptime(flight["leaves"], "%H:%M") + timedelta(minutes=flight["delay"])
    return at.strftime("%H:%M")
