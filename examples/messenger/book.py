"""What the messenger keeps: members, messages, what is to be told to Signet. One SQLite file."""

import json
import sqlite3
import threading
import time
from collections import Counter
from contextlib import contextmanager

from members import Planned, Rates

TABLES = """
create table if not exists member (id text primary key, name text, language text);
create table if not exists message
  (id text primary key, person text, profile text, text text, author text, class text, at real);
create index if not exists messages_of_member on message (person, at);
create table if not exists event (number integer primary key, due real, body text);
create index if not exists events_due on event (due, number);
create table if not exists told (kind text, result text, n integer, primary key (kind, result));
create table if not exists setting (name text primary key, value text);
"""


class Book:
    """Each method is one transaction; threads take turns."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("pragma journal_mode = wal")
        self.db.executescript(TABLES)

    @contextmanager
    def transaction(self):
        with self.lock:
            self.db.execute("begin immediate")
            try:
                yield self.db
            except BaseException:
                self.db.execute("rollback")
                raise
            self.db.execute("commit")

    def _all(self, sql: str, *values) -> list[sqlite3.Row]:
        with self.lock:
            return self.db.execute(sql, values).fetchall()

    # Members

    def keep_members(self, members: list[dict]) -> None:
        with self.transaction() as db:
            db.executemany(
                "insert or replace into member values (:external_id, :name, :language)", members
            )

    def languages(self, ids: set[str]) -> dict[str, str]:
        """The members among these, with their language."""
        marks = ",".join("?" * len(ids))
        rows = self._all(f"select * from member where id in ({marks})", *ids)
        return {row["id"]: row["language"] for row in rows}

    def member(self, id_: str) -> sqlite3.Row | None:
        rows = self._all("select * from member where id = ?", id_)
        return rows[0] if rows else None

    def find(self, words: str) -> list[sqlite3.Row]:
        like = f"%{words}%"
        return self._all(
            "select * from member where id like ? or name like ? order by id limit 10", like, like
        )

    # Messages

    def take(self, messages: list[dict], plans: list[list[Planned]]) -> int:
        """Keep the messages that are not here yet, with what their members will do about them.

        Returns how many were new: a batch may come again, a message is kept once by its id.
        """
        now, new = time.time(), 0
        with self.transaction() as db:
            for message, planned in zip(messages, plans, strict=True):
                kept = db.execute(
                    "insert or ignore into message values (?, ?, ?, ?, ?, ?, ?)",
                    (
                        message["id"],
                        message["person"],
                        message["profile"],
                        message.get("text", ""),
                        message.get("author", ""),
                        message["class"],
                        now,
                    ),
                )
                if kept.rowcount:
                    new += 1
                    db.executemany(
                        "insert into event (due, body) values (?, ?)",
                        [(now + plan.after, json.dumps(plan.event)) for plan in planned],
                    )
        return new

    def messages_of(self, person: str) -> list[sqlite3.Row]:
        return self._all("select * from message where person = ? order by at desc limit 50", person)

    def latest(self) -> list[sqlite3.Row]:
        return self._all(
            "select m.*, b.name from message m join member b on b.id = m.person"
            " order by m.at desc limit 30"
        )

    # Events

    def due_events(self, limit: int) -> list[tuple[int, dict]]:
        rows = self._all(
            "select * from event where due <= ? order by due, number limit ?", time.time(), limit
        )
        return [(row["number"], json.loads(row["body"])) for row in rows]

    def events_told(self, events: list[tuple[int, dict]], results: list[dict]) -> None:
        """Signet has them: they are told no more."""
        tally = Counter(
            (event["type"], result["result"])
            for (_number, event), result in zip(events, results, strict=True)
        )
        with self.transaction() as db:
            db.executemany("delete from event where number = ?", [(n,) for n, _event in events])
            db.executemany(
                "insert into told values (?, ?, ?) on conflict do update set n = n + excluded.n",
                [(*key, n) for key, n in tally.items()],
            )

    def numbers(self) -> dict[str, int]:
        """How much of everything there is."""
        told = {
            f"{row['kind']} {row['result']}": row["n"] for row in self._all("select * from told")
        }
        return {
            "members": self._all("select count(*) n from member")[0]["n"],
            "messages": self._all("select count(*) n from message")[0]["n"],
            "adverts": self._all("select count(*) n from message where class = 'marketing'")[0][
                "n"
            ],
            "to tell": self._all("select count(*) n from event")[0]["n"],
            **told,
        }

    # Settings

    def rates(self, default: Rates) -> Rates:
        rows = self._all("select value from setting where name = 'rates'")
        return Rates(**json.loads(rows[0]["value"])) if rows else default

    def keep(self, name: str, value: object) -> None:
        with self.transaction() as db:
            db.execute("insert or replace into setting values (?, ?)", (name, json.dumps(value)))

    def kept(self, name: str) -> object:
        rows = self._all("select value from setting where name = ?", name)
        return json.loads(rows[0]["value"]) if rows else None
