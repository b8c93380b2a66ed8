"""The whole site as processes, and somebody to look at it."""

from collections.abc import Callable, Iterator

import pytest

from portal.tests.processes import free_port
from tests.browser import Visitor


@pytest.fixture
def start_site(processes, chromium) -> Iterator[Callable[..., Visitor]]:
    """Start all of Signet as `make run` does, with the local Stripe; keywords are environment."""
    visitors: list[Visitor] = []

    def start(**environment: str) -> Visitor:
        peer_port = free_port()
        around = {
            "DEMO": "1",
            "STRIPE_API_BASE": f"http://localhost:{peer_port}",
            "FIRST_BATCH_HOLD_MINUTES": "0",
        } | environment
        url = processes.start_web(**around)
        processes.start_worker(**around)
        processes.start_beat(**around)
        ports = {"STRIPE_PEER_PORT": str(peer_port), "STRIPE_ENGINE_PORT": str(free_port())}
        peer = around | ports | {"VAR_DIR": str(processes.folder)}
        processes.start("stripe", "python", "-m", "billing.devpeer", "--catalog", **peer)
        processes.wait("stripe", lambda: "The catalogue is here." in processes.log("stripe"))
        visitors.append(Visitor(chromium, url, stream=True))
        return visitors[-1]

    yield start
    for visitor in visitors:
        visitor.close()
