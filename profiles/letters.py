"""What a business reads when its case was looked at: made once, previewed and sent alike."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from profiles.models import Notice, VerificationCase
from profiles.services.notices import notify

VALID_FOR = timedelta(days=365)
APPLY_AGAIN_AFTER = timedelta(days=30)
APPROVE, REJECT, ASK = "approve", "reject", "ask"


@dataclass(frozen=True)
class Letter:
    kind: str
    title: str
    body: str
    level: str = Notice.Level.INFO


def letter_for(
    case: VerificationCase, decision: str, *, reason: str = "", now: datetime | None = None
) -> Letter:
    """The letter about a decision ("approve", "reject" or "ask") that is made `now`."""
    now = now or timezone.now()
    about_change = case.kind == VerificationCase.Kind.CHANGE
    if decision == APPROVE:
        return _change_approved(case) if about_change else _approved(case, now)
    if decision == REJECT:
        return _change_refused(reason) if about_change else _refused(reason, now)
    return Letter(
        "verification_needs_information",
        _("Your verification needs more information"),
        reason,
        Notice.Level.WARN,
    )


def send_letter(
    case: VerificationCase, decision: str, *, reason: str = "", now: datetime | None = None
) -> None:
    """Show and mail the letter to the business's managers, in the running transaction."""
    letter = letter_for(case, decision, reason=reason, now=now)
    about_change = case.kind == VerificationCase.Kind.CHANGE
    page = "public_profile" if about_change else "verification"
    notify(
        case.business,
        letter.kind,
        title=letter.title,
        body=letter.body,
        link=reverse(page, args=[case.business.slug]),
        level=letter.level,
    )


def changes_in_words(case: VerificationCase) -> list[str]:
    """One line for each thing that is to change: "Name: Acme Bank"."""
    labels = {"name": _("Name"), "logo": _("Logo"), "website": _("Website")}
    shown = {"logo": _("a new picture")}
    return [
        f"{labels[each['field']]}: {shown.get(each['field'], each['after'])}"
        for each in case.changes
    ]


def _approved(case: VerificationCase, now: datetime) -> Letter:
    return Letter(
        "verification_approved",
        _("%(business)s is verified") % {"business": case.business},
        _("Verified until %(day)s. The badge shows while your plan is paid.")
        % {"day": _day(now + VALID_FOR)},
    )


def _refused(reason: str, now: datetime) -> Letter:
    after = _("Anything you paid is given back. You can apply again from %(day)s.") % {
        "day": _day(now + APPLY_AGAIN_AFTER)
    }
    return Letter(
        "verification_rejected",
        _("The verification was refused"),
        f"{reason}\n\n{after}",
        Notice.Level.BAD,
    )


def _change_approved(case: VerificationCase) -> Letter:
    return Letter("change_approved", _("Your change shows now"), "\n".join(changes_in_words(case)))


def _change_refused(reason: str) -> Letter:
    kept = _("People see what they saw before. You can ask for another change at any time.")
    return Letter(
        "change_refused", _("Your change was refused"), f"{reason}\n\n{kept}", Notice.Level.WARN
    )


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j F Y")
