"""Who calls, by whichever of the ways that clients use to carry a token."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from messaging.api.calls import Caller, is_node_id
from messaging.api.errors import GraphError
from messaging.services.integrators.callers import look_up
from messaging.services.integrators.keys import app_behind, touch

EXPIRED, CHANGED, INVALID = 463, 460, 467  # subcodes of 190
SCHEMES = ("bearer", "oauth")


def caller_of(request: HttpRequest, data: dict, now: datetime, *, node: str = "") -> Caller:
    """The app that calls, and its profile where `node` is one's id, in one statement.

    Raises GraphError 0 without a token, 190 with one that opens nothing.
    """
    raw, in_query = raw_token(request, data)
    if not raw:
        raise GraphError(0, _("Send the header “Authorization: Bearer” with an access token."))
    if "|" in raw:
        app = app_behind(*raw.split("|", 1))
        if app is None:
            raise _no_token(_("App id and secret don't match."), INVALID)
        return Caller(app, None, raw if in_query else "")
    known = look_up(raw, profile_id=int(node) if is_node_id(node) else None)
    if known is None:
        raise _no_token(_("There is no such token. Make one under API and webhooks."), INVALID)
    token = known.token
    if token.revoked_at or token.app.closed_at or token.app.business.closed_at:
        raise _no_token(_("The token was revoked."), CHANGED)
    if token.expires_at and token.expires_at <= now:
        raise _no_token(_("The token has expired."), EXPIRED)
    touch(token, now)
    return Caller(
        token.app,
        token,
        raw if in_query else "",
        asked=node,
        profile=known.profile,
        test_people=known.test_people,
    )


def raw_token(request: HttpRequest, data: dict) -> tuple[str, bool]:
    """The token as written, and whether it came in the query string."""
    scheme, _space, value = request.headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() in SCHEMES and value.strip():
        return value.strip(), False
    if key := request.headers.get("X-API-Key", "").strip():
        return key, False
    if in_query := request.GET.get("access_token", ""):
        return in_query, True
    in_body = data.get("access_token", "")
    return (in_body if isinstance(in_body, str) else ""), False


def _no_token(details: str, subcode: int) -> GraphError:
    return GraphError(190, details, subcode=subcode)
