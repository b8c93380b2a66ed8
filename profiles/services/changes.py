"""Changes of what was checked: they wait for a look, and people see the old until then.

A verified business that takes another name, logo or domain asks for it; a reviewer approves or
refuses. Nothing else of its verification moves, and its badge stays.
"""

import hashlib
import json
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.live import announce
from portal.base.refused import Refused
from profiles.letters import APPROVE, REJECT, send_letter
from profiles.models import Business, Check, Profile, User, Verification, VerificationCase
from profiles.services.audit import record
from profiles.services.look_alikes import check_names
from profiles.services.verification import announce_case, decide_case, guard_review, lock_case

Kind, State = VerificationCase.Kind, VerificationCase.State
WAITING = (State.SUBMITTED, State.IN_REVIEW)
FIELDS = ("name", "logo", "website")


def waiting_change(business: Business) -> VerificationCase | None:
    """The change that waits for a look, if there is one."""
    return business.cases.filter(kind=Kind.CHANGE, state__in=WAITING).first()


def needs_look(business: Business, field: str, *, after: str, now: datetime | None = None) -> bool:
    """Whether this new value of a verified business's name, logo or website has to wait.

    A website waits only where a domain was proved, and it leads to another.
    """
    if field not in FIELDS or not after or not business.is_verified(now):
        return False
    verification = business.verifications.filter(ended_at=None).select_related("case").first()
    if verification is None or field != "website":
        return verification is not None
    proved = _proved_domain(verification)
    return bool(proved) and _bare(urlsplit(after).hostname or "") != _bare(proved)


def _proved_domain(verification: Verification) -> str:
    passed = verification.case.checks.filter(kind=Check.Kind.DOMAIN, result=Check.Result.PASSED)
    return verification.case.domain if passed.exists() else ""


def _bare(host: str) -> str:
    return host.lower().removeprefix("www.")


@transaction.atomic
def ask_for_change(
    business: Business,
    *,
    by: User | None,
    field: str,
    before: str,
    after: str,
    profile: Profile | None = None,
    logo_hash: str = "",
    now: datetime | None = None,
) -> VerificationCase:
    """Let a change wait for a look; a later one of the same field takes its place.

    Arguments:
        field: "name", "logo" or "website"; before, after: its values (a logo's are file names).
        profile: whose; None for the business itself.
        logo_hash: of a logo (`profiles.logos`).
    """
    now = now or timezone.now()
    business = Business.objects.select_for_update().get(pk=business.pk)
    owner = str(profile.pk) if profile else None  # text: JSON in browsers rounds such numbers
    case = waiting_change(business) or _new_case(business, now)
    kept = [each for each in case.changes if (each["profile"], each["field"]) != (owner, field)]
    _drop_files([each for each in case.changes if each not in kept])
    change = {"profile": owner, "field": field, "before": before, "after": after}
    case.changes = [*kept, change | ({"hash": logo_hash} if logo_hash else {})]
    # Who was looking saw something else: it goes back to the queue, at its old place.
    case.state, case.claimed_by, case.claimed_until = State.SUBMITTED, None, None
    case.save()
    check_names(case, now=now)

    record(case, "change.asked", by=by, field=field, before=before, after=after)
    announce_case(case)
    return case


def _new_case(business: Business, now: datetime) -> VerificationCase:
    """A case that says what the current verification says."""
    last = business.verifications.filter(ended_at=None).select_related("case").first()
    if last is None:
        raise Refused(_("%(business)s is not verified.") % {"business": business})
    said = ("legal_name", "register_number", "country", "address", "domain", "representative")
    return VerificationCase(
        **{field: getattr(last.case, field) for field in said},
        business=business,
        kind=Kind.CHANGE,
        state=State.SUBMITTED,
        created_at=now,
        submitted_at=now,
    )


def digest_of(case: VerificationCase) -> str:
    """Stands for what is to be changed, so that nobody decides on what they have not seen."""
    return hashlib.sha256(json.dumps(case.changes, sort_keys=True).encode()).hexdigest()[:16]


@transaction.atomic
def approve_change(
    case: VerificationCase, *, by: User, seen: str, reason: str = "", now: datetime | None = None
) -> VerificationCase:
    """People see the new name, logo or website from now on.

    Arguments:
        seen: `digest_of` the case as `by` looked at it.
        reason: a note for the audit.

    Raises Refused when it changed meanwhile, is not in the queue, or somebody else holds it.
    """
    now = now or timezone.now()
    case = lock_case(case)
    guard_review(case, by, now)
    if case.kind != Kind.CHANGE:
        raise Refused(_("This case is no change."))
    if seen != digest_of(case):
        raise Refused(
            _("The business asked for something else meanwhile. Look again."), code="case_changed"
        )

    for each in case.changes:
        _apply(case.business, each, by=by)
    decide_case(case, State.APPROVED, by=by, reason=reason, now=now)

    record(case, "change.approved", by=by, changes=case.changes, reason=reason)
    send_letter(case, APPROVE, now=now)
    announce_case(case)
    return case


def _apply(business: Business, change: dict, *, by: User) -> None:
    field, after = change["field"], change["after"]
    row: Business | Profile
    if change["profile"] is None:
        row = Business.objects.select_for_update().get(pk=business.pk)
    else:
        row = Profile.objects.select_for_update().get(pk=int(change["profile"]), business=business)
    before = getattr(row, field)
    setattr(row, field, after)
    fields = [field]
    if isinstance(row, Profile) and field == "logo":
        before = before.name
        row.logo_hash = change.get("hash", "")
        fields.append("logo_hash")
        if before:
            transaction.on_commit(lambda: default_storage.delete(before), robust=True)
    row.save(update_fields=fields)

    noun = "profile" if isinstance(row, Profile) else "business"
    record(row, f"{noun}.changed", by=by, before={field: before}, after={field: after})
    announce(f"{noun}:{row.pk}", noun)


@transaction.atomic
def refuse_change(
    case: VerificationCase, *, by: User, reason: str, now: datetime | None = None
) -> VerificationCase:
    """The old name, logo or website stays; the business reads why and may ask again."""
    now = now or timezone.now()
    case = lock_case(case)
    guard_review(case, by, now)
    if case.kind != Kind.CHANGE:
        raise Refused(_("This case is no change."))

    _drop_files(case.changes)
    decide_case(case, State.REJECTED, by=by, reason=reason, now=now)

    record(case, "change.refused", by=by, reason=reason)
    send_letter(case, REJECT, reason=reason, now=now)
    announce_case(case)
    return case


@transaction.atomic
def take_back_change(case: VerificationCase, *, by: User) -> VerificationCase:
    """The business keeps what people see. Raises Refused once it was decided."""
    case = lock_case(case)
    if case.kind != Kind.CHANGE or case.state not in WAITING:
        raise Refused(_("This was decided already."), code="case_closed")

    _drop_files(case.changes)
    case.state, case.claimed_by, case.claimed_until = State.WITHDRAWN, None, None
    case.save(update_fields=["state", "claimed_by", "claimed_until"])

    record(case, "change.taken_back", by=by)
    announce_case(case)
    return case


def _drop_files(changes: list[dict]) -> None:
    """Logos that nobody will see."""
    for each in changes:
        if each["field"] == "logo":
            transaction.on_commit(partial(default_storage.delete, each["after"]), robust=True)
