"""Apps of integrators, their secrets, and the tokens that open the APIs."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import AccessToken, App
from messaging.models.apps import TOKEN_PREFIX
from portal.base.ids import new_node_id
from portal.base.refused import Refused
from portal.base.sealing import seal_text, unseal_text
from profiles.models import Business, Profile, User
from profiles.services.audit import record
from profiles.tenancy import ANSWER, DEVELOP, EVERYONE, MANAGE, MEASURE, SEND

SECRET_BYTES = 16
TOKEN_BYTES = 32
SHOWN = 9  # characters of a token that stay visible, prefix included
USED_EVERY = timedelta(minutes=1)  # `last_used_at` is not written more often
OVERLAP = timedelta(hours=24)  # how long the old secret goes on signing by itself
MOST_APPS = 20


@transaction.atomic
def create_app(business: Business, *, name: str, by: User) -> App:
    """Make an app with a secret, subscribed to the account's messages. Raises Refused."""
    Business.objects.select_for_update().get(pk=business.pk)
    if business.apps.filter(closed_at=None).count() >= MOST_APPS:
        raise Refused(_("A business has at most %d apps. Close one first.") % MOST_APPS)

    app = App(
        id=new_node_id(),
        business=business,
        name=name,
        fields=["messages"],
        subscribed_at=timezone.now(),
        created_by=by,
    )
    app.secret_sealed = _sealed(app, secrets.token_hex(SECRET_BYTES))
    app.save()

    record(app, "app.created", by=by)
    return app


@transaction.atomic
def close_app(app: App, *, by: User) -> App:
    """Close the app: its tokens open nothing and it hears nothing, from this moment."""
    app = App.objects.select_for_update().get(pk=app.pk)
    if app.closed_at:
        raise Refused(_("This app is closed already."))

    app.closed_at = timezone.now()
    app.subscribed_at = None
    app.save(update_fields=["closed_at", "subscribed_at"])

    record(app, "app.closed", by=by)
    return app


def secret_of(app: App) -> str:
    """The secret that signs the app's webhooks now."""
    return _unsealed(app, app.secret_sealed)


def next_secret_of(app: App) -> str | None:
    """The secret that is about to take over, else None."""
    return _unsealed(app, app.next_secret_sealed) if app.next_secret_sealed else None


@transaction.atomic
def rotate_secret(app: App, *, by: User, now: datetime | None = None) -> str:
    """Make the app's next secret and return it. The old one signs until `finish_rotation`."""
    app = App.objects.select_for_update().get(pk=app.pk)
    secret = secrets.token_hex(SECRET_BYTES)

    app.next_secret_sealed = _sealed(app, secret)
    app.next_secret_from = (now or timezone.now()) + OVERLAP
    app.save(update_fields=["next_secret_sealed", "next_secret_from"])

    record(app, "app.secret_rotated", by=by)
    return secret


@transaction.atomic
def finish_rotation(app: App, *, by: User | None) -> App:
    """Let the next secret take over; the old one proves nothing any more. Raises Refused."""
    app = App.objects.select_for_update().get(pk=app.pk)
    if not app.next_secret_sealed:
        raise Refused(_("There is no new secret. Make one first."))

    app.secret_sealed, app.next_secret_sealed, app.next_secret_from = (
        app.next_secret_sealed,
        "",
        None,
    )
    app.save(update_fields=["secret_sealed", "next_secret_sealed", "next_secret_from"])

    record(app, "app.secret_replaced", by=by)
    return app


@shared_task
def finish_due_rotations() -> int:
    """Let next secrets take over whose overlap has passed. Returns how many."""
    due = App.objects.filter(next_secret_from__lte=timezone.now())
    return len([finish_rotation(app, by=None) for app in due])


# Whose pages show the same: a key does no more than its maker may do by hand.
ROLES: dict[str, tuple[str, ...]] = {
    "profiles:read": EVERYONE,
    "profiles:write": MANAGE,
    "members:read": MANAGE,
    "members:write": MANAGE,
    "templates:read": EVERYONE,
    "templates:write": DEVELOP,
    "audiences:read": MEASURE,
    "audiences:write": SEND,
    "campaigns:read": MEASURE,
    "campaigns:write": SEND,
    "conversations:read": ANSWER,
    "conversations:write": ANSWER,
    "contacts:read": ANSWER,
    "contacts:write": ANSWER,
    "webhooks:read": DEVELOP,
    "webhooks:write": DEVELOP,
    "quality:read": MEASURE,
    "quality:write": MANAGE,
    "billing:read": MEASURE,
    "audit:read": MANAGE,
}


