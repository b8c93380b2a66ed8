"""How a page reaches a business: through membership, or not at all.

    @in_business(roles=MANAGE)
    def team(request, business): ...

Strangers get 404, as for a business that does not exist. Members whose role does not allow it get
403.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from profiles.models import Membership

Role = Membership.Role

EVERYONE = tuple(Role)
MANAGE = (Role.OWNER, Role.ADMIN)
SEND = (Role.OWNER, Role.ADMIN)
ANSWER = (Role.OWNER, Role.ADMIN, Role.AGENT)
DEVELOP = (Role.OWNER, Role.ADMIN, Role.DEVELOPER)
MEASURE = (Role.OWNER, Role.ADMIN, Role.ANALYST)


def membership_of(user, slug: str) -> Membership:
    """The user's place in the business called `slug`. Raises Http404 for strangers."""
    try:
        return Membership.objects.select_related("business").get(
            user=user, business__slug=slug, removed_at=None, business__closed_at=None
        )
    except Membership.DoesNotExist:
        raise Http404 from None


def in_business(*, roles: tuple[str, ...] = EVERYONE) -> Callable:
    """View decorator: turns the URL's `slug` into a Business the user is a member of in one of
    `roles`.

    Sets request.membership; the view gets `business` in place of `slug`.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def wrapper(request: HttpRequest, slug: str, *args, **kwargs) -> HttpResponse:
            membership = membership_of(request.user, slug)
            if membership.role not in roles:
                raise PermissionDenied
            request.membership = membership  # type: ignore[attr-defined]
            return view(request, membership.business, *args, **kwargs)

        return wrapper

    return decorate
