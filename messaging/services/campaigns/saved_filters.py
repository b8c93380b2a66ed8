"""A member's own ways to look at the list of campaigns."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from messaging.models import SavedFilter
from portal.base.refused import Refused
from profiles.models import Business, User

KEYS = ("state", "q", "profile", "since", "until")
MOST = 12  # of one member in one business


def save_filter(
    business: Business, *, by: User, name: str, chosen: Mapping[str, str]
) -> SavedFilter:
    """Keep what is chosen under a name; the same name again replaces it."""
    name = name.strip()[:40]
    if not name:
        raise Refused(_("Give the filter a name."), code="no_name")
    query = urlencode({key: value for key in KEYS if (value := chosen.get(key, "")[:80])})
    if not query:
        raise Refused(_("Choose something to filter by first."), code="invalid")
    if filters_of(business, user=by).exclude(name=name).count() >= MOST:
        raise Refused(_("Remove a filter first: %(n)s are kept.") % {"n": MOST}, code="too_many")
    kept, _is_new = SavedFilter.objects.update_or_create(
        business=business, user=by, name=name, defaults={"query": query[:400]}
    )
    return kept


def remove_filter(business: Business, *, by: User, pk: int) -> bool:
    """Forget one. Returns whether it was there."""
    return bool(filters_of(business, user=by).filter(pk=pk).delete()[0])


def filters_of(business: Business, *, user: User):
    """The member's saved filters, by name."""
    return SavedFilter.objects.filter(business=business, user=user).order_by("name")
