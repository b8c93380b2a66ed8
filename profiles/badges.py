"""What the badge of a profile says, in words for anyone."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from profiles.models import Check, Profile, Verification


@dataclass(frozen=True)
class Badge:
    """Whether it shows, why (one sentence), what was checked, and until when that holds."""

    shown: bool
    sentence: str
    legal_name: str = ""
    country: str = ""
    checked: list[str] = field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None


def badge_of(profile: Profile, now: datetime | None = None) -> Badge:
    """The badge as people read it now."""
    now = now or timezone.now()
    if profile.is_test:
        return Badge(False, _("This is a test profile. It has no badge."))
    verification = _current(profile, now)
    if verification is None:
        return Badge(False, _why_unverified(profile))

    badge = Badge(
        True,
        _("%(name)s is a verified business.") % {"name": profile.business},
        legal_name=verification.case.legal_name,
        country=verification.case.country,
        checked=[
            check.get_kind_display()
            for check in verification.case.checks.filter(result=Check.Result.PASSED)
        ],
        since=verification.granted_at,
        until=verification.valid_until,
    )
    if profile.standing in Profile.BADGE_OFF:
        return replace(badge, shown=False, sentence=_why_lost(profile))
    if not profile.business.is_paid(now):
        sentence = _("The business was checked, but its badge is not active now.")
        return replace(badge, shown=False, sentence=sentence)
    return badge


def _current(profile: Profile, now: datetime) -> Verification | None:
    return (
        profile.business.verifications.filter(ended_at=None, valid_until__gt=now)
        .select_related("case")
        .first()
    )


def _why_unverified(profile: Profile) -> str:
    last = profile.business.verifications.order_by("-granted_at").first()
    if last is None:
        return _("This business is not verified.")
    if last.ended_at is None or last.ended_reason == Verification.LAPSED:
        day = last.ended_at or last.valid_until
        return _("Its verification ended on %(day)s.") % {"day": _day(day)}
    return _("Its verification was withdrawn on %(day)s.") % {"day": _day(last.ended_at)}


def _why_lost(profile: Profile) -> str:
    day = _day(profile.standing_changed_at) if profile.standing_changed_at else ""
    if profile.standing == Profile.Standing.SUSPENDED:
        return _(
            "Its badge was taken away for now, on %(day)s, while complaints are looked at."
        ) % {"day": day}
    return _("Its verification was withdrawn on %(day)s after complaints.") % {"day": day}


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y")
