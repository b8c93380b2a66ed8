"""The front's web server: the API under /v1/, the hosted pages beside it, on the loopback only."""

import logging
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from billing.devpeer.api import Peer, as_json
from billing.devpeer.connect import ACCOUNT
from billing.devpeer.hosted import hosted, origin
from billing.devpeer.wire import decode

logger = logging.getLogger(__name__)

STYLE = Path(__file__).with_name("page.css")


def serve(peer: Peer, port: int) -> ThreadingHTTPServer:
    """A server that is bound already; call `serve_forever`."""

    class Handler(_Handler):
        pass

    Handler.peer = peer
    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


class _Handler(BaseHTTPRequestHandler):
    peer: Peer
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # headers and body leave together
    timeout = 60

    def handle_any(self) -> None:
        url = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        fields = decode(sent or url.query)
        try:
            if url.path.startswith("/v1/"):
                self.api(url.path, fields)
            elif url.path == "/page.css":
                self.send(200, "text/css; charset=utf-8", STYLE.read_bytes())
            else:
                self.page(url.path, fields)
        except BrokenPipeError:
            pass
        except Exception:
            logger.exception("%s %s failed", self.command, url.path)
            self.send(500, "application/json", b'{"error": {"type": "api_error"}}')

    do_GET = do_POST = do_DELETE = handle_any

    def api(self, path: str, fields: dict) -> None:
        key = self.headers.get("Idempotency-Key", "")
        if account := self.headers.get("Stripe-Account", ""):
            fields = fields | {ACCOUNT: account}
        if not self.headers.get("Authorization", "").startswith("Bearer sk_test_"):
            body = {"error": {"type": "invalid_request_error", "message": "Invalid API Key."}}
            return self.send(401, "application/json", as_json(body))
        status, thing = self.peer.answer(self.command, path, fields, key)
        self.send(status, "application/json", as_json(thing))

    def page(self, path: str, fields: dict) -> None:
        status, text, onward = hosted(self.peer, self.command, path, fields)
        extra = {"Location": onward} if onward else {}
        self.send(status, "text/html; charset=utf-8", text.encode(), extra)

    def send(
        self, status: int, kind: str, body: bytes, extra: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action 'self' {self.shops()}",
        } | (extra or {})
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def shops(self) -> str:
        """The origins to which a form may lead at last: where webhooks go, there the shop is."""
        urls = {origin(each["url"]) for each in self.peer.store.all("webhook_endpoint")}
        return " ".join(sorted(urls))

    def log_message(self, format: str, *args: object) -> None:
        logger.debug(format, *args)
