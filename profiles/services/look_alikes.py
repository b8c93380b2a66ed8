"""The check of a case for names that could be mistaken for a verified business's."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from profiles.look_alikes import alike
from profiles.models import Business, Check, VerificationCase


def check_names(case: VerificationCase, *, now: datetime) -> Check:
    """Compare the case's names with those of all other verified businesses.

    Something alike needs a person; it never refuses.
    """
    known = _names_of(Business.objects.filter(verified_until__gt=now).exclude(pk=case.business_id))
    own = _names_of(Business.objects.filter(pk=case.business_id)) | {case.legal_name}
    found = {name: similar for name in sorted(own) if name and (similar := alike(name, known))}
    check, _made = Check.objects.update_or_create(
        case=case,
        kind=Check.Kind.LOOK_ALIKE,
        defaults={
            "result": Check.Result.NEEDS_PERSON if found else Check.Result.PASSED,
            "details": "; ".join(
                _("%(name)s looks like %(others)s") % {"name": name, "others": ", ".join(similar)}
                for name, similar in found.items()
            ),
            "evidence": {"alike": found},
            "checked_at": now,
            "checked_by": None,
        },
    )
    return check


def _names_of(businesses) -> set[str]:
    """Name, legal names and the open profiles' names and handles."""
    rows = businesses.filter(Q(profiles__closed_at=None) | Q(profiles=None)).values_list(
        "name", "cases__legal_name", "profiles__name", "profiles__handle"
    )
    return {name for row in rows for name in row if name}
