"""Does every part work? Asked for real: a query, a ping, signs of life, an event on its way."""

import contextlib
import json
import secrets
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import psycopg
import redis
from django.conf import settings
from django.db import connection

from portal import heartbeat
from portal.base import live
from portal.celery import QUEUES

OK = "ok"
PATIENCE = 3  # seconds for one check
KEPT = 2  # seconds an answer is used again, so that asking often costs little

_lock = threading.Lock()
_last: tuple[float, dict[str, str]] = (0.0, {})


def parts(port: str) -> dict[str, str]:
    """Each part with "ok" or a sentence. `port`: where this web process listens."""
    global _last
    with _lock:
        asked_at, answers = _last
        if time.monotonic() - asked_at > KEPT:
            answers = ask(port)
            _last = (time.monotonic(), answers)
        return answers


def ask(port: str) -> dict[str, str]:
    checks: dict[str, Callable[[], str]] = {
        "database": database,
        "broker": broker,
        "worker": worker,
        "beat": beat,
        "events": lambda: events(port),
    }
    with ThreadPoolExecutor(len(checks)) as pool:
        asked = {name: pool.submit(check) for name, check in checks.items()}
        return {"web": OK} | {name: answer.result() for name, answer in asked.items()}


def database() -> str:
    """By a connection of its own: asked for one, the pool would wait 10 seconds."""
    parameters = connection.get_connection_params() | {"connect_timeout": PATIENCE}
    try:
        with psycopg.connect(**parameters) as fresh:
            fresh.execute("SELECT 1")
    except psycopg.Error:
        return "The database does not answer."
    return OK


def broker() -> str:
    try:
        heartbeat.broker.ping()
    except redis.RedisError:
        return "The broker does not answer."
    return OK


def worker() -> str:
    try:
        idle = [queue for queue in QUEUES if queue not in heartbeat.alive()]
    except redis.RedisError:
        return "Not known while the broker does not answer."
    return f"No worker takes from: {', '.join(idle)}." if idle else OK


def beat() -> str:
    try:
        return OK if heartbeat.BEAT in heartbeat.alive() else "Nobody keeps the timetable."
    except redis.RedisError:
        return "Not known while the broker does not answer."


def events(port: str) -> str:
    """Open a stream as a browser does, announce something, and wait until it arrives."""
    topic, word = f"health:{secrets.token_hex(8)}", secrets.token_hex(8)
    address = settings.EVENTS_ADDRESS or f"http://127.0.0.1:{port}"
    url = f"{address}/events/?{urlencode({'t': live.ticket(topic)})}"
    deadline = time.monotonic() + PATIENCE
    with (
        contextlib.suppress(OSError, redis.RedisError),
        urllib.request.urlopen(url, timeout=PATIENCE) as stream,
    ):
        while time.monotonic() < deadline and (line := stream.readline()):
            if word.encode() in line:
                return OK
            if line == b"event: hello\n":  # said at the start, and again once events can arrive
                heartbeat.broker.publish(live.CHANNEL, json.dumps([topic, "health", word]))
    return "An event did not arrive through the stream."
