"""An integrator's server on this machine: a real one, that remembers what it was told."""

import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, bytes]


class Receiver:
    """Answers challenges with `verify_token`, and posts with whatever `answer` says."""

    def __init__(self, verify_token: str = "hush") -> None:
        self.verify_token = verify_token
        self.posts: list[tuple[bytes, dict[str, str]]] = []
        self.answer: Callable[[bytes, dict[str, str]], Answer] = lambda body, headers: (200, b"ok")
        self.page: tuple[int, str, bytes] | None = None  # what a GET gets instead of a challenge
        self.page_for: Callable[[str], tuple[int, str, bytes]] | None = None  # the same, by path
        self.gets = 0
        self.arrived = threading.Condition()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def wait_for(self, n: int, seconds: float = 30) -> list[tuple[bytes, dict[str, str]]]:
        """The posts, once there are at least `n` of them."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.posts) >= n, seconds), (
                f"{len(self.posts)} of {n} posts arrived"
            )
            return list(self.posts)

    def _handler(receiver):  # noqa: N805  (the handler below has a self of its own)
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                receiver.gets += 1
                page = receiver.page_for(self.path) if receiver.page_for else receiver.page
                if page:
                    status, kind, content = page
                    return self._say(status, content, kind)
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                right = query.get("hub.verify_token") == receiver.verify_token
                self._say(200 if right else 403, query.get("hub.challenge", "").encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, said = receiver.answer(body, headers)
                with receiver.arrived:
                    receiver.posts.append((body, headers))
                    receiver.arrived.notify_all()
                self._say(status, said)

            def _say(self, status, said, kind="text/plain"):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                with suppress(BrokenPipeError):  # who called has lost patience
                    self.wfile.write(said)

            def log_message(self, *args):
                pass

        return Handler


@contextmanager
def receiving(verify_token: str = "hush"):
    """A Receiver that runs within the block."""
    receiver = Receiver(verify_token)
    thread = threading.Thread(target=receiver.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
