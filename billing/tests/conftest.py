"""What the browser's tests of billing stand on: our site and the local Stripe peer, both real."""

import copy

import pytest

from billing.services.catalogue import sync_catalogue
from billing.stripe_gateway import access
from billing.tests.contract.client import ContractClient
from billing.tests.peer import SECRET, silence_webhooks, the_peer


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


@pytest.fixture(autouse=True, scope="session")
def every_request_keeps_the_contract():
    """No request leaves our tests that Stripe's own description does not know."""
    with pytest.MonkeyPatch.context() as patch:
        contract = ContractClient(timeout=access.TIMEOUT)
        patch.setattr(access, "http_client", lambda: contract)
        yield
