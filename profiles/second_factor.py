"""Whether this very session passed a second factor; having one is not enough."""

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def passed_second_factor(request: HttpRequest) -> bool:
    """An authenticator app, a passkey or a recovery code was used in this session, by this user."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def has_second_factor(user) -> bool:
    """An authenticator app or a passkey is set up."""
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()
