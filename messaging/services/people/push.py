"""Telling a person's browsers that a message has come, also while the inbox is closed.

A row of the outbox per browser, in the transaction of the message. What travels is sealed for that
browser and holds nothing but the sender's name, unless the person wants to read the words at once.
Adverts are never told.
"""

import hashlib
import json
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Message, PushSubscription
from messaging.rules import Recipient
from messaging.services.messages import preview
from messaging.services.people.push_sealing import authorization, read_keys, seal_push
from messaging.services.people.sessions import is_open
from messaging.signals import status_changed
from portal.base.fetch import NotAllowed, fetch, read_address
from portal.base.refused import Refused
from portal.base.services.outbox import handles, post
from profiles.models import Profile

MOST_BROWSERS = 10  # of one person
KEPT_FOR = 24 * 3600  # seconds a push service keeps what a browser that is off can't take
GONE = (404, 410)
WORDS = 200  # characters, where the person wants them
SECONDS = 10.0


class PushFailed(Exception):
    """The push service did not take it; the outbox tries again."""


@transaction.atomic
def subscribe(
    person_id: int,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    session_hash: str,
    browser: str = "",
    now: datetime | None = None,
) -> PushSubscription:
    """Tell this browser of messages from now on. Asking again changes nothing.

    Raises Refused for an address or keys that are none.
    """
    try:
        read_address(endpoint, loopback=settings.WEBHOOK_ALLOW_LOOPBACK)
        read_keys(p256dh, auth)
    except (NotAllowed, ValueError):
        raise Refused(_("This browser can't be told of messages."), code="push_invalid") from None
    endpoint_hash = _hash(endpoint)
    # A browser tells one person at a time: the one who is signed in there.
    PushSubscription.objects.filter(person_id=person_id, session_hash=session_hash).exclude(
        endpoint_hash=endpoint_hash
    ).delete()
    mine = PushSubscription.objects.filter(person_id=person_id).order_by("-made_at")
    for old in mine.exclude(endpoint_hash=endpoint_hash)[MOST_BROWSERS - 1 :]:
        old.delete()
    values = {
        "endpoint": endpoint,
        "p256dh": p256dh,
        "auth": auth,
        "session_hash": session_hash,
        "browser": browser[:200],
    }
    row, _is_new = PushSubscription.objects.update_or_create(
        person_id=person_id,
        endpoint_hash=endpoint_hash,
        defaults=values,
        create_defaults=values | {"made_at": now or timezone.now()},
    )
    return row


def unsubscribe(person_id: int, *, session_hash: str) -> bool:
    """Tell the browser of this session nothing more. Returns whether it was told before."""
    rows = PushSubscription.objects.filter(person_id=person_id, session_hash=session_hash)
    return bool(rows.delete()[0])


def show_words(person_id: int, *, session_hash: str, shows: bool) -> None:
    """Whether this browser shows what messages say, or only whom they are from."""
    PushSubscription.objects.filter(person_id=person_id, session_hash=session_hash).update(
        shows_words=shows
    )


@receiver(status_changed)
def tell_of_message(
    message: Message, profile: Profile, recipient: Recipient | None = None, **kwargs: object
) -> None:
    """A message has come: a row for each browser of its person. (Campaigns are adverts: none.)"""
    is_new = message.status == Message.Status.SENT and message.direction == Message.Direction.OUT
    if not is_new or message.message_class == Message.Class.MARKETING:
        return
    if recipient and not recipient.has_browsers:
        return
    rows = PushSubscription.objects.filter(person_id=message.person_id)
    for endpoint_hash in rows.values_list("endpoint_hash", flat=True):
        post(
            "push",
            person=message.person_id,
            browser=endpoint_hash,
            profile=profile.pk,
            message=message.id,
        )


@handles("push")
def send_push(payload: dict) -> None:
    """Seal and send one push. What has been read meanwhile is not told; a browser that is gone is
    forgotten. May run twice: the browser shows one notice for each sender.
    """
    browser = _browser(payload["person"], payload["browser"])
    message = (
        Message.objects.filter(person_id=payload["person"], id=payload["message"])
        .exclude(status=Message.Status.READ)
        .first()
    )
    profile = Profile.objects.filter(pk=payload["profile"]).first()
    if browser is None or message is None or profile is None:
        return
    answer = fetch(
        browser.endpoint,
        method="POST",
        body=seal_push(
            json.dumps(what_it_says(browser, message, profile)).encode(),
            p256dh=browser.p256dh,
            auth=browser.auth,
        ),
        headers={
            "Authorization": authorization(browser.endpoint, now=timezone.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_FOR),
            "Urgency": "high" if message.message_class == Message.Class.CRITICAL else "normal",
        },
        seconds=SECONDS,
        loopback=settings.WEBHOOK_ALLOW_LOOPBACK,
    )
    if answer.status in GONE:
        browser.delete()
    elif answer.status == 429 or answer.status >= 500:
        raise PushFailed(f"The push service answered {answer.status}.")


def _browser(person_id: int, endpoint_hash: str) -> PushSubscription | None:
    """The browser, while its person is signed in there; else it is forgotten."""
    row = PushSubscription.objects.filter(person_id=person_id, endpoint_hash=endpoint_hash).first()
    if row and not is_open(person_id, row.session_hash):
        row.delete()
        return None
    return row


def what_it_says(browser: PushSubscription, message: Message, profile: Profile) -> dict[str, str]:
    """The sender's name; more only where the person asked for it."""
    if not browser.shows_words:
        return {"from": profile.name}
    words = preview(message)
    return {"from": profile.name, "text": words[:WORDS], "chat": profile.handle}


def _hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()
