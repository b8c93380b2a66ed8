"""The bank's site: sign in, see one's transfers, link one's chat. And /hook, where Signet calls."""

import html
import secrets
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from accounts import Accounts, money
from pywa import WhatsApp

MOST_BYTES = 1_000_000
PAGES = Path(__file__).with_name("pages")
HEAD, SIGN_IN, HOME, LINK = (
    (PAGES / f"{name}.html").read_text(encoding="utf-8")
    for name in ("head", "sign_in", "home", "link")
)


def pages(
    wa: WhatsApp,
    accounts: Accounts,
    *,
    new_link: Callable[[sqlite3.Row], dict],
    pay: Callable[[sqlite3.Row, int, str], int],
) -> type[BaseHTTPRequestHandler]:
    """The handler of the site's requests."""
    sessions: dict[str, str] = {}

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/hook":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                said, status = wa.webhook_challenge_handler(
                    vt=asked.get("hub.verify_token", ""), ch=asked.get("hub.challenge", "")
                )
                self.say(said, status, kind="text/plain")
            elif address.path != "/":
                self.page("<p>There is no such page.", 404)
            elif customer := self.customer():
                self.page(self.home(customer))
            else:
                self.page(SIGN_IN.format(said="Sign in."))

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MOST_BYTES:
                self.close_connection = True
                return self.say("Too long", 413)
            body = self.rfile.read(length)
            if self.path == "/hook":
                return self.hook(body)
            act = {"/sign-in": self.sign_in, "/sign-out": self.sign_out}.get(self.path)
            if act is None:
                return self.act_as_customer()
            act({name: values[0] for name, values in parse_qs(body.decode()).items()})

        def hook(self, body: bytes) -> None:
            """Signet calls: 200 only after it was dealt with, so that nothing is lost with us."""
            refusal = wa.webhook_update_validator(body, self.headers.get("X-Hub-Signature-256"))
            said, status = refusal or wa.webhook_update_handler(body)
            self.say(said, status, kind="text/plain")

        def act_as_customer(self) -> None:
            customer = self.customer()
            if customer is None:
                self.page(SIGN_IN.format(said="Sign in first."), 403)
            elif self.path == "/link":
                made = {name: html.escape(str(value)) for name, value in new_link(customer).items()}
                self.page(LINK.format(**made))
            elif self.path == "/odd":
                asked = pay(customer, 84000, "Nordlicht Reisen")
                said = (
                    "We ask you in your chat."
                    if asked
                    else "It waits. Link your chat, and we can ask you."
                )
                self.page(f'<p class="note">{said}<p><a href="/">Back</a>')
            else:
                self.page("<p>There is no such page.", 404)

        def home(self, customer: sqlite3.Row) -> str:
            rows = "".join(
                f"<tr><td>{html.escape(one['payee'])}<td>{money(one['cents'])}"
                f"<td>{one['moment']}<td>{one['state']}"
                for one in accounts.transfers(customer["number"])
            )
            linked = accounts.chats_of(customer["number"])
            return HOME.format(
                name=html.escape(customer["name"].split()[0]),
                account=customer["account"],
                rows=rows,
                linked="Your chat is linked." if linked else "Your chat is not linked yet.",
            )

        def sign_in(self, said: dict[str, str]) -> None:
            customer = accounts.sign_in(said.get("number", ""), said.get("pin", ""))
            if customer is None:
                return self.page(SIGN_IN.format(said="That is not right. Try again."), 403)
            token = secrets.token_urlsafe(32)
            sessions[token] = customer["number"]
            self.go_home(f"bank={token}; HttpOnly; SameSite=Strict; Path=/")

        def sign_out(self, said: dict[str, str]) -> None:
            sessions.pop(self.token(), None)
            self.go_home("bank=; Max-Age=0; Path=/")

        def token(self) -> str:
            kept = SimpleCookie(self.headers.get("Cookie", "")).get("bank")
            return kept.value if kept else ""

        def customer(self) -> sqlite3.Row | None:
            number = sessions.get(self.token())
            return accounts.customer(number) if number else None

        def go_home(self, cookie: str) -> None:
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", "/")
            self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", "0")
            self.end_headers()

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
