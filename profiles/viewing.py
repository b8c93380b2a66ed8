"""Staff looking at a business's pages: read-only, for half an hour, each page in the audit.

Only pages on the list open: figures and settings. Conversations, contacts, keys, logs and downloads
are not on it: what people wrote is not for staff to read.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from profiles.models import Business, Membership, User
from profiles.services.support import note_viewed_page

KEY = "viewing_as"  # in the session: {"business": its number, "until": a moment}
PERMISSION = "profiles.view_as_business"
SHOWN = frozenset(
    [
        "analytics",
        "audience",
        "audiences",
        "billing",
        "business_home",
        "campaign",
        "campaigns",
        "decision",
        "notifications",
        "payments",
        "public_profile",
        "quality",
        "team",
        "template",
        "templates",
        "verification",
    ]
)


def keep_viewing(request: HttpRequest, business: Business, *, until: datetime) -> None:
    """From now on this session may look at the business's pages."""
    request.session[KEY] = {"business": business.pk, "until": until.isoformat()}


def viewed_business(request: HttpRequest, slug: str = "") -> Business | None:
    """The business that this session looks at as staff (and is called `slug`), else None."""
    kept, user = request.session.get(KEY), request.user
    if not kept or not isinstance(user, User) or not user.is_staff:
        return None
    if timezone.now() > datetime.fromisoformat(kept["until"]) or not user.has_perm(PERMISSION):
        return None
    found = Business.objects.filter(pk=kept["business"], closed_at=None)
    return (found.filter(slug=slug) if slug else found).first()


def as_viewer(request: HttpRequest, slug: str) -> Membership | None:
    """The place in the business of who looks at it as staff; it is in no table.

    Raises PermissionDenied for what may not be seen, or would change something.
    """
    business = viewed_business(request, slug)
    if business is None or not isinstance(request.user, User):
        return None
    match = request.resolver_match
    if request.method not in ("GET", "HEAD") or not match or match.url_name not in SHOWN:
        raise PermissionDenied(
            _(
                "You look at this business as staff: nothing can be changed, and what people "
                "wrote is not shown."
            )
        )
    if not request.headers.get("HX-Request"):
        note_viewed_page(business, by=request.user, page=request.path)
    request.viewing_as = business  # type: ignore[attr-defined]  # shown in a strip on each page
    return Membership(user=request.user, business=business, role=Membership.Role.ADMIN)