def who_may(scope: str) -> tuple[str | None, ...]:
    """The roles whose keys may have the scope; those of the Cloud API are the app's own."""
    return ROLES.get(scope, (*EVERYONE, None))


def role_of(user: User, business: Business) -> str | None:
    """The user's role in the business now; None for who is no member."""
    return (
        business.memberships.filter(user=user, removed_at=None)
        .values_list("role", flat=True)
        .first()
    )


@transaction.atomic
def create_token(
    app: App,
    *,
    name: str,
    by: User,
    scopes: Sequence[str] = AccessToken.CLOUD_API,
    profiles: Sequence[Profile] = (),
    expires_at: datetime | None = None,
) -> tuple[AccessToken, str]:
    """Make a token for the app. Returns the row and the token itself, which is kept nowhere.

    Raises Refused where it would do what `by` may not do.
    """
    role = role_of(by, app.business)
    if beyond := [scope for scope in scopes if role not in who_may(scope)]:
        raise Refused(
            _("Your role does not cover “%(scope)s”. Ask an owner to make this key.")
            % {"scope": AccessToken.Scope(beyond[0]).label},
            code="role",
        )
    raw = TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES).replace("-", "x").replace("_", "y")
    token = AccessToken.objects.create(
        app=app,
        name=name,
        prefix=raw[:SHOWN],
        sha256=_digest(raw),
        scopes=list(scopes),
        profile_ids=[profile.pk for profile in profiles],
        created_by=by,
        expires_at=expires_at,
    )
    record(
        token, "token.created", by=by, business=app.business, scopes=token.scopes, app=str(app.pk)
    )
    return token, raw


@transaction.atomic
def revoke_token(token: AccessToken, *, by: User) -> AccessToken:
    """Make the token open nothing, from this moment. Raises Refused."""
    token = AccessToken.objects.select_for_update().get(pk=token.pk)
    if token.revoked_at:
        raise Refused(_("This token is revoked already."))

    token.revoked_at, token.revoked_by = timezone.now(), by
    token.save(update_fields=["revoked_at", "revoked_by"])

    record(token, "token.revoked", by=by, business=token.app.business)
    return token


def token_behind(raw: str) -> AccessToken | None:
    """The row of a token as a client wrote it, usable or not, with its app and business."""
    digest = digest_of(raw)
    rows = AccessToken.objects.select_related("app__business")
    return rows.filter(sha256=digest).first() if digest else None


def digest_of(raw: str) -> str | None:
    """By what a token is found, or None where it can't be one."""
    return _digest(raw) if raw.startswith(TOKEN_PREFIX) else None


def touch(token: AccessToken, now: datetime) -> None:
    """Note that the token was used; at most one write a minute."""
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        AccessToken.objects.filter(pk=token.pk).update(last_used_at=now)


def app_behind(app_id: str, secret: str) -> App | None:
    """The app that proves itself by id and secret, else None."""
    if not app_id.isdecimal() or len(app_id) != 15:
        return None
    app = (
        App.objects.select_related("business")
        .filter(pk=int(app_id), closed_at=None, business__closed_at=None)
        .first()
    )
    if app is None:
        return None
    # Without a next secret there is one to know: an empty one proves nothing.
    known = filter(None, (secret_of(app), next_secret_of(app)))
    return app if any(hmac.compare_digest(secret.encode(), k.encode()) for k in known) else None


def _digest(raw: str) -> str:
    # 256 random bits need no slow hash.
    return hashlib.sha256(raw.encode()).hexdigest()


def _sealed(app: App, secret: str) -> str:
    return seal_text(secret, bound_to=f"app:{app.pk}:secret")


def _unsealed(app: App, sealed: str) -> str:
    return unseal_text(sealed, bound_to=f"app:{app.pk}:secret")
