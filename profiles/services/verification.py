"""Verification: a business asks, staff look, the answer is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from profiles import signals
from profiles.models import (
    Business,
    Check,
    Document,
    Notice,
    User,
    Verification,
    VerificationCase,
)
from profiles.names import plain_name
from profiles.services.audit import record
from profiles.services.domains import check_email, plain_domain
from profiles.services.look_alikes import check_names
from profiles.services.notices import notify
from profiles.services.registry import Event, note_verification

VALID_FOR = timedelta(days=365)
RENEW_FROM = timedelta(days=90)  # before the end; earlier there is nothing to ask for
APPLY_AGAIN_AFTER = timedelta(days=30)
CLAIM_LASTS = timedelta(minutes=30)
State = VerificationCase.State

FIELDS = ("legal_name", "register_number", "country", "address", "domain", "representative")
REQUIRED = ("legal_name", "register_number", "country", "address", "representative")
PROOFS = (Document.Kind.REGISTER, Document.Kind.LICENCE, Document.Kind.TAX)


@transaction.atomic
def open_case(business: Business, *, by: User, now: datetime | None = None) -> VerificationCase:
    """The business's open request, made if there is none.

    Raises Refused while it is verified with more than 90 days to go, and for 30 days after a
    refusal.
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    if case := business.cases.filter(state__in=VerificationCase.OPEN).first():
        return case
    if business.is_verified(now + RENEW_FROM):
        raise Refused(
            _("%(business)s is verified. You can renew from 90 days before the end.")
            % {"business": business},
            code="verified",
        )
    if refused := business.cases.filter(
        state=State.REJECTED, decided_at__gt=now - APPLY_AGAIN_AFTER
    ).first():
        again = (refused.decided_at or now) + APPLY_AGAIN_AFTER
        raise Refused(
            _("The last request was refused. You can apply again from %(day)s.")
            % {"day": f"{again:%-d %B %Y}"},
            code="too_early",
        )

    case = VerificationCase.objects.create(
        business=business, country=business.country, created_at=now
    )

    record(case, "case.opened", by=by)
    return case


@transaction.atomic
def change_case(case: VerificationCase, *, by: User, **fields: str) -> VerificationCase:
    """Write down what the business says of itself; `fields` is any of FIELDS.

    Raises Refused once it was handed in, or when the legal name could deceive, or the domain is
    none.
    """
    case = _lock(case)
    if case.state not in (State.DRAFT, State.NEEDS_INFORMATION):
        raise Refused(_("The request was handed in and can't be changed now."), code="case_closed")
    if fields.get("legal_name"):
        fields["legal_name"] = plain_name(fields["legal_name"])
    if fields.get("domain"):
        fields["domain"] = plain_domain(fields["domain"])
    changed = {f: fields[f] for f in FIELDS if f in fields and fields[f] != getattr(case, f)}
    if not changed:
        return case

    for field, value in changed.items():
        setattr(case, field, value)
    case.save(update_fields=list(changed))
    if "domain" in changed:  # what was found right of another domain says nothing of this one
        case.checks.filter(kind__in=(Check.Kind.DOMAIN, Check.Kind.EMAIL)).delete()

    record(case, "case.changed", by=by, fields=sorted(changed))
    return case


@transaction.atomic
def submit_case(
    case: VerificationCase, *, by: User, now: datetime | None = None
) -> VerificationCase:
    """Hand the request in; it joins the end of the queue. Raises Refused with what is missing."""
    now = now or timezone.now()
    case = _lock(case)
    if case.state not in (State.DRAFT, State.NEEDS_INFORMATION):
        raise Refused(_("The request was handed in already."), code="case_closed")
    if missing := missing_in(case):
        raise Refused(
            _("Still missing: %(what)s.") % {"what": ", ".join(missing)}, code="incomplete"
        )

    case.state, case.submitted_at, case.reason = State.SUBMITTED, now, ""
    case.claimed_by = case.claimed_until = None
    case.save(update_fields=["state", "submitted_at", "reason", "claimed_by", "claimed_until"])
    check_email(case, now=now)
    check_names(case, now=now)

    record(case, "case.submitted", by=by)
    _announce(case)
    return case


def missing_in(case: VerificationCase) -> list[str]:
    """What the business must still give before it can hand the request in, in words."""
    missing = [
        str(field.verbose_name)
        for field in case._meta.fields
        if field.name in REQUIRED and not getattr(case, field.name)
    ]
    if not case.documents.filter(deleted_at=None, kind__in=PROOFS).exists():
        missing.append(_("a register extract, a licence or a tax registration"))
    return missing


def queue_place(case: VerificationCase) -> int | None:
    """How many cases are ahead of it in the queue; None when it doesn't wait there."""
    if case.state != State.SUBMITTED:
        return None
    return VerificationCase.objects.filter(
        state__in=(State.SUBMITTED, State.IN_REVIEW), submitted_at__lt=case.submitted_at
    ).count()


@transaction.atomic
def claim_case(
    case: VerificationCase, *, by: User, now: datetime | None = None
) -> VerificationCase:
    """Take the case from the queue for 30 minutes, so that two people don't do it at once.

    Raises Refused when somebody else holds it, or it is not in the queue.
    """
    now = now or timezone.now()
    case = _lock(case)
    _guard_review(case, by, now)

    case.state, case.claimed_by, case.claimed_until = State.IN_REVIEW, by, now + CLAIM_LASTS
    case.save(update_fields=["state", "claimed_by", "claimed_until"])

    record(case, "case.claimed", by=by)
    _announce(case)
    return case


