"""The messaging API: one message accepted, all checks done and durable, against a bare view."""

import http.client
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles

from django.db import connection
from django.test import Client

from messaging.services.integrators.keys import create_app, create_token
from messaging.services.integrators.sandbox import act, open_sandbox
from messaging.tests.cast import Cast
from portal.base.pairwise import pairwise_number, wa_id
from portal.base.refused import Refused
from portal.base.report import at_least, at_most
from portal.tests.processes import Processes, free_port
from tests.bench import Found

CLIENTS = 8
LIMITS = {"API_CALLS_A_SECOND": "1000000"}
ROUND_TRIPS = 4  # the bar


def measure(n: int) -> Found:
    posts = max(100, min(n // 500, 1_000))  # fewer than 600 a minute to each person
    path, key, bodies = sender()
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            processes.start_web(**LIMITS)
            headers = {"Authorization": f"Bearer {key}"}
            ours = rate(processes.port, path, bodies, posts, headers)
            calm = at_a_load(processes.port, path, bodies, posts, headers, 0.7 * ours[0])
            processes.end("web")
            port = start_bare(processes)
            bare = rate(port, "/insert", bodies, posts, {})
        finally:
            processes.stop()
    trips = round_trips(path, key, bodies[0])
    p99 = quantiles(calm, n=100)[-1]
    return Found(
        {
            "messages": posts,
            "messages a second": round(ours[0]),
            "bare view, rows a second": round(bare[0]),
            "median at full load, ms": round(1000 * median(ours[1]), 1),
            "p99 at 70 % load, ms": round(1000 * p99, 1),
            "database round trips of one message": trips,
        },
        {
            "share of a bare view's rate": at_least(round(ours[0] / bare[0], 2), 0.3),
            "p99 / median at 70 % load": at_most(round(p99 / median(calm), 1), 5),
            "database round trips": at_most(trips, ROUND_TRIPS),
        },
    )


def sender() -> tuple[str, str, list[bytes]]:
    """A test profile with people who wrote: where to post, by which key, and what."""
    Cast.setUpTestData()
    profile = open_sandbox(Cast.acme, by=Cast.alice)
    bodies = []
    for person in profile.test_people.all():
        with suppress(Refused):  # one of them blocks the sender
            act(profile, person, "write", text="Hi")
            to = wa_id(pairwise_number(Cast.acme.pk, person.person_id))
            text = {"messaging_product": "whatsapp", "to": to, "text": {"body": "Hello"}}
            bodies.append(json.dumps(text).encode())
    app = create_app(Cast.acme, name="Bench", by=Cast.alice)
    return f"/v23.0/{profile.pk}/messages", create_token(app, name="b", by=Cast.alice)[1], bodies


def rate(port: int, path: str, bodies: list[bytes], posts: int, headers: dict) -> tuple:
    """Posts a second of CLIENTS at once, and how long each took."""
    share = posts // CLIENTS
    send(port, path, bodies, 20, headers, 0)  # so that all is imported and connected
    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [
            pool.submit(send, port, path, bodies, share, headers, 0) for _n in range(CLIENTS)
        ]
        took = [seconds for future in futures for seconds in future.result()]
    return len(took) / (time.perf_counter() - begun), took


def at_a_load(port, path, bodies, posts, headers, a_second: float) -> list[float]:
    """How long each took at so many a second."""
    pause, share = CLIENTS / a_second, posts // CLIENTS
    with ThreadPoolExecutor(CLIENTS) as pool:
        futures = [
            pool.submit(send, port, path, bodies, share, headers, pause) for _n in range(CLIENTS)
        ]
        return [seconds for future in futures for seconds in future.result()]


def send(port, path, bodies, n: int, headers: dict, pause: float) -> list[float]:
    """Post `n` on one connection, at most one each `pause` seconds."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    known = {"Content-Type": "application/json", "Host": f"localhost:{port}"} | headers
    took, due = [], time.perf_counter()
    for i in range(n):
        time.sleep(max(0.0, due - time.perf_counter()))
        due += pause
        begun = time.perf_counter()
        link.request("POST", path, bodies[i % len(bodies)], known)
        answer = link.getresponse()
        said = answer.read()
        took.append(time.perf_counter() - begun)
        assert answer.status == 200, said
    link.close()
    return took


def start_bare(processes: Processes) -> int:
    port = free_port()
    processes.start(
        "bare",
        *("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--no-ws", "portal.asgi:application"),
        DATABASE_POOL="20",
        DJANGO_SETTINGS_MODULE="tests.bench._bare_settings",
        **LIMITS,
    )
    processes.wait("bare", lambda: _answers(port))
    return port


def _answers(port: int) -> bool:
    try:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        link.request("GET", "/healthz", headers={"Host": f"localhost:{port}"})
        return link.getresponse().status in (200, 503)
    except OSError:
        return False


def round_trips(path: str, key: str, body: bytes) -> int:
    """How often one message waits for the database, besides begin and commit.

    Counted in libpq's own trace: each time the server says that it is ready for more.
    """
    headers = {"Authorization": f"Bearer {key}"}
    client = Client()
    for _each in ("noted that the key is used", "counted"):
        with tempfile.NamedTemporaryFile("r") as said:
            connection.ensure_connection()
            connection.connection.pgconn.trace(os.open(said.name, os.O_WRONLY))
            answer = client.post(path, body, content_type="application/json", headers=headers)
            connection.connection.pgconn.untrace()
            trips = sum("ReadyForQuery" in line for line in said)
        assert answer.status_code == 200, answer.content
    return trips - 2  # begin and commit, which the bare view has not
