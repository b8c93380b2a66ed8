"""The check of a case for names and logos that could be mistaken for somebody else's."""

from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from profiles.logos import difference, logos_alike
from profiles.look_alikes import alike
from profiles.models import Business, Check, Profile, ProtectedName, VerificationCase


def check_names(case: VerificationCase, *, now: datetime) -> Check:
    """Compare the case's names and logos with those of all other verified businesses, and with
    those that are protected.

    Something alike needs a person; it never refuses.
    """
    names = _alike_names(case, now)
    logos = _alike_logos(case, now)
    said = [
        _("%(name)s looks like %(others)s")
        % {"name": name, "others": ", ".join(each["like"] for each in found)}
        for name, found in names.items()
    ]
    said += [_("The logo looks like that of %(other)s") % {"other": e["like"]} for e in logos]
    check, _made = Check.objects.update_or_create(
        case=case,
        kind=Check.Kind.LOOK_ALIKE,
        defaults={
            "result": Check.Result.NEEDS_PERSON if said else Check.Result.PASSED,
            "details": "; ".join(said),
            "evidence": {"names": names, "logos": logos},
            "checked_at": now,
            "checked_by": None,
        },
    )
    return check


def look_again(business: Business, *, now: datetime) -> int:
    """Compare anew for the business's requests that wait for staff. Returns how many."""
    waiting = (VerificationCase.State.SUBMITTED, VerificationCase.State.IN_REVIEW)
    return len([check_names(c, now=now) for c in business.cases.filter(state__in=waiting)])


def _alike_names(case: VerificationCase, now: datetime) -> dict[str, list[dict]]:
    """For each of the case's names those it looks like, and whose they are."""
    others = Business.objects.filter(verified_until__gt=now).exclude(pk=case.business_id)
    known: dict[str, str] = dict(_names_of(others))
    for name in ProtectedName.objects.filter(ended_at=None).values_list("name", flat=True):
        known.setdefault(name, "")
    own = {name for name, _pk in _names_of(Business.objects.filter(pk=case.business_id))}
    asked = {each["after"] for each in case.changes if each["field"] == "name"}
    found = {}
    for name in sorted(own | asked | {case.legal_name}):
        if name and (similar := alike(name, known)):
            found[name] = [{"like": one, "business": known[one]} for one in similar]
    return found


def _names_of(businesses) -> set[tuple[str, str]]:
    """Name, legal names and the open profiles' names and handles, each with its business's id."""
    rows = businesses.filter(Q(profiles__closed_at=None) | Q(profiles=None)).values_list(
        "pk", "name", "cases__legal_name", "profiles__name", "profiles__handle"
    )
    return {(name, str(pk)) for pk, *names in rows for name in names if name}


def _alike_logos(case: VerificationCase, now: datetime) -> list[dict]:
    """The logos that one of the case's could be taken for, the most alike first."""
    own = set(
        Profile.objects.filter(business=case.business_id, closed_at=None, is_test=False)
        .exclude(logo_hash="")
        .values_list("logo_hash", flat=True)
    )
    own |= {each["hash"] for each in case.changes if each.get("hash")}
    if not own:
        return []
    theirs = (
        Profile.objects.filter(business__verified_until__gt=now, closed_at=None, is_test=False)
        .exclude(business=case.business_id)
        .exclude(logo_hash="")
        .values_list("logo_hash", "name", "business_id")
    )
    guarded = (
        ProtectedName.objects.filter(ended_at=None)
        .exclude(logo_hash="")
        .values_list("logo_hash", "name")
    )
    known = [(mark, name, str(pk)) for mark, name, pk in theirs]
    known += [(mark, name, "") for mark, name in guarded]
    found = [
        {"like": name, "business": pk, "bits": min(difference(mark, one) for one in own)}
        for mark, name, pk in known
        if any(logos_alike(mark, one) for one in own)
    ]
    return sorted(found, key=lambda each: each["bits"])
