"""Signing people in at the operator's own OpenID Connect provider, where settings name one.

A person is no user: what comes of it is a session of theirs, as from a one-time link. The provider
says who they are by a claim that holds the messenger's own id of them.
"""

import logging
from functools import lru_cache

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from messaging.services.gateway.members import member_named
from portal.base.refused import Refused

logger = logging.getLogger(__name__)

SECONDS = 10  # the provider has to answer
DISCOVERY = "/.well-known/openid-configuration"


def is_on() -> bool:
    """Whether people can sign in this way."""
    return bool(settings.OIDC_ISSUER and settings.OIDC_CLIENT_ID)


def send_to_provider(request: HttpRequest) -> HttpResponse:
    """Off to the provider, with a state, a nonce and a proof key (PKCE) of this browser's own.

    Raises Refused where the provider is away.
    """
    back = settings.SITE_URL + reverse("inbox_sign_in_done")
    try:
        client = _client()
        _check_issuer(client)
        return client.authorize_redirect(request, back)
    except (RequestException, OAuthError, ValueError, KeyError) as error:
        raise _away(error) from None


def person_from_provider(request: HttpRequest) -> int:
    """Whom the provider sends back. Its token is checked: signature, issuer, audience, nonce, age.

    Raises Refused with one sentence for all that is wrong, and for who is not here.
    """
    try:
        client = _client()
        _check_issuer(client)
        claims = client.authorize_access_token(request).get("userinfo") or {}
    except (OAuthError, JoseError) as error:
        logger.info("A sign-in was refused: %r", error)
        raise Refused(
            _("Signing in did not work. Try again from the beginning."), code="sign_in_failed"
        ) from None
    except (RequestException, ValueError, KeyError) as error:
        raise _away(error) from None
    finally:
        request.session.flush()
    who = claims.get(settings.OIDC_CLAIM)
    if not isinstance(who, str) or not who:
        raise Refused(
            _("Signing in did not work. Try again from the beginning."), code="sign_in_failed"
        )
    return member_named(who[:200])


def _client():
    return _client_of(
        settings.OIDC_ISSUER,
        settings.OIDC_CLIENT_ID,
        settings.OIDC_CLIENT_SECRET,
        settings.OIDC_SCOPE,
    )


@lru_cache(4)
def _client_of(issuer: str, client_id: str, client_secret: str, scope: str):
    """The client; what the provider says of itself is asked once."""
    registry = OAuth()
    return registry.register(
        "people",
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=issuer.rstrip("/") + DISCOVERY,
        client_kwargs={
            "scope": scope,
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )


def _check_issuer(client) -> None:
    """The provider is who the settings name, and not somebody who answers in its place."""
    said = client.load_server_metadata().get("issuer", "")
    if said.rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
        raise ValueError(f"the provider calls itself {said[:100]}")


def _away(error: Exception) -> Refused:
    logger.warning("The OpenID Connect provider can't be used: %r", error)
    return Refused(
        _("Signing in does not work now. Open the inbox from your messenger, or try later."),
        code="provider_away",
    )
