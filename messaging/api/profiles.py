"""GET and POST /{profile}: what clients call a phone number, and its public profile."""

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from messaging.api.bodies import opened
from messaging.api.calls import GET, MANAGEMENT, POST, Call, edge
from messaging.api.errors import wrong
from messaging.api.fields import one_of, text, things
from messaging.api.health import health_of
from messaging.api.selection import asked, select
from messaging.api.uploads import picture_behind
from messaging.services.webhooks.bodies import display_number
from profiles.models import Profile
from profiles.services.changes import waiting_change
from profiles.services.profiles import change_logo, change_profile

SHOWN = (
    "verified_name",
    "code_verification_status",
    "display_phone_number",
    "quality_rating",
    "platform_type",
    "throughput",
    "last_onboarded_time",
    "webhook_configuration",
)
NAMED = {"new_display_name", "new_name_status"}
QUALITY = {
    Profile.Quality.UNKNOWN: "UNKNOWN",
    Profile.Quality.GREEN: "GREEN",
    Profile.Quality.YELLOW: "YELLOW",
    Profile.Quality.RED: "RED",
}


@edge(Profile, "", GET, scope=None)
def get_profile(call: Call) -> dict:
    """The profile in the words of a phone number."""
    profile: Profile = call.node
    full = as_phone_number(profile)
    names = asked(call.data)
    if NAMED & set(names):
        full |= _name_asked_for(profile)
    if "health_status" in names:
        full["health_status"] = health_of(profile.business, [profile], call.caller.app, call.now)
    return select(full, call.data, default=SHOWN)


def _name_asked_for(profile: Profile) -> dict:
    """The new name that waits for a look, if one does."""
    case = waiting_change(profile.business)
    for change in case.changes if case else []:
        if (change["profile"], change["field"]) == (str(profile.pk), "name"):
            return {"new_display_name": change["after"], "new_name_status": "PENDING_REVIEW"}
    return {}


def filtered_profiles(rows: QuerySet[Profile], data: dict) -> QuerySet[Profile]:
    """`filtering=[{"field": "account_mode", "operator": "EQUAL", "value": "LIVE"}]`: test profiles
    or the others. Raises GraphError.
    """
    for condition in things(data, "filtering", least=0, most=5):
        if condition.get("field") != "account_mode" or condition.get("operator") != "EQUAL":
            raise wrong("filtering", _("only account_mode EQUAL is offered."))
        mode = one_of(condition, "value", ("SANDBOX", "LIVE"), where="filtering")
        rows = rows.filter(is_test=mode == "SANDBOX")
    return rows


def as_phone_number(profile: Profile) -> dict:
    """All that clients may ask of a phone number."""
    return {
        "id": str(profile.pk),
        "verified_name": profile.name,
        "display_phone_number": display_number(profile.pk),
        "code_verification_status": "VERIFIED",
        "quality_rating": QUALITY[Profile.Quality(profile.quality)],
        "quality_score": {"score": QUALITY[Profile.Quality(profile.quality)]},
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "status": "CONNECTED",
        "name_status": "APPROVED",
        "new_name_status": "NONE",
        "account_mode": "SANDBOX" if profile.is_test else "LIVE",
        "is_official_business_account": profile.badge_shown,
        "is_pin_enabled": False,
        "messaging_limit_tier": "TIER_250" if profile.daily_cap else "TIER_UNLIMITED",
        "last_onboarded_time": profile.created_at.strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "host_platform": "CLOUD_API",
        "search_visibility": "VISIBLE",
        "whatsapp_business_account": {
            "id": str(profile.business_id),
            "name": profile.business.name,
        },
        "webhook_configuration": {},
        "x_profile": {
            "handle": profile.handle,
            "badge": profile.badge_shown,
            "standing": profile.standing,
        },
    }


@edge(Profile, "whatsapp_business_profile", GET, scope=None)
def get_business_profile(call: Call) -> dict:
    """What people read about the business."""
    profile = call.node
    full = {
        "messaging_product": "whatsapp",
        "about": profile.about,
        "address": profile.address,
        "description": profile.description,
        "email": profile.email,
        "profile_picture_url": call.absolute(profile.logo_url) if profile.logo else "",
        "websites": [profile.website] if profile.website else [],
        "vertical": profile.vertical,
    }
    names = [name for name in asked(call.data) if name in full]
    kept = ["messaging_product", "vertical", *names] if names else full
    return {"data": [{name: full[name] for name in full if name in kept and full[name]}]}


@edge(Profile, "whatsapp_business_profile", POST, scope=MANAGEMENT)
def post_business_profile(call: Call) -> dict:
    """Change what people read; what is left out stays."""
    changes: dict[str, str] = {}
    for name, most in (("about", 139), ("address", 256), ("description", 512)):
        if name in call.data:
            changes[name] = text(call.data, name, most=most, required=name == "about")
    if "email" in call.data:
        changes["email"] = _email(text(call.data, "email", most=128, required=False))
    if "vertical" in call.data and call.data["vertical"]:
        choices = (*Profile.Vertical.values, "UNDEFINED", "NOT_A_BIZ", "PROF_SERVICES")
        vertical = one_of(call.data, "vertical", choices)
        changes["vertical"] = vertical if vertical in Profile.Vertical.values else "OTHER"
    if "websites" in call.data:
        changes["website"] = _websites(opened(call.data["websites"]))
    if changes:
        change_profile(call.node, by=None, **changes)
    if handle := text(call.data, "profile_picture_handle", most=500, required=False):
        change_logo(call.node, by=None, data=picture_behind(call.business, handle))
    return {"success": True}


def _email(value: str) -> str:
    try:
        if value:
            validate_email(value)
    except ValidationError:
        raise wrong("email", _("this is not an e-mail address.")) from None
    return value


def _websites(value: object) -> str:
    """The first of at most two; the profile shows one."""
    sites = [value] if isinstance(value, str) else value
    if not isinstance(sites, list) or len(sites) > 2 or not all(isinstance(s, str) for s in sites):
        raise wrong("websites", _("a list of at most two links is expected."))
    for site in sites:
        try:
            URLValidator(schemes=["http", "https"])(site)
        except ValidationError:
            raise wrong("websites", _("a link beginning with https:// is expected.")) from None
        if len(site) > 200:
            raise wrong("websites", _("a link has at most 200 characters."))
    return sites[0] if sites else ""
