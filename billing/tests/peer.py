"""The local Stripe peer as the tests start it: once per run, on free ports, with a folder of its
own. It is a process; nothing of it is imported.
"""

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

from django.conf import settings
from django.test import LiveServerTestCase, override_settings

from billing import stripe_gateway
from billing.models import StripeEvent, Subscription
from billing.services.catalogue import sync_catalogue
from billing.services.stripe_events import handle_events
from profiles.models import Business, User
from profiles.tests.people import make_business, person

SECRET = "whsec_of_the_tests"
PATIENCE = 30  # seconds
GOOD, DECLINED, DECLINED_LATER = "4242424242424242", "4000000000000002", "4000000000000341"
ASKS, ASKS_THEN_DECLINES = "4000002760003184", "4000008400001629"


class Peer:
    """The running peer, and a buyer's way through its pages without a browser."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port, self.engine_port = free_port(), free_port()
        self.environment = os.environ | {
            "VAR_DIR": str(folder),
            "STRIPE_PEER_PORT": str(self.port),
            "STRIPE_ENGINE_PORT": str(self.engine_port),
            "STRIPE_WEBHOOK_SECRETS": SECRET,
            **environment,
        }
        self.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        with open(self.folder / "peer.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "billing.devpeer"],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(self.answers, "the peer answers")

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(20)
        until(lambda: not is_open(self.engine_port), "the engine has ended")

    def answers(self) -> bool:
        try:
            self.get("/v1/events?limit=1")
        except OSError:
            return False
        return True

    def get(self, path: str) -> str:
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": "Bearer sk_test_x"}
        )
        return urllib.request.urlopen(request, timeout=20).read().decode()

    def submit(self, url: str, **fields: str) -> tuple[int, str]:
        """Post a form of a hosted page. Returns the status, and where it leads or what it says."""
        opener = urllib.request.build_opener(_Stay)
        try:
            answer = opener.open(url, urllib.parse.urlencode(fields).encode(), timeout=20)
        except urllib.error.HTTPError as error:
            if error.code in (302, 303):
                return error.code, error.headers["Location"]
            return error.code, error.read().decode()
        return answer.status, answer.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object) -> None:
        return None


@cache
def the_peer() -> Peer:
    """One for all tests of a run."""
    folder = Path(tempfile.mkdtemp(prefix="signet-stripe-"))
    peer = Peer(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(peer.stop)
    return peer


class PeerTestCase(LiveServerTestCase):
    """Tests on the local peer: our server gets its webhooks; Alice owns Acme, Mallory Elsewhere."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.peer = the_peer()
        cls.enterClassContext(
            override_settings(
                SITE_URL=cls.live_server_url,
                STRIPE_API_BASE=cls.peer.url,
                STRIPE_SECRET_KEY="sk_test_local",
                STRIPE_WEBHOOK_SECRETS=[SECRET],
            )
        )
        sync_catalogue()
        cls.addClassCleanup(silence_webhooks, cls.live_server_url)

    def setUp(self) -> None:
        self.alice, self.mallory = person("alice"), person("mallory")
        self.acme = make_business("Acme", owner=self.alice, country="US")
        self.elsewhere = make_business("Elsewhere", owner=self.mallory, country="BR")

    def status(self, business: Business | None = None) -> str:
        row = Subscription.objects.filter(business=business or self.acme).order_by("-id").first()
        return row.status if row else ""

    def settle(self, condition: Callable[[], object], what: str) -> None:
        """Handle what the webhooks bring until `condition` holds."""

        def look() -> bool:
            handle_events()
            wrong = StripeEvent.objects.exclude(last_error="").first()
            assert wrong is None, f"{wrong}: {wrong and wrong.last_error}"
            return bool(condition())

        until(look, what)


def silence_webhooks(url: str) -> None:
    """Take a server that is about to end off the peer's list."""
    client = stripe_gateway.client()
    for endpoint in client.v1.webhook_endpoints.list({"limit": 100}).data:
        if endpoint.url.startswith(url):
            client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})


def buy(
    peer: Peer, business: Business, *, by: User, card: str = GOOD, **choice: object
) -> tuple[int, str]:
    """Choose a plan and give a card on the hosted page: its status, and where it leads."""
    from billing.services.checkout import start_checkout

    choice = {"plan": "business", "interval": "month"} | choice
    return peer.submit(start_checkout(business, by=by, **choice), card=card)


def session_of(location: str) -> str:
    """The session's id in the address to which Checkout sends the buyer back."""
    return re.search(r"session=(\w+)", location)[1]


def until(condition: Callable[[], object], what: str) -> None:
    """Wait for something another process does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"Waited {PATIENCE} seconds in vain until {what}."
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
