"""Events once more: one or a span of them sent again, a test call, and pages for who pulls."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import App, WebhookAttempt, WebhookCall, WebhookEndpoint, WebhookEvent
from messaging.services.integrators.keys import next_secret_of, secret_of
from messaging.services.webhooks.bodies import Gone, display_number, make_body
from messaging.services.webhooks.calls import Outcome, call_once, call_webhooks, log_of
from messaging.services.webhooks.events import KEPT_FOR, endpoint_for
from portal.base.ids import lowest_id_at, new_id
from portal.base.pairwise import user_id, wa_id
from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import Profile, User
from profiles.services.audit import record

MOST = 100_000  # events of one replay
BATCH = 1000
# Whoever pulls sees an event when every transaction that began before it has surely ended: a
# later one never appears before an earlier one, so that a cursor skips nothing.
SETTLED = timedelta(seconds=10)
NOBODY = "999999999999"  # a number that is no person's


@transaction.atomic
def replay_event(
    event: WebhookEvent, endpoint: WebhookEndpoint, *, by: User, now: datetime | None = None
) -> None:
    """Send one event to an address again, whatever became of it before. Raises Refused."""
    _guard(endpoint)

    _due_again([event], endpoint, now or timezone.now())

    record(endpoint.app, "webhook.replayed", by=by, events=1, event_id=str(event.pk))
    wake(call_webhooks)


@transaction.atomic
def replay_span(
    endpoint: WebhookEndpoint,
    *,
    since: datetime,
    until: datetime,
    by: User,
    now: datetime | None = None,
) -> int:
    """Send all events of a span of time again, oldest first, also those that happened while the
    address was switched off.

    Returns how many. Raises Refused: the address is switched off, the span is empty, too old or
    too full.
    """
    now = now or timezone.now()
    _guard(endpoint)
    if since >= until:
        raise Refused(_("The span ends before it begins."), code="span")
    if since < now - KEPT_FOR:
        raise Refused(_("Events are kept for 30 days. Begin later."), code="span")

    rows = _heard(endpoint.app).filter(id__gte=lowest_id_at(since), id__lt=lowest_id_at(until))
    events = [
        event
        for event in rows.order_by("id").only("id", "profile_id")[: MOST + 1]
        if endpoint_for(endpoint.app, event.profile_id) == endpoint
    ]
    if len(events) > MOST:
        raise Refused(_("That is more than %d events. Take a shorter span.") % MOST, code="span")
    for start in range(0, len(events), BATCH):
        _due_again(events[start : start + BATCH], endpoint, now)

    record(
        endpoint.app,
        "webhook.replayed",
        by=by,
        events=len(events),
        since=since.isoformat(),
        until=until.isoformat(),
    )
    wake(call_webhooks)
    return len(events)


def try_endpoint(endpoint: WebhookEndpoint, *, by: User) -> Outcome:
    """Send an address a message that nobody wrote, now, and say what came back.

    Call it outside any transaction. It is tried once.
    """
    now = timezone.now()
    with transaction.atomic():
        event = _test_event(endpoint, now)
        # Not due for anybody else while we call.
        call = WebhookCall.objects.create(
            event=event, endpoint=endpoint, due_at=now, given_up_at=now
        )
        record(endpoint.app, "webhook.tested", by=by, url=endpoint.url)
    outcome = call_once(
        endpoint,
        call,
        secret=secret_of(endpoint.app),
        next_secret=next_secret_of(endpoint.app),
    )
    with transaction.atomic():
        WebhookAttempt.objects.bulk_create([log_of(outcome)])
        changes: dict = {"attempts": 1}
        if outcome.is_success:
            changes |= {"done_at": timezone.now(), "given_up_at": None}
        WebhookCall.objects.filter(pk=call.pk).update(**changes)
    return outcome


def events_after(
    app: App,
    *,
    after: int = 0,
    limit: int,
    profile_ids: Sequence[int] = (),
    now: datetime | None = None,
) -> list[tuple[WebhookEvent, dict]]:
    """What the app hears of, oldest first, for who would rather ask than be called.

    Arguments:
        after: id of the last event that was seen; 0 for the oldest that is kept.
        profile_ids: of these profiles only, where the key is limited to them.

    Returns events with their bodies; they appear once they are SETTLED.
    """
    settled = lowest_id_at((now or timezone.now()) - SETTLED)
    rows = _heard(app).filter(id__gt=after, id__lt=settled).order_by("id")
    if profile_ids:
        rows = rows.filter(profile_id__in=profile_ids)
    found = []
    for event in rows[:limit]:
        try:
            body = event.body or make_body(event)
        except Gone:
            body = "{}"  # the message went with its person
        if not event.body and body != "{}":
            WebhookEvent.objects.filter(pk=event.pk, body="").update(body=body)
        found.append((event, json.loads(body)))
    return found


def _heard(app: App):
    return WebhookEvent.objects.filter(business_id=app.business_id, field__in=app.fields)


def _guard(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at:
        raise Refused(
            _("This address is switched off. Switch it on first."), code="endpoint_disabled"
        )


def _due_again(events: Sequence[WebhookEvent], endpoint: WebhookEndpoint, now: datetime) -> None:
    WebhookCall.objects.bulk_create(
        [WebhookCall(event=event, endpoint=endpoint, due_at=now) for event in events],
        update_conflicts=True,
        unique_fields=["event", "endpoint"],
        update_fields=["due_at", "attempts", "done_at", "given_up_at"],
    )


def _test_event(endpoint: WebhookEndpoint, now: datetime) -> WebhookEvent:
    business = endpoint.app.business
    profile = endpoint.profile or Profile.objects.filter(business=business, closed_at=None).first()
    profile_id = profile.pk if profile else 0
    event_id = new_id(now)
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": display_number(profile_id),
            "phone_number_id": str(profile_id),
        },
        "contacts": [
            {
                "profile": {"name": "Signet test"},
                "wa_id": wa_id(NOBODY),
                "user_id": user_id(NOBODY),
            }
        ],
        "messages": [
            {
                "from": wa_id(NOBODY),
                "from_user_id": user_id(NOBODY),
                "id": f"wamid.test{secrets.token_urlsafe(9)}",
                "timestamp": str(int(now.timestamp())),
                "type": "text",
                "text": {"body": "This is a test."},
            }
        ],
    }
    event = WebhookEvent(
        id=event_id,
        business=business,
        profile_id=profile_id or None,
        field="messages",
        facts={"value": value},
        created_at=now,
    )
    event.body = make_body(event)
    event.save(force_insert=True)
    return event
