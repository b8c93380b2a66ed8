"""The operator's messengers, the keys that open the platform API to them, and their gateways."""

import base64
import hashlib
import secrets
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import GatewayMessage, Messenger, MessengerKey
from messaging.models.messengers import FULL_BATCH, KEY_PREFIX
from portal.base.fetch import read_address
from portal.base.refused import Refused
from portal.base.sealing import seal_text, unseal_text
from profiles.models import User
from profiles.services.audit import record

KEY_BYTES = 32
SECRET_BYTES = 32
SHOWN = 9  # characters of a key that stay visible, prefix included
USED_EVERY = timedelta(minutes=1)  # `last_used_at` is not written more often
KNOWN_FOR = 5.0  # seconds

_known: tuple[float, tuple[int, ...]] = (0.0, ())  # until when, which messengers have a gateway


@transaction.atomic
def add_messenger(name: str, *, by: User | None) -> Messenger:
    """A messenger that may get keys. Raises Refused where the name is taken."""
    name = name.strip()
    if not name or "\x00" in name or len(name) > 60:
        raise Refused(_("A name has 1 to 60 characters."), code="invalid")
    messenger, is_new = Messenger.objects.get_or_create(name=name, defaults={"created_by": by})
    if not is_new:
        raise Refused(_("There is a messenger of this name already."), code="name_taken")

    record(messenger, "messenger.added", by=by)
    return messenger


@transaction.atomic
def close_messenger(messenger: Messenger, *, by: User, reason: str) -> Messenger:
    """Its keys open nothing and it gets nothing, from this moment."""
    messenger = Messenger.objects.select_for_update().get(pk=messenger.pk)
    if messenger.closed_at:
        raise Refused(_("This messenger is closed already."), code="closed")

    messenger.closed_at = timezone.now()
    messenger.save(update_fields=["closed_at"])

    forget_gateways()
    record(messenger, "messenger.closed", by=by, reason=reason)
    return messenger


@transaction.atomic
def create_key(messenger: Messenger, *, name: str, by: User | None) -> tuple[MessengerKey, str]:
    """Make a key. Returns the row and the key itself, which is kept nowhere. Raises Refused."""
    if messenger.closed_at:
        raise Refused(_("This messenger is closed."), code="closed")
    raw = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES).replace("-", "x").replace("_", "y")
    key = MessengerKey.objects.create(
        messenger=messenger, name=name, prefix=raw[:SHOWN], sha256=_digest(raw), created_by=by
    )

    record(key, "messenger_key.created", by=by, messenger=messenger.name)
    return key, raw


@transaction.atomic
def revoke_key(key: MessengerKey, *, by: User) -> MessengerKey:
    """Make the key open nothing, from this moment. Raises Refused."""
    key = MessengerKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at:
        raise Refused(_("This key is revoked already."), code="revoked")

    key.revoked_at, key.revoked_by = timezone.now(), by
    key.save(update_fields=["revoked_at", "revoked_by"])

    record(key, "messenger_key.revoked", by=by, messenger=key.messenger.name)
    return key


def key_behind(raw: str) -> MessengerKey | None:
    """The usable key that a client wrote, with its messenger, else None."""
    if not raw.startswith(KEY_PREFIX):
        return None
    return (
        MessengerKey.objects.select_related("messenger")
        .filter(sha256=_digest(raw), revoked_at=None, messenger__closed_at=None)
        .first()
    )


def touch_key(key: MessengerKey, *, now: datetime | None = None) -> None:
    """Note that the key was used; at most one write a minute."""
    now = now or timezone.now()
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        MessengerKey.objects.filter(pk=key.pk).update(last_used_at=now)


@transaction.atomic
def set_gateway(messenger: Messenger, *, url: str, by: User | None) -> str:
    """Have the messenger take messages at `url` from now on. Returns the secret of the signatures,
    which is shown this once; setting it again makes a new one.

    Raises Refused where the address may not be called.
    """
    read_address(url, loopback=settings.WEBHOOK_ALLOW_LOOPBACK, trusted=settings.GATEWAY_HOSTS)
    messenger = Messenger.objects.select_for_update().get(pk=messenger.pk)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()

    messenger.gateway_url = url
    messenger.secret_sealed = seal_text(secret, bound_to=_place(messenger))
    messenger.resting_until = messenger.failing_since = None
    messenger.failures, messenger.batch_size, messenger.last_error = 0, FULL_BATCH, ""
    messenger.save()

    forget_gateways()
    record(messenger, "messenger.gateway_set", by=by, url=url)
    return secret


@transaction.atomic
def drop_gateway(messenger: Messenger, *, by: User | None) -> None:
    """The messenger takes no messages any more; what waited for it is in people's inboxes only."""
    messenger = Messenger.objects.select_for_update().get(pk=messenger.pk)
    if not messenger.gateway_url:
        raise Refused(_("This messenger has no gateway."), code="no_gateway")

    messenger.gateway_url = ""
    messenger.save(update_fields=["gateway_url"])
    GatewayMessage.objects.filter(messenger_id=messenger.pk)._raw_delete("default")

    forget_gateways()
    record(messenger, "messenger.gateway_dropped", by=by)


def gateways() -> tuple[int, ...]:
    """The messengers that take messages; a change is known to all processes within KNOWN_FOR.

    Without a lock: who asks holds rows, and would wait here for somebody who waits for them.
    """
    global _known
    until, found = _known
    if until < time.monotonic():
        found = tuple(
            Messenger.objects.filter(~Q(gateway_url=""), closed_at=None)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        _known = (time.monotonic() + KNOWN_FOR, found)
    return found


def forget_gateways() -> None:
    """Ask anew at the next message: something has changed."""
    global _known
    _known = (0.0, ())


def gateway_secret(messenger: Messenger) -> str:
    """What signs the messenger's batches."""
    return unseal_text(messenger.secret_sealed, bound_to=_place(messenger))


def _place(messenger: Messenger) -> str:
    return f"messenger:{messenger.pk}:secret"


def _digest(raw: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(raw.encode()).hexdigest()
