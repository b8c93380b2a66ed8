"""What a person allows. Each answer holds from the moment it is committed, also in mid campaign."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audience import signals
from audience.locks import hold_bucket
from audience.models import Block, Consent, Person
from portal.base.refused import Refused

WORDING = "2026-11"  # version of the words on the person's pages
OWN_PAGES = "inbox"
MOST_ADS_PER_WEEK = 100
LONGEST_PAUSE = timedelta(days=366)


@transaction.atomic
def block(
    person_id: int,
    profile_id: int,
    *,
    reason: str = Block.Reason.NONE,
    now: datetime | None = None,
) -> bool:
    """Nothing more from this profile. Returns False where it was blocked already."""
    hold_bucket(person_id)

    _, is_new = Block.objects.get_or_create(
        person_id=person_id,
        profile_id=profile_id,
        defaults={"reason": reason, "created_at": now or timezone.now()},
    )
    return is_new


@transaction.atomic
def unblock(person_id: int, profile_id: int) -> bool:
    """The person wants to hear from the profile again. Returns False where nothing was blocked."""
    hold_bucket(person_id)

    deleted, _ = Block.objects.filter(person_id=person_id, profile_id=profile_id).delete()
    return bool(deleted)


@transaction.atomic
def answer(
    person_id: int,
    kind: Consent.Kind,
    *,
    granted: bool,
    business_id: int = 0,
    wording: str = WORDING,
    source: str = OWN_PAGES,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Consent:
    """Write down a person's yes or no to one kind of message; the newest answer replaces the last.

    Arguments:
        business_id: the business it is about, for the kinds that are about one; else 0.
        wording: version of the words that were shown.
        source: where it was given: "inbox", "link", "reply", "import", ...
        until: when a no ends by itself; None: never.

    Raises Refused where `until` is not within a year.
    """
    now = now or timezone.now()
    check_pause(until, now=now)
    hold_bucket(person_id)
    if (kind == Consent.Kind.MARKETING) != (business_id == 0):
        raise ValueError(f"{kind} is not about business {business_id}")

    before = Consent.objects.filter(
        person_id=person_id, kind=kind, scope_id=business_id, granted=granted
    ).exists()
    consent, _is_new = Consent.objects.update_or_create(
        person_id=person_id,
        kind=kind,
        scope_id=business_id,
        defaults={
            "granted": granted,
            "wording": wording,
            "source": source,
            "at": now,
            "until": until,
        },
    )
    if kind == Consent.Kind.MARKETING:
        _change(person_id, {"marketing": granted})
    signals.consent_changed.send(Consent, consent=consent, is_news=not before)
    return consent


def opt_out(
    person_id: int,
    *,
    source: str = OWN_PAGES,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Consent:
    """No adverts from anybody, for good or until then."""
    return answer(
        person_id, Consent.Kind.MARKETING, granted=False, source=source, until=until, now=now
    )


def opt_in(
    person_id: int, *, wording: str = WORDING, source: str = OWN_PAGES, now: datetime | None = None
) -> Consent:
    """Adverts are welcome, from whom the person has not muted or blocked."""
    return answer(
        person_id, Consent.Kind.MARKETING, granted=True, wording=wording, source=source, now=now
    )


def mute(
    person_id: int,
    business_id: int,
    *,
    source: str = OWN_PAGES,
    until: datetime | None = None,
    now: datetime | None = None,
) -> Consent:
    """No adverts from this business, for good or until then; its alerts still come."""
    return answer(
        person_id,
        Consent.Kind.BUSINESS_MARKETING,
        granted=False,
        business_id=business_id,
        source=source,
        until=until,
        now=now,
    )


def unmute(
    person_id: int, business_id: int, *, source: str = OWN_PAGES, now: datetime | None = None
) -> Consent:
    """Adverts from this business may come again."""
    return answer(
        person_id,
        Consent.Kind.BUSINESS_MARKETING,
        granted=True,
        business_id=business_id,
        source=source,
        now=now,
    )


@transaction.atomic
def set_budget(person_id: int, ads_per_week: int | None) -> None:
    """At most so many adverts a week; 0 is none, None leaves it to the platform."""
    hold_bucket(person_id)
    if ads_per_week is not None and not 0 <= ads_per_week <= MOST_ADS_PER_WEEK:
        raise Refused(_("Choose a number of adverts from 0 to 100."), code="budget_invalid")

    _change(person_id, {"ads_per_week": ads_per_week})


@transaction.atomic
def set_quiet_hours(person_id: int, quiet_from: int | None, quiet_until: int | None) -> None:
    """No adverts from one hour until another, 0 to 23 by the person's clock; twice None: any time.

    Quiet from 22 until 7 spans midnight.
    """
    hold_bucket(person_id)
    hours = {quiet_from, quiet_until}
    if hours != {None} and (not hours <= set(range(24)) or len(hours) == 1):
        raise Refused(_("Choose two different hours."), code="quiet_hours_invalid")

    _change(person_id, {"quiet_from": quiet_from, "quiet_until": quiet_until})


@transaction.atomic
def correct_tier(person_id: int, tier: str) -> None:
    """The person says which kind of phone they have; it stands until they say otherwise."""
    hold_bucket(person_id)
    if tier not in Person.Tier.values:
        raise Refused(_("Choose one of the phones."), code="tier_invalid")

    _change(person_id, {"tier": tier, "tier_source": Person.TierSource.PERSON})


@transaction.atomic
def switch_off_tier(person_id: int) -> None:
    """Nobody reaches the person by their phone from now on."""
    hold_bucket(person_id)

    _change(person_id, {"tier": None, "tier_source": Person.TierSource.OFF})


def check_pause(until: datetime | None, *, now: datetime) -> None:
    """Raise Refused unless a no may end then; None, never, it may."""
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        raise Refused(_("Choose a day within the next year."), code="until_invalid")


def _change(person_id: int, values: Mapping[str, object]) -> None:
    if not Person.objects.filter(person_id=person_id).update(**values):
        raise Refused(_("There is no such person."), code="person_unknown")
