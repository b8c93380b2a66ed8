"""Events: signed ones that are sent to us, and Stripe's own list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import stripe
from django.conf import settings

from billing.snapshots import EventSnapshot
from billing.stripe_gateway.access import asking
from billing.stripe_gateway.values import id_of, moment

TOLERANCE = 300  # seconds a webhook's signature stays good


class BadSignature(Exception):
    """A webhook that Stripe did not sign, or signed too long ago."""


def verify(body: bytes, signature: str) -> EventSnapshot:
    """The event in a webhook's raw body, if one of our secrets signed it within TOLERANCE.

    Raises BadSignature otherwise, also for a body that is no event.
    """
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            return _event(stripe.Webhook.construct_event(body, signature, secret, TOLERANCE))
        except stripe.SignatureVerificationError:
            continue
        except (ValueError, AttributeError, KeyError) as error:
            raise BadSignature("The body is no event.") from error
    raise BadSignature("No secret of ours fits.")


def events_since(since: datetime, *, account_id: str = "") -> Iterator[EventSnapshot]:
    """Every event that happened since, oldest first. Stripe keeps them for 30 days.

    Arguments:
        account_id: of a business's own account; empty: ours.
    """
    options: stripe.RequestOptions = {"stripe_account": account_id} if account_id else {}
    with asking() as ask:
        listed = ask.v1.events.list(
            {"created": {"gte": int(since.timestamp())}, "limit": 100}, options
        )
        newest_first = [_event(event) for event in listed.auto_paging_iter()]
    for event in reversed(newest_first):
        # Stripe's list of one account does not name it.
        yield replace(event, account_id=account_id or event.account_id)


def _event(event: stripe.Event) -> EventSnapshot:
    thing = event.data.object.to_dict()
    parent = (thing.get("parent") or {}).get("subscription_details") or {}
    is_subscription = thing.get("object") == "subscription"
    return EventSnapshot(
        stripe_id=event.id,
        type=event.type,
        happened_at=moment(event.created),
        livemode=event.livemode,
        object_id=id_of(thing.get("id")),
        subscription_id=id_of(
            thing.get("id")
            if is_subscription
            else thing.get("subscription") or parent.get("subscription")
        ),
        customer_id=id_of(
            thing.get("id") if thing.get("object") == "customer" else thing.get("customer")
        ),
        account_id=event.to_dict().get("account") or "",
    )
