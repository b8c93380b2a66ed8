"""POST /{profile} and the small edges around it: what registering a phone number means here.

A profile has no phone and no PIN: it is active when its business made it. So what clients do to
register one is checked for form, and changes nothing.
"""

import re

from django.utils.translation import gettext as _

from messaging.api.calls import DELETE, GET, POST, Call, edge
from messaging.api.errors import GraphError, missing, wrong
from messaging.api.fields import one_of, text, thing
from messaging.models import WebhookEndpoint
from messaging.services.webhooks.addresses import remove_webhook, set_webhook
from profiles.models import Profile
from profiles.services.profiles import change_profile

LONGEST = 60  # characters of a name
PROFILE = WebhookEndpoint.Level.PROFILE


@edge(Profile, "", POST)
def post_profile(call: Call) -> dict:
    """Set or take away the profile's own webhook; ask for another name, which waits for a look."""
    if "webhook_configuration" in call.data:
        _set_own_webhook(call, thing(call.data, "webhook_configuration"))
    elif call.data.get("new_display_name"):
        change_profile(call.node, by=None, name=text(call.data, "new_display_name", most=LONGEST))
    elif "pin" in call.data:
        _check_pin(call.data)
    else:
        raise missing("webhook_configuration")
    return {"success": True}


def _set_own_webhook(call: Call, given: dict) -> None:
    app = call.caller.app
    url = text(
        given, "override_callback_uri", most=500, where="webhook_configuration", required=False
    )
    if url:
        token = text(given, "verify_token", most=200, where="webhook_configuration")
        set_webhook(
            app,
            url=url,
            verify_token=token,
            by=None,
            level=PROFILE,
            profile=call.node,
            now=call.now,
        )
        return
    for endpoint in app.endpoints.filter(level=PROFILE, profile=call.node):
        remove_webhook(endpoint, by=None)


@edge(Profile, "register", POST)
def register(call: Call) -> dict:
    """Checked for form; a profile is always registered."""
    if call.data.get("messaging_product", "whatsapp") != "whatsapp":
        raise GraphError(100, _("messaging_product: “whatsapp” is expected."))
    _check_pin(call.data)
    return {"success": True}


def _check_pin(data: dict) -> None:
    if not re.fullmatch(r"\d{6}", str(data.get("pin", ""))):
        raise wrong("pin", _("six digits are expected."))


@edge(Profile, "deregister", POST)
def deregister(call: Call) -> dict:
    """A profile is closed in the dashboard, not by programs; it stays as it is."""
    return {"success": True}


@edge(Profile, "request_code", POST)
def request_code(call: Call) -> dict:
    """No code is sent: there is no phone to prove."""
    one_of(call.data, "code_method", ("SMS", "VOICE"))
    return {"success": True}


@edge(Profile, "verify_code", POST)
def verify_code(call: Call) -> dict:
    """Whatever code comes is as good as none."""
    text(call.data, "code", most=20)
    return {"success": True}


@edge(Profile, "settings", GET)
def get_settings(call: Call) -> dict:
    """Calls are not offered; messages are kept by the operator."""
    return {
        "calling": {"status": "DISABLED"},
        "user_identity_change": {"enable_identity_key_check": False},
        "payload_encryption": {"status": "DISABLED"},
        "storage_configuration": {"status": "DEFAULT"},
    }


@edge(Profile, "settings", POST)
def post_settings(call: Call) -> dict:
    """What is off may be switched off again; switching calls on is refused."""
    calling = thing(call.data, "calling", required=False)
    if str(calling.get("status", "DISABLED")).upper() != "DISABLED":
        raise GraphError(100, _("Calls are not offered here."))
    return {"success": True}


@edge(Profile, "username", GET)
def get_username(call: Call) -> dict:
    """The profile's handle."""
    return {"username": call.node.handle, "status": "approved"}


@edge(Profile, "username_suggestions", GET)
def get_username_suggestions(call: Call) -> dict:
    """A handle is chosen once, when the profile is made."""
    return {"data": []}


@edge(Profile, "whatsapp_commerce_settings", GET)
def get_commerce_settings(call: Call) -> dict:
    """There is no catalogue."""
    return {
        "data": [{"id": str(call.node.pk), "is_cart_enabled": False, "is_catalog_visible": False}]
    }


@edge(Profile, "whatsapp_commerce_settings", POST)
@edge(Profile, "username", POST, DELETE)
@edge(Profile, "conversational_automation", POST)
@edge(Profile, "calls", POST, GET)
@edge(Profile, "call_permissions", GET)
@edge(Profile, "groups", POST, GET)
@edge(Profile, "whatsapp_business_encryption", POST, GET)
def not_offered(call: Call) -> dict:
    """What the Cloud API has and we have not: said plainly."""
    raise GraphError(100, _("“%s” is not offered here.") % call.edge)
