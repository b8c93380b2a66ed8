"""Daily caps: how many people a profile's campaigns may reach a day, earned step by step."""

from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record
from profiles.services.notices import notify
from trust.models import Evidence, Reading
from trust.services.evidence import evidence_of

STEPS: tuple[int | None, ...] = (250, 2_000, 10_000, 100_000, None)  # None: no cap
GREEN_DAYS = 7
USE = 0.5  # a day counts when this share of the cap was used
LOOK_BACK = timedelta(days=60)


def step_below(cap: int | None) -> int | None:
    """The next lower step; the lowest stays. A cap set by staff falls to the step below it."""
    if cap is None:
        return 100_000
    lower = [step for step in STEPS if step is not None and step < cap]
    return lower[-1] if lower else cap


def step_above(cap: int | None) -> int | None:
    """The next higher step; None (no cap) stays."""
    if cap is None:
        return None
    return next((step for step in STEPS if step is None or step > cap), None)


def step_down(profile: Profile, *, now: datetime) -> None:
    """One step down, because the profile is limited. The profile's row must be locked."""
    profile.daily_cap = step_below(profile.daily_cap)
    profile.save(update_fields=["daily_cap"])
    _remember(profile, now)


@transaction.atomic
def set_cap(
    profile: Profile, *, cap: int | None, by: User, reason: str, now: datetime | None = None
) -> Profile:
    """Staff set another cap (None: no cap). Raises Refused without a reason."""
    if not reason.strip():
        raise Refused(_("Say why."), code="no_reason")
    profile = Profile.objects.select_for_update(no_key=True).get(pk=profile.pk)
    old, profile.daily_cap = profile.daily_cap, cap
    profile.save(update_fields=["daily_cap"])
    record(profile, "profile.cap_set", by=by, old=old, new=cap, reason=reason.strip())
    _remember(profile, now or timezone.now())
    return profile


@shared_task
def raise_caps(now: datetime | None = None) -> int:
    """One step up for who sent well: seven green days at half the cap or more since the last
    change, and none that was not green. Returns how many.
    """
    now = now or timezone.now()
    raised = 0
    for pk in _candidates(now):
        raised += _raise(pk, now)
    return raised


def _candidates(now: datetime) -> list[int]:
    today = now.astimezone(UTC).date()
    used = Q(readings__quality="green", readings__delivered__gte=F("readings__cap") * USE)
    window = Q(readings__day__gte=today - LOOK_BACK, readings__day__lt=today)
    return list(
        Profile.objects.filter(
            window & used,
            standing=Profile.Standing.CLEAR,
            daily_cap__isnull=False,
            closed_at=None,
            is_test=False,
        )
        .annotate(days=Count("readings__day", distinct=True))
        .filter(days__gte=GREEN_DAYS)
        .values_list("pk", flat=True)
    )


@transaction.atomic
def _raise(profile_id: int, now: datetime) -> bool:
    profile = (
        Profile.objects.select_for_update(no_key=True, of=("self",))
        .select_related("business")
        .get(pk=profile_id)
    )
    cap = profile.daily_cap
    if cap is None or profile.standing != Profile.Standing.CLEAR:
        return False
    changed = Evidence.objects.filter(profile=profile).values_list("cap_changed_at", flat=True)
    since = changed.first() or profile.created_at
    today = now.astimezone(UTC).date()
    readings = Reading.objects.filter(
        profile=profile, day__gte=max(since.date(), today - LOOK_BACK), day__lt=today
    ).order_by("-day")
    good = 0
    for reading in readings:
        if reading.quality in (Profile.Quality.YELLOW, Profile.Quality.RED):
            break
        good += reading.quality == Profile.Quality.GREEN and reading.delivered >= cap * USE
    if good < GREEN_DAYS:
        return False

    profile.daily_cap = step_above(cap)
    profile.save(update_fields=["daily_cap"])
    record(profile, "profile.cap_raised", by=None, old=cap, new=profile.daily_cap)
    _remember(profile, now)
    notify(
        profile.business,
        "cap.raised",
        title=_("%(name)s may reach more people a day") % {"name": profile.name},
        body=_raised(profile.daily_cap),
        link=reverse("quality", args=[profile.business.slug]),
    )
    return True


def _raised(cap: int | None) -> str:
    if cap is None:
        return _("Seven good days: there is no daily cap any more.")
    return _("Seven good days: up to %(cap)s people a day now.") % {"cap": f"{cap:,}"}


def _remember(profile: Profile, now: datetime) -> None:
    evidence = evidence_of(profile, now=now)
    evidence.cap_changed_at = now
    evidence.save(update_fields=["cap_changed_at"])
