"""Accounts as staff look after them: a lost second factor, sessions, and who may come in."""

from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from celery import shared_task
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from portal.base.services.mail import mail
from profiles.models import User
from profiles.services.audit import record

LISTED_FOR = timedelta(days=1)  # a session is listed a moment before its row is written


@transaction.atomic
def reset_second_factor(user: User, *, by: User, reason: str) -> int:
    """Forget all authenticator apps, passkeys and recovery codes of a user, and sign them out.

    They sign in by mail and set a new one up. Returns how many were forgotten. Raises Refused for
    oneself, for somebody above oneself, and where there is none.
    """
    user = _locked(user, by)
    forgotten, _kinds = Authenticator.objects.filter(user=user).delete()
    if not forgotten:
        raise Refused(_("%(name)s has no second factor.") % {"name": user})
    ended = _sign_out(user)

    record(user, "user.second_factor_reset", by=by, reason=reason, factors=forgotten, ended=ended)
    _tell(
        user,
        _("Your second factor was reset"),
        _(
            "Staff have removed your authenticator app, passkeys and recovery codes, and signed "
            "you out everywhere. Sign in by mail and set up a new one."
        ),
    )
    return forgotten


@transaction.atomic
def end_sessions(user: User, *, by: User, reason: str) -> int:
    """Sign a user out everywhere, from this moment. Returns how many sessions were known."""
    user = _locked(user, by)
    ended = _sign_out(user)

    record(user, "user.sessions_ended", by=by, reason=reason, ended=ended)
    _tell(
        user,
        _("You were signed out everywhere"),
        _("Staff have ended all your sessions. You can sign in again."),
    )
    return ended


def guard_superusers(user: User, *, is_active: bool, is_staff: bool) -> None:
    """Raises Refused when without this user no superuser could come in any more."""
    if not user.is_superuser or (is_active and is_staff):
        return
    others = User.objects.filter(is_superuser=True, is_staff=True, is_active=True)
    if not others.exclude(pk=user.pk).exists():
        raise Refused(
            _("This is the last superuser. Make another one on the server first."),
            code="last_superuser",
        )


def may_look_after(user: User, *, by: User) -> bool:
    """Nobody reaches above themselves: superusers are looked after by superusers."""
    return by.is_superuser or not user.is_superuser


def sign_out_everywhere(user: User) -> int:
    """End all sessions of a user whose rights were taken. Returns how many were known."""
    return _sign_out(user)


@shared_task
def forget_ended_sessions(now: datetime | None = None) -> int:
    """Delete the sessions whose time is over, with what is listed of them. Returns how many."""
    now = now or timezone.now()
    gone = Session.objects.filter(expire_date__lt=now).delete()[0]
    there = Session.objects.filter(session_key=OuterRef("session_key"))
    UserSession.objects.filter(~Exists(there), last_seen_at__lt=now - LISTED_FOR).delete()
    return gone


def _locked(user: User, by: User) -> User:
    if user.pk == by.pk:
        raise Refused(_("This is your own account: use its own pages."), code="own_account")
    if not may_look_after(user, by=by):
        raise Refused(_("Only a superuser can do that to a superuser."), code="superusers_only")
    return User.objects.select_for_update().get(pk=user.pk)


def _sign_out(user: User) -> int:
    # A session is worth something only while it was made under the present password, and a new
    # unusable one differs from the last: so sessions that nobody listed end, too.
    user.set_unusable_password()
    user.save(update_fields=["password"])
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def _tell(user: User, subject: str, body: str) -> None:
    mail(
        user.email,
        subject=subject,
        body=f"{body}\n\n{settings.SITE_URL}\n\n{settings.OPERATOR_NAME}",
    )
