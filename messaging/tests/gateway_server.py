"""A messenger's gateway on this machine: a real server, that can fail in every way."""

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook


class GatewayServer:
    """Takes signed batches. `answer` says what comes back: bytes are sent as they are (then the
    connection is cut), a tuple is status, headers and body; it may sleep, and count.

    Arguments:
        port: 0 for a free one.
    """

    def __init__(self, port: int = 0) -> None:
        self.secret = ""
        self.answer: Callable[[dict], bytes | tuple] = lambda batch: (200, {}, b"")
        self.calls = 0
        self.forged = 0  # calls whose signature was wrong
        self.sizes: list[int] = []
        self.batches: list[str] = []
        self.seen: list[dict] = []  # every message of a batch that was read, in order
        self.at_once, self.most_at_once = 0, 0
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/take"

    @property
    def messages(self) -> dict[str, dict]:
        """What a messenger has that knows a message by its id: the first copy of each."""
        kept: dict[str, dict] = {}
        for message in self.seen:
            kept.setdefault(message["id"], message)
        return kept

    def is_signed(self, body: bytes, names: dict[str, str]) -> bool:
        """As `Webhook.verify`, but for the age: time is simulated."""
        at = datetime.fromtimestamp(int(names["webhook-timestamp"]), UTC)
        if abs(datetime.now(UTC) - at) < timedelta(minutes=4):
            Webhook(self.secret).verify(body, names)
        signed = Webhook(self.secret).sign(names["webhook-id"], at, body.decode())
        return names["webhook-signature"] == signed

    def conversations(self) -> dict[tuple[str, str], list[str]]:
        """(person, profile) -> texts, in the order of arrival, each id once."""
        talks = defaultdict(list)
        for message in self.messages.values():
            talks[message["person"], message["profile"]].append(message["text"])
        return dict(talks)

    def _handler(gateway):  # noqa: N805  (the handler below has a self of its own)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                with gateway.lock:
                    gateway.calls += 1
                    gateway.at_once += 1
                    gateway.most_at_once = max(gateway.most_at_once, gateway.at_once)
                try:
                    self._take()
                finally:
                    with gateway.lock:
                        gateway.at_once -= 1

            def _take(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                if not gateway.is_signed(body, names):
                    gateway.forged += 1
                    return self._say(401, {}, b"")
                batch = json.loads(body)
                assert names["webhook-id"] == batch["batch"]
                said = gateway.answer(batch)
                if said is None:  # killed before it kept anything
                    return self._cut(b"")
                with gateway.lock:
                    if isinstance(said, bytes) or said[0] < 500:
                        gateway.seen += batch["messages"]
                        gateway.sizes.append(len(batch["messages"]))
                        gateway.batches.append(batch["batch"])
                if isinstance(said, bytes):
                    return self._cut(said)
                self._say(*said)

            def _cut(self, sent):
                self.wfile.write(sent)
                self.wfile.flush()
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

            def _say(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        return Handler


@contextmanager
def taking(port: int = 0):
    """A GatewayServer that runs within the block."""
    gateway = GatewayServer(port)
    thread = threading.Thread(target=gateway.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        gateway.server.shutdown()
        gateway.server.server_close()


def rejecting(*refs: str) -> tuple:
    """The answer of a messenger that will never take these."""
    return 200, {}, json.dumps({"rejected": [{"id": ref} for ref in refs]}).encode()
