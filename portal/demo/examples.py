"""The example programs of the demo: what they need to know to be a business's own system."""

import os
import secrets
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from messaging.models import AccessToken, App
from messaging.services.integrators.keys import create_app, create_token, revoke_token, secret_of
from portal.demo import cast
from portal.run import places
from profiles.models import Membership, Profile, User

LIVES = timedelta(days=30)
# Each with its profile and its port; a program lies in examples/NAME/NAME.py.
EXAMPLES = {
    "bank": (cast.BANK.handle, places.BANK_PORT),
    "airline": (cast.AIRLINE.handle, places.AIRLINE_PORT),
}


def surroundings(name: str, profile: Profile, *, port: int) -> dict[str, str]:
    """The environment of the example called `name`, with a fresh token; older ones end."""
    owner = User.objects.get(
        memberships__business=profile.business,
        memberships__role=Membership.Role.OWNER,
        memberships__removed_at=None,
    )
    app = _app(f"Example: {name}", profile, owner)
    for older in AccessToken.objects.filter(app=app, revoked_at=None):
        revoke_token(older, by=owner)
    token = create_token(app, name=name, by=owner, expires_at=timezone.now() + LIVES)[1]
    folder = settings.VAR / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "SIGNET_URL": settings.SITE_URL,
        "SIGNET_PHONE_NUMBER_ID": str(profile.pk),
        "SIGNET_ACCOUNT_ID": str(profile.business_id),
        "SIGNET_APP_ID": str(app.pk),
        "SIGNET_APP_SECRET": secret_of(app),
        "SIGNET_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "SIGNET_TOKEN": token,
        f"{name.upper()}_PORT": str(port),
        f"{name.upper()}_DATA": os.getenv(f"{name.upper()}_DATA")
        or str(folder / f"{name}.sqlite3"),
    }


def _app(name: str, profile: Profile, owner: User) -> App:
    app = App.objects.filter(business=profile.business, name=name, closed_at=None).first()
    return app or create_app(profile.business, name=name, by=owner)
