"""The team: who is here, who is invited, and the way in for who was invited."""

from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal.base.refused import Refused
from profiles.confirmed import confirmed
from profiles.forms import InvitationForm, RoleForm
from profiles.models import Business, Invitation, Membership
from profiles.services.members import (
    accept_invitation,
    change_role,
    invite_member,
    remove_member,
    withdraw_invitation,
)
from profiles.tenancy import (
    EVERYONE,
    MANAGE,
    MemberRequest,
    UserRequest,
    business_page,
    in_business,
)


@require_http_methods(["GET", "POST"])
@in_business(roles=MANAGE)
@confirmed
def team(request: MemberRequest, business: Business) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invite_member(business, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(
                request, _("An invitation is on its way to %(to)s.") % {"to": invitation.email}
            )
            return redirect("team", slug=business.slug)
    return business_page(
        request,
        business,
        "profiles/team.html",
        form=form,
        members=business.memberships.filter(removed_at=None)
        .select_related("user")
        .order_by("joined_at"),
        invitations=open_invitations(business, timezone.now()),
        roles=Membership.Role.choices,
    )


def open_invitations(business: Business, now: datetime):
    return business.invitations.filter(
        accepted_at=None, withdrawn_at=None, expires_at__gt=now
    ).order_by("-created_at")


@require_POST
@in_business(roles=MANAGE)
@confirmed
def member_change(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    membership = get_object_or_404(business.memberships, pk=pk, removed_at=None)
    form = RoleForm(request.POST)
    if not form.is_valid():
        raise Http404
    try:
        change_role(membership, by=request.user, role=form.cleaned_data["role"])
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("%(name)s has another role now.") % {"name": membership.user})
    return redirect("team", slug=business.slug)


@require_POST
@in_business(roles=EVERYONE)
@confirmed
def member_remove(request: MemberRequest, business: Business, pk: int) -> HttpResponse:
    """Managers remove others; everyone may leave."""
    membership = get_object_or_404(business.memberships, pk=pk, removed_at=None)
    leaving = membership.user_id == request.user.pk
    if not leaving and request.membership.role not in MANAGE:
        raise Http404
    try:
        remove_member(membership, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("team", slug=business.slug)
    if leaving:
        messages.success(request, _("You have left %(name)s.") % {"name": business})
        return redirect("businesses")
    messages.success(request, _("%(name)s is no longer a member.") % {"name": membership.user})
    return redirect("team", slug=business.slug)


@require_POST
@in_business(roles=MANAGE)
def invitation_withdraw(request: MemberRequest, business: Business, token) -> HttpResponse:
    invitation = get_object_or_404(business.invitations, token=token)
    try:
        withdraw_invitation(invitation, by=request.user)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("The invitation no longer works."))
    return redirect("team", slug=business.slug)


@require_http_methods(["GET", "POST"])
@login_required
def invitation(request: UserRequest, token) -> HttpResponse:
    """/invite/<token>/: what one is invited to; a button accepts."""
    row = get_object_or_404(
        Invitation.objects.select_related("business", "invited_by"), token=token
    )
    refusal = ""
    if request.method == "POST":
        try:
            accept_invitation(row, by=request.user)
        except Refused as refused:
            refusal = refused.sentence
        else:
            return redirect("business_home", slug=row.business.slug)
    works = not (row.accepted_at or row.withdrawn_at) and row.expires_at > timezone.now()
    return render(
        request,
        "profiles/invitation.html",
        {"invitation": row, "works": works, "refusal": refusal},
    )
