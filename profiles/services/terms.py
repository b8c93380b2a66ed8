"""How long a verification lasts: reminded of its end, lapsed, or withdrawn."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.base.live import announce
from portal.base.refused import Refused
from profiles import signals
from profiles.models import Business, Notice, User, Verification, VerificationCase
from profiles.services.audit import record
from profiles.services.notices import notify
from profiles.services.registry import Event, note_verification

REMIND_AT = (90, 30, 7)  # days before the end
State = VerificationCase.State


@transaction.atomic
def withdraw_verification(
    business: Business, *, by: User, reason: str, now: datetime | None = None
) -> Verification:
    """End the verification from this moment. What was checked stays on record.

    Raises Refused when the business is not verified.
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    verification = business.verifications.filter(ended_at=None).first()
    if verification is None:
        raise Refused(_("%(business)s is not verified.") % {"business": business})

    _end(verification, business, reason=reason, event=Event.WITHDRAWN, now=now)

    record(business, "verification.withdrawn", by=by, reason=reason)
    notify(
        business,
        "verification_withdrawn",
        title=_("The verification of %(business)s was withdrawn") % {"business": business},
        body=reason,
        link=reverse("verification", args=[business.slug]),
        level=Notice.Level.BAD,
    )
    return verification


@shared_task
def remind_of_renewal(now: datetime | None = None) -> int:
    """Tell businesses 90, 30 and 7 days before the end that it nears. Returns how many were told.

    Who has handed in a new request, or was told at this step, is left in peace.
    """
    now = now or timezone.now()
    told = 0
    for days in sorted(REMIND_AT):  # the nearest step first: who missed one hears of the next only
        near = Verification.objects.filter(
            Q(reminded_days=None) | Q(reminded_days__gt=days),
            ended_at=None,
            valid_until__gt=now,
            valid_until__lte=now + timedelta(days=days),
        )
        told += sum(_remind(pk, days, now) for pk in list(near.values_list("pk", flat=True)[:5000]))
    return told


@transaction.atomic
def _remind(pk: int, days: int, now: datetime) -> bool:
    # Claimed by writing the step down, so that two workers don't both write.
    claimed = Verification.objects.filter(
        Q(reminded_days=None) | Q(reminded_days__gt=days), pk=pk, ended_at=None
    ).update(reminded_days=days)
    if not claimed:
        return False
    verification = Verification.objects.select_related("business").get(pk=pk)
    business = verification.business
    waiting = (State.SUBMITTED, State.IN_REVIEW)
    if business.cases.filter(kind=VerificationCase.Kind.IDENTITY, state__in=waiting).exists():
        return False

    left = max((verification.valid_until - now).days, 1)
    notify(
        business,
        "verification_ends_soon",
        title=ngettext(
            "The verification of %(business)s ends in %(days)d day",
            "The verification of %(business)s ends in %(days)d days",
            left,
        )
        % {"business": business, "days": left},
        body=_(
            "It lasts until %(day)s. Renew it before then and the badge stays; what we know is "
            "filled in already. After that day the badge is gone and nothing can be sent."
        )
        % {"day": date_format(timezone.localtime(verification.valid_until), "j F Y")},
        link=reverse("verification", args=[business.slug]),
        level=Notice.Level.WARN if days > REMIND_AT[-1] else Notice.Level.BAD,
    )
    record(business, "verification.reminded", by=None, days=days)
    return True


@shared_task
def lapse_verifications(now: datetime | None = None) -> int:
    """End every verification whose time is over. Returns how many."""
    now = now or timezone.now()
    over = Verification.objects.filter(ended_at=None, valid_until__lte=now)
    return sum(_lapse(pk, now) for pk in list(over.values_list("pk", flat=True)[:1000]))


@transaction.atomic
def _lapse(pk: int, now: datetime) -> bool:
    business = Business.objects.select_for_update().get(verifications__pk=pk)
    # It may have been renewed since we looked, so ask again under the lock.
    verification = Verification.objects.filter(pk=pk, ended_at=None, valid_until__lte=now).first()
    if verification is None:
        return False

    _end(verification, business, reason=Verification.LAPSED, event=Event.LAPSED, now=now)

    record(business, "verification.lapsed", by=None)
    notify(
        business,
        "verification_lapsed",
        title=_("The verification of %(business)s has ended") % {"business": business},
        body=_("Nobody renewed it in time. Hand in a new request to get the badge back."),
        link=reverse("verification", args=[business.slug]),
        level=Notice.Level.BAD,
    )
    return True


def _end(
    verification: Verification, business: Business, *, reason: str, event: str, now: datetime
) -> None:
    verification.ended_at, verification.ended_reason = now, reason
    verification.save(update_fields=["ended_at", "ended_reason"])
    business.verified_until = None
    business.save(update_fields=["verified_until"])
    note_verification(business, event, verification=verification, now=now)
    signals.verification_changed.send(Business, business=business, is_verified=False, reason=reason)
    announce(f"business:{business.pk}", "verification")
