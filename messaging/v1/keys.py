"""Who calls the management API, and what their key covers."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from messaging.models import AccessToken
from messaging.services.integrators.keys import role_of, token_behind, touch, who_may
from profiles.models import User

SAFE = ("GET", "HEAD", "OPTIONS")


class KeyAuthentication(BaseAuthentication):
    """The header “Authorization: Bearer” with a key; never in the address."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _space, raw = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != "bearer" or not raw.strip():
            return None
        token = usable(raw.strip(), timezone.now())
        return token.created_by, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Signet"'


def usable(raw: str, now: datetime) -> AccessToken:
    """The key as written, if it opens anything now. Raises AuthenticationFailed."""
    token = token_behind(raw)
    if token is None:
        raise AuthenticationFailed(_("There is no such key. Make one under API and webhooks."))
    if token.revoked_at or token.app.closed_at or token.app.business.closed_at:
        raise AuthenticationFailed(_("The key was revoked."))
    if token.expires_at and token.expires_at <= now:
        raise AuthenticationFailed(_("The key has expired."))
    touch(token, now)
    return token


class HasScope(BasePermission):
    """The key names the scope, and its maker may still do by hand what it asks for."""

    def has_permission(self, request: Request, view) -> bool:
        token = request.auth
        if not isinstance(token, AccessToken):
            return False
        if not (scope := scope_of(view, request.method or "")):
            return True
        if scope not in token.scopes:
            self.message = _("The key lacks the scope %s.") % scope
            return False
        if role_of(token.created_by, token.app.business) not in who_may(scope):
            self.message = _("Who made this key may not do this any more. Make a new key.")
            return False
        return True


def scope_of(view, method: str) -> str:
    """The scope that a method of a view asks for; empty where any key will do."""
    if not view.noun:
        return ""
    writes = method not in SAFE and getattr(view, "action", "") not in view.reading
    return f"{view.noun}:{'write' if writes else 'read'}"


class KeyScheme(OpenApiAuthenticationExtension):
    """How the schema names it."""

    target_class = KeyAuthentication
    name = "key"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "sgt_…"}
