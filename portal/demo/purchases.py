"""The demo's businesses buy their plans: a real checkout on the local Stripe peer, paid by test
card.
"""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from billing.models import CheckoutAttempt, PaymentRequest
from billing.services.catalogue import sync_catalogue
from billing.services.checkout import finish_checkout, start_checkout
from billing.services.paying import open_payment, refresh_attempt
from billing.services.payment_accounts import refresh_account, set_up_payments
from billing.services.payment_requests import Item
from messaging.services.payments import request_payment
from profiles.models import Business, Membership, Profile

PEER_STARTS_WITHIN = 60  # seconds
TEST_CARD = {"card": "4242424242424242"}
BILLS = (("CEU-20417", "Seat with leg room, 14C", 60_00), ("CEU-20418", "Extra bag, 23 kg", 90_00))


def buy_plans(plans: dict[Business, str]) -> None:
    """Each business buys its plan, a month at a time."""
    with local_peer():
        sync_catalogue()
        for business, plan in plans.items():
            owner = business.memberships.get(role=Membership.Role.OWNER).user
            page = start_checkout(business, plan=plan, interval="month", by=owner)
            _post(page, TEST_CARD)
            attempt = CheckoutAttempt.objects.get(business=business)
            finish_checkout(business, attempt.session_id or "")


def ask_for_money(profile: Profile, *, person_id: int) -> None:
    """The business answers Stripe's questions; one bill is paid, a second one waits."""
    owner = profile.business.memberships.get(role=Membership.Role.OWNER).user
    with local_peer():
        _post(set_up_payments(profile.business, by=owner), {"answer": "enough"})
        refresh_account(profile.business.payment_account.stripe_id)
        for reference, name, amount in BILLS:
            request_payment(
                profile,
                person_id,
                by=owner,
                items=[Item(name, amount)],
                currency="brl",
                reference_id=reference,
            )
        paid = PaymentRequest.objects.get(business=profile.business, reference_id=BILLS[0][0])
        _post(open_payment(paid), TEST_CARD)
        refresh_attempt(paid.attempts.get())


@contextmanager
def local_peer() -> Iterator[None]:
    """The peer as it runs, or one of our own for as long as we need it."""
    if _answers():
        yield
        return
    peer = subprocess.Popen([sys.executable, "-m", "billing.devpeer"], env=os.environ)
    try:
        _wait_for(peer)
        yield
    finally:
        peer.terminate()
        peer.wait(timeout=30)


def _wait_for(peer: subprocess.Popen) -> None:
    until = time.monotonic() + PEER_STARTS_WITHIN
    while not _answers():
        if peer.poll() is not None or time.monotonic() > until:
            raise RuntimeError("The local Stripe peer did not start.")
        time.sleep(0.1)


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"{settings.STRIPE_API_BASE}/", timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _post(page: str, fields: dict[str, str]) -> None:
    body = urllib.parse.urlencode(fields).encode()
    try:
        urllib.request.build_opener(_Stay).open(page, body, timeout=30).close()
    except urllib.error.HTTPError as answer:
        if answer.code != 303:  # done: Stripe leads back to the site
            raise


class _Stay(urllib.request.HTTPRedirectHandler):
    """The page that Stripe leads back to is not needed here."""

    def redirect_request(self, *args):
        return None
