"""Which messenger calls."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from messaging.models import Messenger, MessengerKey
from messaging.services.gateway.messengers import key_behind, touch_key


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer plk_…`, a key that staff made for the messenger."""

    def authenticate(self, request: Request) -> tuple[Messenger, MessengerKey] | None:
        scheme, _space, raw = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer" or not raw.strip():
            return None
        if (key := key_behind(raw.strip())) is None:
            raise AuthenticationFailed()
        touch_key(key)
        return key.messenger, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasKey(BasePermission):
    """Whoever calls has shown a key."""

    def has_permission(self, request: Request, view) -> bool:
        return isinstance(request.auth, MessengerKey)


class KeyScheme(OpenApiAuthenticationExtension):
    """How the schema calls the key."""

    target_class = KeyAuthentication
    name = "messengerKey"

    def get_security_definition(self, auto_schema) -> dict:
        return {"type": "http", "scheme": "bearer", "description": "A key of a messenger: plk_…"}
