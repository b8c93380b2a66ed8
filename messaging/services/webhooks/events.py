"""What integrators hear of: a row for each event and each address, in the transaction it is of."""

import json
import threading
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from psycopg import Cursor

from messaging.models import (
    AccountLink,
    App,
    Contact,
    Message,
    WebhookEndpoint,
    WebhookEvent,
)
from messaging.services.webhooks.calls import call_webhooks
from messaging.signals import message_received, status_changed
from portal.base.ids import RANDOM_BITS, lowest_id_at, new_id
from portal.base.prepared import run
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


def tell(
    business_id: int,
    *,
    field: str,
    facts: dict,
    profile_id: int | None = None,
    person_id: int | None = None,
    now: datetime | None = None,
) -> None:
    """Write down an event and one call for each app that listens to `field`, in one statement.

    Arguments:
        field: in the Cloud API's words, such as "messages".
        person_id: whom it is about; when they are erased, it goes.
        facts: what `webhook_bodies` makes the bytes from; JSON values.
    """
    now = now or timezone.now()
    found = run(
        TELL,
        {
            "id": _next_id(now),
            "business": business_id,
            "profile": profile_id,
            "person": person_id,
            "field": field,
            "fields": json.dumps([field]),
            "facts": json.dumps(facts),
            "now": now,
        },
    )
    # Read only now: until then it may be on its way together with other statements.
    transaction.on_commit(lambda: _wake_if_called(found), robust=True)


# One call for each app that listens: to the narrowest of its addresses that covers the profile,
# unless that one is switched off. Where no app listens there is no event.
TELL = """
    with listening as (
      select a.id from messaging_app a
       where a.business_id = %(business)s and a.subscribed_at is not null
         and a.fields @> %(fields)s::jsonb),
    event as (
      insert into messaging_webhookevent
        (id, business_id, profile_id, person_id, field, facts, body, created_at)
      select %(id)s, %(business)s, %(profile)s::bigint, %(person)s::bigint, %(field)s,
             %(facts)s::jsonb, '', %(now)s
       where exists (select from listening)
      returning id),
    addresses as (
      select distinct on (n.app_id) n.id, n.disabled_at
        from messaging_webhookendpoint n join listening l on l.id = n.app_id
       where n.profile_id is null or n.profile_id = %(profile)s::bigint
       order by n.app_id, case n.level when 'profile' then 0 when 'account' then 1 else 2 end),
    called as (
      insert into messaging_webhookcall (event_id, endpoint_id, due_at, attempts)
      select e.id, n.id, %(now)s, 0 from event e cross join addresses n
       where n.disabled_at is null
      returning 1)
    select count(*) from called
"""


def _wake_if_called(found: Cursor) -> None:
    row = found.fetchone()
    if row and row[0]:
        wake(call_webhooks)


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
