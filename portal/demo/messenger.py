"""The example messenger of the demo: connected as staff would do it, with a fresh key."""

import os

from django.conf import settings

from messaging.models import Messenger, MessengerKey
from messaging.services.gateway.messengers import (
    add_messenger,
    create_key,
    gateway_secret,
    revoke_key,
    set_gateway,
)
from portal.demo import cast
from portal.run import places
from profiles.models import User

NAME = "Papo"


def messenger_surroundings() -> dict[str, str] | None:
    """The environment of examples/messenger; older keys end. None where there is no demo."""
    if (staff := User.objects.filter(email=cast.MARTA).first()) is None:
        return None
    messenger = Messenger.objects.filter(name=NAME).first() or add_messenger(NAME, by=staff)
    url = f"http://localhost:{places.MESSENGER_PORT}/take"
    is_set = messenger.gateway_url == url
    secret = gateway_secret(messenger) if is_set else set_gateway(messenger, url=url, by=staff)
    for older in MessengerKey.objects.filter(messenger=messenger, revoked_at=None):
        revoke_key(older, by=staff)
    folder = settings.VAR / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "SIGNET_URL": settings.SITE_URL,
        "SIGNET_KEY": create_key(messenger, name="example", by=staff)[1],
        "SIGNET_GATEWAY_SECRET": secret,
        "MESSENGER_PORT": str(places.MESSENGER_PORT),
        "MESSENGER_DATA": os.getenv("MESSENGER_DATA") or str(folder / "messenger.sqlite3"),
    }
