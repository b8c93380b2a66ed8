"""Addresses of integrators: set after a challenge, taken away, switched on again."""

import secrets
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import App, WebhookEndpoint
from messaging.services.webhooks.calls import call_webhooks
from portal.base.fetch import Unreachable, fetch
from portal.base.refused import Refused
from portal.base.services.wake import wake
from profiles.models import Profile, User
from profiles.services.audit import record

CHALLENGE_SECONDS = 10.0

# What an app can hear of, in the Cloud API's words.
FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "account_update",
    "account_review_update",
    "account_alerts",
    "phone_number_quality_update",
    "phone_number_name_update",
    "business_capability_update",
    "user_preferences",
    "account_linking",
)


def set_webhook(
    app: App,
    *,
    url: str,
    verify_token: str,
    by: User | None,
    level: str = WebhookEndpoint.Level.APP,
    profile: Profile | None = None,
    now: datetime | None = None,
) -> WebhookEndpoint:
    """Challenge the address and, if it answers, call it from now on.

    Raises Refused: the address may not be called, does not answer, or answers something else.
    """
    challenge(url, verify_token=verify_token)
    return _save(
        app, url=url, verify_token=verify_token, by=by, level=level, profile=profile, now=now
    )


def challenge(url: str, *, verify_token: str) -> None:
    """Ask the address to repeat a number. Raises Refused unless it does."""
    number = str(secrets.randbelow(9 * 10**9) + 10**9)  # decimal: some receivers read an int
    query = urlencode(
        {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": number}
    )
    address = f"{url}{'&' if '?' in url else '?'}{query}"
    try:
        answer = fetch(address, seconds=CHALLENGE_SECONDS, loopback=settings.WEBHOOK_ALLOW_LOOPBACK)
    except Unreachable as error:
        raise Refused(
            _("The address did not answer: %s") % error, code="challenge_failed"
        ) from None
    said = answer.body.decode("utf-8", "replace").strip().strip('"')
    if answer.status != 200 or said != number:
        raise Refused(
            _(
                "The address answered %(status)s, but not with the challenge. It must check "
                "hub.verify_token and answer 200 with hub.challenge as its whole body."
            )
            % {"status": answer.status},
            code="challenge_failed",
        )


@transaction.atomic
def _save(
    app: App,
    *,
    url: str,
    verify_token: str,
    by: User | None,
    level: str,
    profile: Profile | None,
    now: datetime | None,
) -> WebhookEndpoint:
    app = App.objects.select_for_update().get(pk=app.pk)
    endpoint, _is_new = WebhookEndpoint.objects.update_or_create(
        app=app,
        level=level,
        profile=profile,
        defaults={
            "url": url,
            "verify_token": verify_token,
            "verified_at": now or timezone.now(),
            "failing_since": None,
            "resting_until": None,
            "disabled_at": None,
            "disabled_reason": "",
        },
    )
    record(app, "webhook.set", by=by, level=level, url=url)
    return endpoint


@transaction.atomic
def remove_webhook(endpoint: WebhookEndpoint, *, by: User | None) -> None:
    """Call the address no more; what was not delivered to it is dropped."""
    record(endpoint.app, "webhook.removed", by=by, level=endpoint.level, url=endpoint.url)
    endpoint.delete()


@transaction.atomic
def enable_webhook(endpoint: WebhookEndpoint, *, by: User | None) -> WebhookEndpoint:
    """Switch an address on again; it gets all that still waits for it."""
    endpoint = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    endpoint.disabled_at, endpoint.disabled_reason = None, ""
    endpoint.failing_since = endpoint.resting_until = None
    endpoint.save(
        update_fields=["disabled_at", "disabled_reason", "failing_since", "resting_until"]
    )
    record(endpoint.app, "webhook.enabled", by=by, level=endpoint.level)
    wake(call_webhooks)
    return endpoint


@transaction.atomic
def subscribe(app: App, *, by: User | None, fields: list[str] | None = None) -> App:
    """Let the app hear of its account, in these fields or in those it had. Raises Refused."""
    if unknown := [name for name in fields or [] if name not in FIELDS]:
        raise Refused(_("There is no field “%s”.") % unknown[0], code="unknown_field")
    app = App.objects.select_for_update().get(pk=app.pk)
    app.subscribed_at = app.subscribed_at or timezone.now()
    if fields is not None:
        app.fields = fields
    app.save(update_fields=["subscribed_at", "fields"])
    record(app, "app.subscribed", by=by, fields=app.fields)
    return app


@transaction.atomic
def unsubscribe(app: App, *, by: User | None) -> App:
    """Let the app hear of nothing more."""
    app = App.objects.select_for_update().get(pk=app.pk)
    app.subscribed_at = None
    app.save(update_fields=["subscribed_at"])
    record(app, "app.unsubscribed", by=by)
    return app
