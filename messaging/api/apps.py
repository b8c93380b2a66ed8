"""/{app}: the calling app itself, and the webhook of all it is subscribed to."""

import json

from django.utils.translation import gettext as _

from messaging.api.calls import DELETE, GET, MANAGEMENT, POST, Call, edge
from messaging.api.errors import GraphError
from messaging.api.fields import text
from messaging.api.selection import select
from messaging.models import App, WebhookEndpoint
from messaging.services.webhooks.addresses import FIELDS, remove_webhook, set_webhook, subscribe
from messaging.services.webhooks.bodies import OBJECT

APP = WebhookEndpoint.Level.APP
VERSION = "v23.0"


@edge(App, "", GET, scope=None, with_secret=True)
def get_app(call: Call) -> dict:
    """The app."""
    full = {
        "id": str(call.node.pk),
        "name": call.node.name,
        "namespace": "",
        "category": "Business",
        "link": "",
    }
    return select(full, call.data, default=("name", "category", "link"))


@edge(App, "subscriptions", GET, scope=MANAGEMENT, with_secret=True)
def get_subscriptions(call: Call) -> dict:
    """The app's webhook, if it has one."""
    endpoint = _endpoint(call.node)
    if endpoint is None:
        return {"data": []}
    return {
        "data": [
            {
                "object": OBJECT,
                "callback_url": endpoint.url,
                "active": endpoint.disabled_at is None,
                "fields": [{"name": name, "version": VERSION} for name in call.node.fields],
            }
        ]
    }


@edge(App, "subscriptions", POST, scope=MANAGEMENT, with_secret=True)
def post_subscriptions(call: Call) -> dict:
    """Set the app's webhook and the fields it hears of; the address is challenged first."""
    if (wanted := text(call.data, "object", most=100)) != OBJECT:
        raise GraphError(100, _("object: only “%s” exists here.") % OBJECT)
    fields = _fields(call.data)
    url = text(call.data, "callback_url", most=500)
    token = text(call.data, "verify_token", most=200)
    set_webhook(call.node, url=url, verify_token=token, by=None, level=APP, now=call.now)
    subscribe(call.node, by=None, fields=fields)
    return {"success": bool(wanted)}


@edge(App, "subscriptions", DELETE, scope=MANAGEMENT, with_secret=True)
def delete_subscriptions(call: Call) -> dict:
    """Take the webhook away, or stop hearing of single fields."""
    if call.data.get("fields"):
        gone = set(_fields(call.data) or [])
        subscribe(call.node, by=None, fields=[f for f in call.node.fields if f not in gone])
        return {"success": True}
    if endpoint := _endpoint(call.node):
        remove_webhook(endpoint, by=None)
    return {"success": True}


def _endpoint(app: App) -> WebhookEndpoint | None:
    return app.endpoints.filter(level=APP).first()


def _fields(data: dict) -> list[str] | None:
    """Names as a list, as JSON or separated by commas; those we never send are left out."""
    written = data.get("fields")
    if not written:
        return None
    if isinstance(written, str) and written.lstrip().startswith("["):
        try:
            written = json.loads(written)
        except ValueError:
            raise GraphError(100, _("fields: a list of names is expected.")) from None
    if isinstance(written, str):
        written = written.split(",")
    if not isinstance(written, list):
        raise GraphError(100, _("fields: a list of names is expected."))
    names = [str(item.get("name") if isinstance(item, dict) else item).strip() for item in written]
    return [name for name in FIELDS if name in names]
