"""How a person comes in: a one-time link from the messenger becomes a session of their own.

Persons are no users. The cookie holds `person_id.token`; only the token's hash is stored.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience.models import Person
from messaging.models.sessions import PersonSession, SignInLink
from portal.base.refused import Refused

LINK_AGE = timedelta(seconds=60)
SESSION_AGE = timedelta(days=30)


def make_sign_in_link(person_id: int, *, now: datetime | None = None) -> str:
    """A token that opens the person's inbox once within LINK_AGE. Raises Refused for nobody."""
    now = now or timezone.now()
    if not Person.objects.filter(person_id=person_id).exists():
        raise Refused(_("There is no such person."), code="unknown_person")
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(
        token_hash=_hash(token), person_id=person_id, made_at=now, expires_at=now + LINK_AGE
    )
    return token


@transaction.atomic
def follow_sign_in_link(token: str, *, browser: str = "", now: datetime | None = None) -> str:
    """Use the link up and open a session; returns the cookie's value.

    Raises Refused, with one sentence for used, expired and invented links alike.
    """
    now = now or timezone.now()
    # A conditional update, so that of two taps at once only one gets in.
    link = SignInLink.objects.filter(token_hash=_hash(token), used_at=None, expires_at__gt=now)
    person_id = link.values_list("person_id", flat=True).first()
    if person_id is None or not link.update(used_at=now):
        raise Refused(
            _("This link no longer works. Open the inbox from your messenger again."),
            code="link_over",
        )
    return open_session(person_id, browser=browser, now=now)


def open_session(person_id: int, *, browser: str = "", now: datetime | None = None) -> str:
    """A new session of the person; returns the cookie's value."""
    now = now or timezone.now()
    token = secrets.token_urlsafe(32)
    PersonSession.objects.create(
        person_id=person_id,
        token_hash=_hash(token),
        browser=browser[:200],
        opened_at=now,
        expires_at=now + SESSION_AGE,
    )
    return f"{person_id}.{token}"


def person_behind(cookie: str, *, now: datetime | None = None) -> Person | None:
    """The person whose open session the cookie names, else None."""
    now = now or timezone.now()
    session = _session(cookie)
    if not session.filter(closed_at=None, expires_at__gt=now).exists():
        return None
    return Person.objects.filter(person_id=int(cookie.partition(".")[0])).first()


def close_session(cookie: str, *, now: datetime | None = None) -> None:
    """Sign out of this browser. Nothing happens for a cookie that opens nothing."""
    _session(cookie).filter(closed_at=None).update(closed_at=now or timezone.now())


def is_open(person_id: int, session_hash: str, *, now: datetime | None = None) -> bool:
    """Whether the session that has this name is open."""
    return _open(person_id, now).filter(token_hash=session_hash).exists()


def open_sessions(person_id: int, *, now: datetime | None = None) -> list[PersonSession]:
    """Where the person is signed in, newest first."""
    return list(_open(person_id, now).order_by("-opened_at")[:50])


def close_other_session(person_id: int, session_hash: str, *, now: datetime | None = None) -> None:
    """Sign the person out of another browser."""
    _open(person_id, now).filter(token_hash=session_hash).update(closed_at=now or timezone.now())


def hash_of(cookie: str) -> str:
    """What a session is called: the hash of its token."""
    return _hash(cookie.partition(".")[2])


def _open(person_id: int, now: datetime | None):
    return PersonSession.objects.filter(
        person_id=person_id, closed_at=None, expires_at__gt=now or timezone.now()
    )


@shared_task
def forget_old_sessions() -> int:
    """Delete links and sessions that have opened nothing for a day. Returns how many."""
    before = timezone.now() - timedelta(days=1)
    links = SignInLink.objects.filter(expires_at__lt=before)
    sessions = PersonSession.objects.filter(expires_at__lt=before)
    return (links._raw_delete(links.db) or 0) + (sessions._raw_delete(sessions.db) or 0)


def _session(cookie: str):
    person_id, _dot, token = cookie.partition(".")
    if not (person_id.isascii() and person_id.isdigit() and len(person_id) <= 11 and token):
        return PersonSession.objects.none()
    return PersonSession.objects.filter(person_id=int(person_id), token_hash=_hash(token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
