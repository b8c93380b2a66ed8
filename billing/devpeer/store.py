"""What the front itself remembers, in one SQLite file under var/; it survives kill -9."""

import json
import secrets
import sqlite3
import string
from pathlib import Path
from threading import RLock
from typing import Any

Thing = dict[str, Any]
LETTERS = string.ascii_letters + string.digits


def new_id(prefix: str) -> str:
    """An id that looks like Stripe's."""
    return f"{prefix}_{''.join(secrets.choice(LETTERS) for _ in range(24))}"


class Store:
    """Things by kind and id, in the order they came."""

    def __init__(self, file: Path | str) -> None:
        self.lock = RLock()
        self.database = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.database.execute("pragma journal_mode = wal")
        self.database.execute(
            "create table if not exists thing (n integer primary key, kind text, id text,"
            " body text, unique (kind, id))"
        )

    def put(self, kind: str, id_: str, thing: Any) -> None:
        with self.lock:
            self.database.execute(
                "insert into thing (kind, id, body) values (?, ?, ?)"
                " on conflict (kind, id) do update set body = excluded.body",
                (kind, id_, json.dumps(thing)),
            )

    def get(self, kind: str, id_: str) -> Any:
        with self.lock:
            row = self.database.execute(
                "select body from thing where kind = ? and id = ?", (kind, id_)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def all(self, kind: str) -> list[Any]:
        """Oldest first."""
        with self.lock:
            rows = self.database.execute(
                "select body from thing where kind = ? order by n", (kind,)
            ).fetchall()
        return [json.loads(body) for (body,) in rows]
