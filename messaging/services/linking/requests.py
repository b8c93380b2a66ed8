"""A business asks a person to link an account: a one-time link, also as a QR code.

The business shows it to its customer; who opens it is asked (services/account_links). The token in
the link is random and kept as a hash: a used, expired, withdrawn or altered link opens nothing.
"""

import hashlib
import io
import re
import secrets
from datetime import datetime, timedelta

import segno
from celery import shared_task
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import LinkRequest
from messaging.models.linking import NONCE
from messaging.rules import may_begin
from portal.base.live import announce
from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record

LIVES = timedelta(minutes=15)  # where the business names no other time
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=7)
KEPT_FOR = timedelta(days=30)  # after the end; then the nonce may be used again
State = LinkRequest.State


@transaction.atomic
def ask_to_link(
    profile: Profile,
    *,
    by: User | None,
    nonce: str = "",
    reference: str = "",
    account_name: str = "",
    purpose: str = "",
    asks_alerts: bool = True,
    asks_adverts: bool = False,
    lives: timedelta = LIVES,
    now: datetime | None = None,
) -> tuple[LinkRequest, str]:
    """Make a one-time link by which a person can link an account of theirs at this business.

    Arguments:
        by: the member who made it; None where a program did.
        nonce: comes back in the webhook, once; the business's own, or made here. 1 to 128
            visible ASCII characters.
        reference: the business's number of the customer; the person never sees it.
        account_name: what the person reads, such as "Account ending 4711".
        purpose: what the link is for, in the business's words.
        asks_alerts, asks_adverts: what else the person is asked to allow.
        lives: how long the link may be answered, 1 minute to 7 days.

    Returns the request and its token. Raises Refused where the profile may not begin talks, the
    nonce was used before, or a value is not valid.
    """
    now = now or timezone.now()
    may_begin(profile, now=now)
    nonce = nonce or secrets.token_urlsafe(18)
    _check(nonce, lives, reference, account_name, purpose)

    token = secrets.token_urlsafe(24)
    try:
        with transaction.atomic():
            request = LinkRequest.objects.create(
                token_hash=hash_of(token),
                business=profile.business,
                profile=profile,
                nonce=nonce,
                reference=reference,
                account_name=account_name,
                purpose=purpose,
                asks_alerts=asks_alerts,
                asks_adverts=asks_adverts,
                made_at=now,
                made_by=by,
                expires_at=now + lives,
            )
    except IntegrityError:
        raise Refused(
            _("This nonce was used before. Make a new one for each link."), code="nonce_used"
        ) from None
    # Neither number nor account of a customer: the audit forgets nobody.
    record(request, "link_request.made", by=by)
    return request, token


def _check(nonce: str, lives: timedelta, *words: str) -> None:
    if not re.fullmatch(NONCE, nonce):
        raise Refused(
            _("nonce: 1 to 128 letters, digits or signs, without spaces."), code="invalid"
        )
    if not SHORTEST <= lives <= LONGEST:
        raise Refused(_("A link lives between one minute and seven days."), code="invalid")
    if any("\x00" in text for text in words):
        raise Refused(_("A text can't contain the character NUL."), code="invalid")


@transaction.atomic
def withdraw_request(
    request: LinkRequest, *, by: User | None, now: datetime | None = None
) -> LinkRequest:
    """The link opens nothing any more. Raises Refused where it was answered or is over."""
    now = now or timezone.now()
    request = LinkRequest.objects.select_for_update().get(pk=request.pk)
    if request.state != State.OPEN or request.expires_at <= now:
        raise Refused(_("This link can't be used any more anyway."), code="link_over")
    close_request(request, State.WITHDRAWN, now=now)
    record(request, "link_request.withdrawn", by=by)
    return request


def close_request(request: LinkRequest, state: str, *, now: datetime) -> None:
    """Write down the answer to a locked, open request, and tell the business's open pages."""
    request.state, request.answered_at = state, now
    request.save(update_fields=["state", "answered_at"])
    announce(f"business:{request.business_id}", "link", request.uuid)


def request_behind(token: str, *, now: datetime | None = None) -> LinkRequest | None:
    """The open request of a link as a person followed it, else None."""
    return (
        LinkRequest.objects.select_related("profile__business")
        .filter(token_hash=hash_of(token), state=State.OPEN, expires_at__gt=now or timezone.now())
        .first()
    )


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def address_of(token: str) -> str:
    """Where the link leads people."""
    return f"{settings.SITE_URL}/m/link/{token}/"


def picture_of(address: str, form: str) -> bytes:
    """An address as a QR code, "png" or "svg", black on white in every scheme."""
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind=form, scale=8, border=3, light="#fff")
    return out.getvalue()


@shared_task
def forget_old_link_requests() -> int:
    """Delete requests that ended KEPT_FOR ago. Returns how many."""
    old = LinkRequest.objects.filter(expires_at__lt=timezone.now() - KEPT_FOR)
    return old.delete()[0]
