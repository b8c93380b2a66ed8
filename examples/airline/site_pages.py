"""The airline's site: link a booking; the desk, where a delay is announced; /hook for Signet."""

import hmac
import html
import os
import sqlite3
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bookings import Bookings

MOST_BYTES = 1_000_000
PAGES = Path(__file__).with_name("pages")
HEAD, HOME, LINK, DESK = (
    (PAGES / f"{name}.html").read_text(encoding="utf-8")
    for name in ("head", "home", "link", "desk")
)
DESK_PIN = os.getenv("AIRLINE_DESK_PIN", "0000")


def pages(
    bookings: Bookings,
    *,
    challenge: Callable[[str, str], str | None],
    take: Callable[[bytes, str], bool],
    new_link: Callable[[sqlite3.Row], dict],
    announce_delay: Callable[[str, int], int | None],
) -> type[BaseHTTPRequestHandler]:
    """The handler of the site's requests."""

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/hook":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                said = challenge(asked.get("hub.verify_token", ""), asked.get("hub.challenge", ""))
                return self.say(said or "no", 200 if said else 403, kind="text/plain")
            page = {"/": HOME, "/desk": DESK}.get(address.path)
            self.page(page or "<p>There is no such page.", 200 if page else 404)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MOST_BYTES:
                self.close_connection = True
                return self.say("Too long", 413)
            body = self.rfile.read(length)
            if self.path == "/hook":
                good = take(body, self.headers.get("X-Hub-Signature-256", ""))
                return self.say("ok" if good else "no", 200 if good else 403, kind="text/plain")
            said = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            act = {"/link": self.link, "/desk": self.desk}.get(self.path)
            if act is None:
                return self.page("<p>There is no such page.", 404)
            act(said)

        def link(self, said: dict[str, str]) -> None:
            booking = bookings.booking(said.get("code", ""), said.get("name", ""))
            if booking is None:
                return self.page('<p class="note">We find no such booking.' + HOME, 404)
            made = {name: html.escape(str(value)) for name, value in new_link(booking).items()}
            self.page(LINK.format(**made))

        def desk(self, said: dict[str, str]) -> None:
            minutes = said.get("minutes", "")
            if not hmac.compare_digest(said.get("pin", "").encode(), DESK_PIN.encode()):
                return self.page('<p class="note">That is not the PIN.' + DESK, 403)
            told = (
                announce_delay(said.get("flight", ""), int(minutes)) if minutes.isdigit() else None
            )
            if told is None:
                return self.page('<p class="note">There is no such flight.' + DESK, 404)
            self.page(f'<p class="note">{told} told.<p><a href="/desk">Back</a>')

        def page(self, content: str, status: int = 200) -> None:
            self.say(HEAD + content, status)

        def say(self, text: str, status: int, *, kind: str = "text/html") -> None:
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing of each request."""

    return Pages
