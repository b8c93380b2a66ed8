"""Verification: a business asks, staff look, the answer is kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from profiles import signals
from profiles.letters import APPLY_AGAIN_AFTER, APPROVE, ASK, REJECT, VALID_FOR, send_letter
from profiles.models import (
    Business,
    Check,
    Document,
    User,
    Verification,
    VerificationCase,
)
from profiles.names import plain_name
from profiles.services.audit import record
from profiles.services.domains import check_email, plain_domain
from profiles.services.look_alikes import check_names
from profiles.services.registry import Event, note_verification

RENEW_FROM = timedelta(days=90)  # before the end; earlier there is nothing to ask for
CLAIM_LASTS = timedelta(minutes=30)
State = VerificationCase.State

FIELDS = ("legal_name", "register_number", "country", "address", "domain", "representative")
REQUIRED = ("legal_name", "register_number", "country", "address", "representative")
PROOFS = (Document.Kind.REGISTER, Document.Kind.LICENCE, Document.Kind.TAX)


@transaction.atomic
def open_case(business: Business, *, by: User, now: datetime | None = None) -> VerificationCase:
    """The business's open request, made if there is none.

    Raises Refused while it is verified with more than 90 days to go, and for 30 days after a
    refusal. Who lost a badge for good may ask for a new verification after 180 days.
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    about_identity = business.cases.filter(kind=VerificationCase.Kind.IDENTITY)
    if case := about_identity.filter(state__in=VerificationCase.OPEN).first():
        return case
    if business.is_verified(now + RENEW_FROM) and not business.profiles.lost_long_ago(now).exists():
        raise Refused(
            _("%(business)s is verified. You can renew from 90 days before the end.")
            % {"business": business},
            code="verified",
        )
    if refused := about_identity.filter(
        state=State.REJECTED, decided_at__gt=now - APPLY_AGAIN_AFTER
    ).first():
        again = (refused.decided_at or now) + APPLY_AGAIN_AFTER
        raise Refused(
            _("The last request was refused. You can apply again from %(day)s.")
            % {"day": f"{again:%-d %B %Y}"},
            code="too_early",
        )

    known = _what_is_known(business)
    case = VerificationCase.objects.create(
        **{"country": business.country, **known}, business=business, created_at=now
    )

    record(case, "case.opened", by=by)
    return case


def _what_is_known(business: Business) -> dict[str, str]:
    """What the last request that was approved said, so that a renewal begins with it."""
    last = (
        business.cases.filter(kind=VerificationCase.Kind.IDENTITY, state=State.APPROVED)
        .order_by("-decided_at")
        .first()
    )
    return {field: getattr(last, field) for field in FIELDS} if last else {}


@transaction.atomic
def change_case(case: VerificationCase, *, by: User, **fields: str) -> VerificationCase:
    """Write down what the business says of itself; `fields` is any of FIELDS.

    Raises Refused once it was handed in, or when the legal name could deceive, or the domain is
    none.
    """
    case = lock_case(case)
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
    case = lock_case(case)
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
    announce_case(case)
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
    case = lock_case(case)
    guard_review(case, by, now)

    case.state, case.claimed_by, case.claimed_until = State.IN_REVIEW, by, now + CLAIM_LASTS
    case.save(update_fields=["state", "claimed_by", "claimed_until"])

    record(case, "case.claimed", by=by)
    announce_case(case)
    return case


@transaction.atomic
def claim_next(*, by: User, now: datetime | None = None) -> VerificationCase | None:
    """Take the next case from the queue; None when nothing waits.

    Cases that somebody else is taking at this moment are passed over. A case that `by` holds
    already is not given again: going on with the next keeps it, for its 30 minutes.
    """
    now = now or timezone.now()
    waiting = (
        VerificationCase.objects.filter(state__in=(State.SUBMITTED, State.IN_REVIEW))
        .exclude(claimed_until__gt=now)
        .exclude(business__in=Business.objects.of(by))
    )
    case = (
        waiting.select_for_update(of=("self",), skip_locked=True)
        .order_by("submitted_at", "pk")
        .first()
    )
    return claim_case(case, by=by, now=now) if case else None


@transaction.atomic
def release_case(case: VerificationCase, *, by: User) -> VerificationCase:
    """Put a claimed case back. Only who holds it can."""
    case = lock_case(case)
    if case.state != State.IN_REVIEW or case.claimed_by_id != by.pk:
        raise Refused(_("You don't hold this case."), code="not_claimed")

    case.state, case.claimed_by, case.claimed_until = State.SUBMITTED, None, None
    case.save(update_fields=["state", "claimed_by", "claimed_until"])

    record(case, "case.released", by=by)
    announce_case(case)
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
    case = lock_case(case)
    guard_review(case, by, now)
    _guard_identity(case)
    business = Business.objects.select_for_update().get(pk=case.business_id)

    for kind in checked:
        Check.objects.update_or_create(
            case=case,
            kind=kind,
            defaults={"result": Check.Result.PASSED, "checked_by": by, "checked_at": now},
        )
    decide_case(case, State.APPROVED, by=by, reason=reason, now=now)
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
    send_letter(case, APPROVE, now=now)
    announce_case(case)
    return verification


@transaction.atomic
def reject_case(
    case: VerificationCase, *, by: User, reason: str, now: datetime | None = None
) -> VerificationCase:
    """Say no, with a reason that the business reads. It may apply again after 30 days.

    Raises Refused when the case is not in the queue, or somebody else holds it.
    """
    now = now or timezone.now()
    case = lock_case(case)
    guard_review(case, by, now)
    _guard_identity(case)

    decide_case(case, State.REJECTED, by=by, reason=reason, now=now)

    record(case, "case.rejected", by=by, reason=reason)
    signals.verification_refused.send(Business, business=case.business, case=case, reason=reason)
    send_letter(case, REJECT, reason=reason, now=now)
    announce_case(case)
    return case


@transaction.atomic
def ask_for_information(
    case: VerificationCase, *, by: User, reason: str, now: datetime | None = None
) -> VerificationCase:
    """Give the request back with what is missing; it joins the queue again when handed in."""
    now = now or timezone.now()
    case = lock_case(case)
    guard_review(case, by, now)
    _guard_identity(case)

    case.state, case.reason = State.NEEDS_INFORMATION, reason
    case.claimed_by = case.claimed_until = None
    case.save(update_fields=["state", "reason", "claimed_by", "claimed_until"])

    record(case, "case.information_asked", by=by, reason=reason)
    send_letter(case, ASK, reason=reason, now=now)
    announce_case(case)
    return case


def decide_case(
    case: VerificationCase, state: str, *, by: User, reason: str, now: datetime
) -> None:
    case.state, case.decided_by, case.decided_at, case.reason = state, by, now, reason
    case.claimed_by = case.claimed_until = None
    case.save(
        update_fields=[
            "state", "decided_by", "decided_at", "reason", "claimed_by", "claimed_until"
        ]
    )  # fmt: skip


def lock_case(case: VerificationCase) -> VerificationCase:
    return (
        VerificationCase.objects.select_for_update(of=("self",))
        .select_related("business")
        .get(pk=case.pk)
    )


def guard_review(case: VerificationCase, by: User, now: datetime) -> None:
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


def _guard_identity(case: VerificationCase) -> None:
    if case.kind != VerificationCase.Kind.IDENTITY:
        raise Refused(_("This is a change: approve or refuse it."), code="case_is_change")


def announce_case(case: VerificationCase) -> None:
    announce(f"business:{case.business_id}", "verification")
    announce("staff:verification", "case", case.uuid)
