"""/{account}: a business in the words of a WhatsApp Business Account, its profiles and its apps."""

from messaging.api.analytics import analytics, analytics_asked
from messaging.api.calls import DELETE, GET, MANAGEMENT, NODES, POST, Call, edge
from messaging.api.fields import text
from messaging.api.health import health_of
from messaging.api.paging import page
from messaging.api.profiles import as_phone_number, filtered_profiles
from messaging.api.selection import asked, select
from messaging.models import App, WebhookEndpoint
from messaging.services.webhooks.addresses import (
    remove_webhook,
    set_webhook,
    subscribe,
    unsubscribe,
)
from profiles.models import Business, Profile

SHOWN = ("name", "timezone_id", "message_template_namespace")
PROFILE_SHOWN = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "last_onboarded_time",
)
ACCOUNT = WebhookEndpoint.Level.ACCOUNT
LISTING = {"phone_numbers", "health_status"}  # fields that need the profiles
MOST = 100  # profiles in a field


@edge(Business, "", GET, scope=None)
def get_account(call: Call) -> dict:
    """The account."""
    business: Business = call.node
    full: dict[str, object] = {
        "id": str(business.pk),
        "name": business.name,
        "timezone_id": "0",
        "message_template_namespace": f"ns_{business.pk}",
        "account_review_status": "APPROVED" if business.is_verified(call.now) else "PENDING",
        "business_verification_status": "verified"
        if business.is_verified(call.now)
        else "not_verified",
        "country": business.country,
        "currency": "USD",
        "ownership_type": "SELF",
        "status": "ACTIVE",
        "is_enabled_for_insights": True,
        "owner_business_info": {"id": str(business.pk), "name": business.name},
        "on_behalf_of_business_info": {
            "id": str(business.pk),
            "name": business.name,
            "status": "APPROVED",
            "type": "SELF",
        },
    }
    names = asked(call.data)
    rows = list(NODES[Profile](call.caller).order_by("pk")[:MOST]) if LISTING & set(names) else []
    if "phone_numbers" in names:
        full["phone_numbers"] = {"data": [_profile(call, row) for row in rows]}
    if "health_status" in names:
        full["health_status"] = health_of(business, rows, call.caller.app, call.now)
    shown = select(full, call.data, default=SHOWN)
    for name, arguments in analytics_asked(str(call.data.get("fields") or "")).items():
        shown[name] = analytics(call.business, name, arguments, call.now)
    return shown


@edge(Business, "phone_numbers", GET, scope=None)
def get_profiles(call: Call) -> dict:
    """The profiles that the token may use."""
    rows = filtered_profiles(NODES[Profile](call.caller), call.data)
    return page(call, rows, show=lambda row: _profile(call, row))


def _profile(call: Call, profile: Profile) -> dict:
    data = {} if call.edge == "" else call.data
    return select(as_phone_number(profile), data, default=PROFILE_SHOWN)


@edge(Business, "owned_whatsapp_business_accounts", GET, scope=MANAGEMENT)
@edge(Business, "client_whatsapp_business_accounts", GET, scope=MANAGEMENT)
def get_accounts(call: Call) -> dict:
    """A business is one account: the list has one entry."""
    return {"data": [{**get_account(call)}]}


@edge(Business, "subscribed_apps", GET, scope=MANAGEMENT)
def get_subscribed_apps(call: Call) -> dict:
    """Which of the account's apps hear of it."""
    apps = App.objects.filter(
        business=call.business, subscribed_at__isnull=False, closed_at=None
    ).prefetch_related("endpoints")
    return {"data": [_subscribed(app) for app in apps]}


def _subscribed(app: App) -> dict:
    entry: dict = {
        "whatsapp_business_api_data": {
            "id": str(app.pk),
            "name": app.name,
            "link": "",
        }
    }
    own = [endpoint for endpoint in app.endpoints.all() if endpoint.level == ACCOUNT]
    if own:
        entry["override_callback_uri"] = own[0].url
    return entry


@edge(Business, "subscribed_apps", POST, scope=MANAGEMENT)
def post_subscribed_apps(call: Call) -> dict:
    """Subscribe the calling app; with an address of its own for this account, if it names one."""
    app = call.caller.app
    if url := text(call.data, "override_callback_uri", most=500, required=False):
        token = text(call.data, "verify_token", most=200)
        set_webhook(app, url=url, verify_token=token, by=None, level=ACCOUNT, now=call.now)
    else:  # without one, the app's own address counts again
        for endpoint in app.endpoints.filter(level=ACCOUNT):
            remove_webhook(endpoint, by=None)
    subscribe(app, by=None)
    return {"success": True}


@edge(Business, "subscribed_apps", DELETE, scope=MANAGEMENT)
def delete_subscribed_apps(call: Call) -> dict:
    """Let the calling app hear nothing more of this account."""
    unsubscribe(call.caller.app, by=None)
    return {"success": True}
