"""What the browser's tests of billing stand on: our site and the local Stripe peer, both real."""

import copy

import pytest

from billing.services.catalogue import sync_catalogue
from billing.tests.peer import SECRET, silence_webhooks, the_peer
from tests.browser import chromium, visit  # noqa: F401


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def peer(settings, live_server):
    """The local peer with our catalogue, telling this test's server what happens."""
    peer = the_peer()
    settings.SITE_URL = live_server.url
    settings.STRIPE_API_BASE = peer.url
    settings.STRIPE_SECRET_KEY = "sk_test_local"
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", peer.url]
    settings.CONTENT_SECURITY_POLICY = policy
    sync_catalogue()
    yield peer
    silence_webhooks(live_server.url)
