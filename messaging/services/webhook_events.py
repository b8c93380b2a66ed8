"""What integrators hear of: a row for each event and each address, in the transaction it is of."""

import threading
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone

from messaging.models import (
    AccountLink,
    App,
    Contact,
    Message,
    WebhookCall,
    WebhookEndpoint,
    WebhookEvent,
)
from messaging.services.webhook_calls import call_webhooks
from messaging.signals import message_received, status_changed
from portal.base.ids import RANDOM_BITS, lowest_id_at, new_id
from portal.base.services.wake import wake
from profiles.models import Profile

Level = WebhookEndpoint.Level
KEPT_FOR = timedelta(days=30)
_id_lock = threading.Lock()
_last_id = 0
NARROWEST_FIRST = (Level.PROFILE, Level.ACCOUNT, Level.APP)


@receiver(message_received)
def tell_of_message(
    sender, *, message: Message, profile: Profile, contact: Contact, **kwargs
) -> None:
    """A person wrote: the whole message goes to the business's integrators."""
    if contact.linked_at:
        # The first message after linking carries what the business knows the person by.
        AccountLink.objects.filter(
            person_id=message.person_id,
            business_id=profile.business_id,
            ended_at=None,
            told_id=None,
        ).update(told_id=message.id)
    tell(
        profile.business_id,
        field="messages",
        profile_id=profile.pk,
        person_id=message.person_id,
        facts={"kind": "message", "message": message.id},
        now=message.created_at,
    )


@receiver(status_changed)
def tell_of_status(sender, *, message: Message, profile: Profile, **kwargs) -> None:
    """A single message moved on. The signal is never sent for a campaign's messages."""
    if message.campaign_id is not None or message.status not in WHEN:
        return
    at = WHEN[Message.Status(message.status)](message) or timezone.now()
    tell(
        profile.business_id,
        field="messages",
        profile_id=profile.pk,
        person_id=message.person_id,
        facts={
            "kind": "status",
            "message": message.id,
            "status": message.status,
            "at": int(at.timestamp()),
            "error": message.error,
        },
        now=at,
    )


WHEN = {
    Message.Status.SENT: lambda message: message.created_at,
    Message.Status.DELIVERED: lambda message: message.delivered_at,
    Message.Status.READ: lambda message: message.read_at,
    Message.Status.FAILED: lambda message: None,
}


@transaction.atomic
def tell(
    business_id: int,
    *,
    field: str,
    facts: dict,
    profile_id: int | None = None,
    person_id: int | None = None,
    now: datetime | None = None,
) -> WebhookEvent | None:
    """Write down an event and one call for each app that listens to `field`.

    Arguments:
        field: in the Cloud API's words, such as "messages".
        person_id: whom it is about; when they are erased, it goes.
        facts: what `webhook_bodies` makes the bytes from; JSON values.

    Returns the event, or None where no app of the business listens.
    """
    now = now or timezone.now()
    apps = list(
        App.objects.filter(
            business_id=business_id, subscribed_at__isnull=False, fields__contains=[field]
        ).prefetch_related("endpoints")
    )
    if not apps:
        return None

    event = WebhookEvent.objects.create(
        id=_next_id(now),
        business_id=business_id,
        profile_id=profile_id,
        person_id=person_id,
        field=field,
        facts=facts,
        created_at=now,
    )
    endpoints = [e for app in apps if (e := endpoint_for(app, profile_id)) and not e.disabled_at]
    WebhookCall.objects.bulk_create(
        WebhookCall(event=event, endpoint=endpoint, due_at=now) for endpoint in endpoints
    )
    if endpoints:
        wake(call_webhooks)
    return event


def _next_id(now: datetime) -> int:
    """A new id, higher than the last one of the same millisecond: delivered comes before read."""
    global _last_id
    with _id_lock:
        made = new_id(now)
        if made >> RANDOM_BITS == _last_id >> RANDOM_BITS:
            made = max(made, _last_id + 1)
        _last_id = made
    return made


def endpoint_for(app: App, profile_id: int | None) -> WebhookEndpoint | None:
    """The narrowest of the app's endpoints that covers the profile."""
    by_level = {
        endpoint.level: endpoint
        for endpoint in app.endpoints.all()
        if endpoint.profile_id in (None, profile_id)
    }
    return next((by_level[level] for level in NARROWEST_FIRST if level in by_level), None)


@shared_task
def forget_old_events() -> int:
    """Delete events and their calls after KEPT_FOR. Returns how many events."""
    old = WebhookEvent.objects.filter(id__lt=lowest_id_at(timezone.now() - KEPT_FOR))
    gone = 0
    while pks := list(old.values_list("pk", flat=True)[:1000]):
        WebhookEvent.objects.filter(pk__in=pks).delete()
        gone += len(pks)
    return gone
