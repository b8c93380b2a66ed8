"""Live: how soon a message is seen in another browser; what open streams cost the web server."""

import os
import socket
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.services.messages import receive_message, send_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import make_business
from portal.base.live import announce
from portal.base.report import at_most
from portal.base.templatetags.ui import live
from portal.run.chromium import find
from portal.tests.processes import Processes, free_port
from profiles.models import Profile
from tests.bench import Found
from tests.browser import FLAGS

ANA = 7
MESSAGES, STREAMS = 50, 300
SEEN_WITHIN = 0.5  # seconds from commit, p95
MEGABYTES = 120  # of the web process that holds the streams
PATIENCE = 20.0
# Notes when a message is first on the page, by the words that it ends with.
WATCH = """() => {
    window.seen = {};
    new MutationObserver(() => {
        for (const bubble of document.querySelectorAll("[data-message] .tx")) {
            seen[bubble.textContent.trim()] ??= Date.now() / 1000;
        }
    }).observe(document.body, {childList: true, subtree: true, characterData: true});
}"""


def measure(n: int) -> Found:
    """`n` below 100,000 is a try: fewer messages and streams."""
    messages, streams = (MESSAGES, STREAMS) if n >= 100_000 else (10, 50)
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(Path(folder))
        try:
            address = processes.start_web()
            seconds = until_seen(address, messages)
            before = largest(processes.running["web"].pid)
            with_pages, arrived = memory_of_streams(processes, "web", address, streams)
            events = start_events(processes)
            apart, arrived_apart = memory_of_streams(processes, "events", events, streams)
        finally:
            processes.stop()
    p95 = sorted(seconds)[int(len(seconds) * 0.95) - 1]
    return Found(
        {
            "messages": messages,
            "seconds until seen, median": round(statistics.median(seconds), 3),
            "streams": streams,
            "megabytes of the web process before": round(before, 1),
            "megabytes of the web process with the streams": round(with_pages, 1),
        },
        {
            "seconds until seen, p95": at_most(round(p95, 3), SEEN_WITHIN),
            "megabytes that the streams cost": at_most(round(with_pages - before, 1), 30),
            "megabytes of a process of streams": at_most(round(apart, 1), MEGABYTES),
            "streams that heard nothing": at_most(2 * streams - arrived - arrived_apart, 0),
        },
    )


def a_chat() -> Profile:
    """Ana has written to a business that may answer."""
    _business, profile = make_business("acme")
    make_person(ANA, name="Ana Souza")
    receive_message(ANA, profile, body="Hello?", now=timezone.now())
    return profile


def until_seen(address: str, messages: int) -> list[float]:
    """Seconds from each message's commit until it is in the page that its person has open."""
    profile = a_chat()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=FLAGS)
        try:
            context = browser.new_context(service_workers="block")
            context.add_cookies([{"name": COOKIE, "value": open_session(ANA), "url": address}])
            page = context.new_page()
            page.goto(f"{address}/m/c/{profile.handle}/", wait_until="load")
            page.wait_for_timeout(500)  # the stream is open and has said hello
            page.evaluate(WATCH)
            return [_one(page, profile, f"Message {n}") for n in range(messages)]
        finally:
            browser.close()


def _one(page: Page, profile: Profile, words: str) -> float:
    with transaction.atomic():
        send_message(profile, ANA, by=None, body=words)
    committed = time.time()
    page.wait_for_function("words => words in seen", arg=words, timeout=PATIENCE * 1000)
    return page.evaluate("words => seen[words]", words) - committed


def start_events(processes: Processes) -> str:
    """The process of streams alone; returns its address."""
    port = free_port()
    processes.start(
        "events",
        *("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--no-ws", "--workers-kill-timeout", "3s", "portal.events:application"),
    )
    processes.wait("events", lambda: _answers(port))
    return f"http://localhost:{port}"


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def memory_of_streams(
    processes: Processes, name: str, address: str, streams: int
) -> tuple[float, int]:
    """MB of the largest process of this server while the streams are open, and how many of them
    heard what was announced to all.
    """
    path = live(f"person:{ANA}")
    place = urlsplit(address)
    sockets = []
    try:
        for _n in range(streams):
            sockets.append(socket.create_connection(("127.0.0.1", place.port or 80), PATIENCE))
            request = (
                f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\nAccept: text/event-stream\r\n\r\n"
            )
            sockets[-1].sendall(request.encode())
        _all_heard(sockets, b"event: hello")
        time.sleep(1)  # a new process subscribes with its first stream
        announce(f"person:{ANA}", "chat", "31")
        arrived = _all_heard(sockets, b"data: 31")
        return largest(processes.running[name].pid), arrived
    finally:
        for each in sockets:
            each.close()


def _all_heard(streams: list[socket.socket], words: bytes) -> int:
    """How many of the streams said these words before patience ended."""
    deadline = time.monotonic() + PATIENCE
    return sum(_heard(each, words, deadline) for each in streams)


def _heard(stream: socket.socket, words: bytes, deadline: float) -> bool:
    heard = b""
    while words not in heard:
        stream.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            more = stream.recv(4096)
        except TimeoutError:
            return False
        if not more:
            return False
        heard += more
    return True


def largest(group: int) -> float:
    """MB of memory of the largest process of this group."""
    sizes = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _group(int(folder.name)) == group:
            lines = (folder / "status").read_text().splitlines()
            sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")]
    return max(sizes)


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None
