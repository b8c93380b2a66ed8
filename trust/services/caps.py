"""Daily caps: how many people a profile's campaigns may reach a day, earned step by step."""

from datetime import datetime

from profiles.models import Profile
from trust.models import Evidence

STEPS: tuple[int | None, ...] = (250, 2_000, 10_000, 100_000, None)  # None: no cap


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
    Evidence.objects.filter(profile=profile).update(cap_changed_at=now)
