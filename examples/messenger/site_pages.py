"""The messenger's pages, and /take, where Signet's gateway calls."""

import html
import json
from dataclasses import fields
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from members import Rates
from signet import Failed

MOST_BYTES = 16_000_000
PAGES = Path(__file__).with_name("pages")
HEAD, HOME, MEMBER = (
    (PAGES / f"{name}.html").read_text(encoding="utf-8") for name in ("head", "home", "member")
)
WORDS = {
    "read": "of messages are read",
    "reply": "of read ones are answered",
    "complain": "of read adverts are complained about",
    "report": "of complaints are reports",
}


def pages(messenger) -> type[BaseHTTPRequestHandler]:
    """The handler of the site's requests."""
    book = messenger.book

    class Pages(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(address.query).items()}
            if address.path == "/":
                self.page(self.home(asked.get("q", "")))
            elif address.path.startswith("/as/"):
                self.member(address.path.removeprefix("/as/"), asked.get("chat", ""))
            elif address.path == "/numbers":
                self.say(json.dumps(book.numbers()), 200, kind="application/json")
            else:
                self.page("<p>There is no such page.", 404)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MOST_BYTES:
                self.close_connection = True
                return self.say("Too long", 413)
            body = self.rfile.read(length)
            if self.path == "/take":
                taken = messenger.take(body, {k.lower(): v for k, v in self.headers.items()})
                if taken is None:
                    return self.say("The signature is wrong.", 401)
                return self.say(json.dumps(taken), 200, kind="application/json")
            if self.path == "/rates":
                return self.change_rates(parse_qs(body.decode()))
            self.page("<p>There is no such page.", 404)

        def home(self, words: str) -> str:
            numbers = "".join(
                f"<div><dt>{html.escape(name.removesuffix(' done'))}</dt><dd>{n:,}</dd></div>"
                for name, n in book.numbers().items()
            )
            rates = "".join(
                f'<label>{WORDS[f.name]} <input name="{f.name}" type="number" min="0" max="1"'
                f' step="any" value="{getattr(messenger.rates, f.name)}"></label>'
                for f in fields(Rates)
            )
            found = "".join(_person(row["id"], row["name"]) for row in book.find(words))
            latest = "".join(
                f'<li><a href="/as/{quote(row["person"])}">{html.escape(row["name"])}</a> from '
                f"@{html.escape(row['profile'])}: {html.escape(row['text'][:80])}</li>"
                for row in book.latest()
            )
            return HOME.format(
                numbers=numbers,
                rates=rates,
                words=html.escape(words, quote=True),
                found=found or "<li>Nobody.</li>",
                latest=latest or "<li>Nothing yet. Send a campaign from the dashboard.</li>",
            )

        def member(self, id_: str, chat: str) -> None:
            """The member's phone: their inbox in a frame, opened by a link that works once."""
            if (member := book.member(id_)) is None:
                return self.page("<p>There is no such member.", 404)
            try:
                link = messenger.signet.one_time_link(id_, chat)
            except Failed as failure:
                return self.page(f"<p>Signet is away: {html.escape(str(failure))}", 502)
            got = "".join(
                f"<li><b>@{html.escape(row['profile'])}</b> {html.escape(row['text'])}"
                + (f" <i>{html.escape(row['author'])}</i>" if row["author"] else "")
                for row in book.messages_of(id_)
            )
            self.page(
                MEMBER.format(
                    name=html.escape(member["name"]),
                    id=html.escape(id_),
                    link=html.escape(link, quote=True),
                    got=got or "<li>Nothing yet.</li>",
                )
            )

        def change_rates(self, said: dict[str, list[str]]) -> None:
            try:
                rates = Rates(**{name: float(values[0]) for name, values in said.items()})
                if not all(0 <= getattr(rates, field.name) <= 1 for field in fields(Rates)):
                    raise ValueError
            except (TypeError, ValueError):
                return self.page("<p>A rate is a number from 0 to 1.", 400)
            messenger.set_rates(rates)
            self.send_response(303)
            self.send_header("Location", "/")
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
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None:
            """Say nothing of each request."""

    return Pages


def _person(id_: str, name: str) -> str:
    return f'<li><a href="/as/{quote(id_)}">{html.escape(name)}</a> {html.escape(id_)}</li>'
