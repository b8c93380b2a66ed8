"""How a page reaches a business: through membership, or not at all.

    @in_business(roles=MANAGE)
    def team(request, business): ...

Strangers get 404, as for a business that does not exist. Members whose role does not allow it get
403. Staff who look at it through its eyes (profiles.viewing) see some pages, and change nothing.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from portal.base.clock import by_clock_of
from profiles.models import Business, Membership, User
from profiles.viewing import as_viewer

Role = Membership.Role


class UserRequest(HttpRequest):
    """A request of somebody who is signed in."""

    user: User


class MemberRequest(UserRequest):
    """A request of a member, as `in_business` passes it on."""

    membership: Membership


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

    Sets request.membership; the view gets `business` in place of `slug`, and shows times by the
    business's clock.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        @login_required
        def wrapper(request: HttpRequest, slug: str, *args, **kwargs) -> HttpResponse:
            membership = as_viewer(request, slug) or membership_of(request.user, slug)
            if membership.role not in roles:
                raise PermissionDenied
            request.membership = membership  # type: ignore[attr-defined]
            with by_clock_of(membership.business.time_zone):
                return view(request, membership.business, *args, **kwargs)

        wrapper.roles = roles  # type: ignore[attr-defined]  # read by the table of permissions
        return wrapper

    return decorate


def business_page(
    request: MemberRequest, business: Business, template: str, *, status: int = 200, **context
) -> HttpResponse:
    """A page of the dashboard: what its layout shows (business, profile, own role) and
    `context`, which may bring the profile.
    """
    shown = {"business": business, "membership": request.membership} | context
    if "profile" not in shown:
        own = business.profiles.filter(is_test=False, closed_at=None)
        shown["profile"] = own.order_by("created_at").first()
        if shown["profile"]:
            shown["profile"].business = business  # so that its badge needs no query
    return render(request, template, shown, status=status)