@transaction.atomic
def release_case(case: VerificationCase, *, by: User) -> VerificationCase:
    """Put a claimed case back. Only who holds it can."""
    case = _lock(case)
    if case.state != State.IN_REVIEW or case.claimed_by_id != by.pk:
        raise Refused(_("You don't hold this case."), code="not_claimed")

    case.state, case.claimed_by, case.claimed_until = State.SUBMITTED, None, None
    case.save(update_fields=["state", "claimed_by", "claimed_until"])

    record(case, "case.released", by=by)
    _announce(case)
    return case


@transaction.atomic
def approve_case(
    case: VerificationCase,
    *,
    by: User,
    checked: Iterable[str] = (Check.Kind.REGISTER,),
    reason: str = "",
    now: datetime | None = None,
) -> Verification:
    """The business is who it says: verified for twelve months from now.

    Arguments:
        checked: what `by` looked at and found right, of Check.Kind; people read it at the badge.
        reason: a note for the audit.

    Raises Refused when the case is not in the queue, or somebody else holds it.
    """
    now = now or timezone.now()
    case = _lock(case)
    _guard_review(case, by, now)
    business = Business.objects.select_for_update().get(pk=case.business_id)

    for kind in checked:
        Check.objects.update_or_create(
            case=case,
            kind=kind,
            defaults={"result": Check.Result.PASSED, "checked_by": by, "checked_at": now},
        )
    _decide(case, State.APPROVED, by=by, reason=reason, now=now)
    renewed = business.verifications.filter(ended_at=None).update(
        ended_at=now, ended_reason=Verification.RENEWED
    )
    verification = Verification.objects.create(
        business=business, case=case, granted_at=now, granted_by=by, valid_until=now + VALID_FOR
    )
    business.verified_until = verification.valid_until
    business.save(update_fields=["verified_until"])
    note_verification(
        business, Event.RENEWED if renewed else Event.GRANTED, verification=verification, now=now
    )

    record(case, "case.approved", by=by, reason=reason, until=verification.valid_until.isoformat())
    signals.verification_changed.send(Business, business=business, is_verified=True, reason=reason)
    notify(
        business,
        "verification_approved",
        title=_("%(business)s is verified") % {"business": business},
        body=_("Verified until %(day)s. The badge shows while your plan is paid.")
        % {"day": verification.valid_until.strftime("%-d %B %Y")},
        link=reverse("verification", args=[business.slug]),
    )
    _announce(case)
    return verification


@transaction.atomic
def reject_case(
    case: VerificationCase, *, by: User, reason: str, now: datetime | None = None
) -> VerificationCase:
    """Say no, with a reason that the business reads. It may apply again after 30 days.

    Raises Refused when the case is not in the queue, or somebody else holds it.
    """
    now = now or timezone.now()
    case = _lock(case)
    _guard_review(case, by, now)

    _decide(case, State.REJECTED, by=by, reason=reason, now=now)

    record(case, "case.rejected", by=by, reason=reason)
    signals.verification_refused.send(Business, business=case.business, case=case, reason=reason)
    notify(
        case.business,
        "verification_rejected",
        title=_("The verification was refused"),
        body=reason,
        link=reverse("verification", args=[case.business.slug]),
        level=Notice.Level.BAD,
    )
    _announce(case)
    return case


@transaction.atomic
def ask_for_information(
    case: VerificationCase, *, by: User, reason: str, now: datetime | None = None
) -> VerificationCase:
    """Give the request back with what is missing; it joins the queue again when handed in."""
    now = now or timezone.now()
    case = _lock(case)
    _guard_review(case, by, now)

    case.state, case.reason = State.NEEDS_INFORMATION, reason
    case.claimed_by = case.claimed_until = None
    case.save(update_fields=["state", "reason", "claimed_by", "claimed_until"])

    record(case, "case.information_asked", by=by, reason=reason)
    notify(
        case.business,
        "verification_needs_information",
        title=_("Your verification needs more information"),
        body=reason,
        link=reverse("verification", args=[case.business.slug]),
        level=Notice.Level.WARN,
    )
    _announce(case)
    return case


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
def lapse_verifications() -> int:
    """End every verification whose time is over. Returns how many."""
    now = timezone.now()
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


def _decide(case: VerificationCase, state: str, *, by: User, reason: str, now: datetime) -> None:
    case.state, case.decided_by, case.decided_at, case.reason = state, by, now, reason
    case.claimed_by = case.claimed_until = None
    case.save(
        update_fields=[
            "state", "decided_by", "decided_at", "reason", "claimed_by", "claimed_until"
        ]
    )  # fmt: skip


def _lock(case: VerificationCase) -> VerificationCase:
    return (
        VerificationCase.objects.select_for_update(of=("self",))
        .select_related("business")
        .get(pk=case.pk)
    )


def _guard_review(case: VerificationCase, by: User, now: datetime) -> None:
    if case.state not in (State.SUBMITTED, State.IN_REVIEW):
        raise Refused(
            _("This case is not waiting for a decision: %(state)s.")
            % {"state": case.get_state_display()},
            code="case_closed",
        )
    held_by_other = case.claimed_by_id not in (None, by.pk)
    if held_by_other and case.claimed_until and case.claimed_until > now:
        raise Refused(
            _("%(name)s holds this case for %(minutes)d more minutes.")
            % {
                "name": case.claimed_by,
                "minutes": (case.claimed_until - now).total_seconds() // 60 + 1,
            },
            code="claimed",
        )
    # Nobody judges a business that they work for.
    if case.business.memberships.filter(user=by, removed_at=None).exists():
        raise Refused(_("You are a member of this business."), code="own_business")


def _announce(case: VerificationCase) -> None:
    announce(f"business:{case.business_id}", "verification")
    announce("staff:verification", "case", case.uuid)
