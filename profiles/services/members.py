"""Who may work in a business: invite, accept, change, remove. An owner always stays."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from portal.base.services.mail import mail
from profiles import signals
from profiles.models import Business, Invitation, Membership, User
from profiles.services.audit import record
from profiles.services.notices import MANAGERS

INVITATION_LASTS = timedelta(days=7)
Role = Membership.Role


@transaction.atomic
def invite_member(
    business: Business, *, by: User, email: str, role: str, now: datetime | None = None
) -> Invitation:
    """Send a letter that lets its reader join. An older open letter to the address is withdrawn.

    Raises Refused for an address that is a member already, or a role that `by` may not give.
    """
    now = now or timezone.now()
    email = email.strip().lower()
    _lock(business)
    _guard_role(business, by, role)
    if business.memberships.filter(user__email__iexact=email, removed_at=None).exists():
        raise Refused(_("%(email)s is a member already.") % {"email": email}, code="member")
    signals.member_invited.send(Business, business=business, email=email, role=role)

    business.invitations.filter(email__iexact=email, accepted_at=None, withdrawn_at=None).update(
        withdrawn_at=now
    )
    invitation = Invitation.objects.create(
        business=business,
        email=email,
        role=role,
        invited_by=by,
        created_at=now,
        expires_at=now + INVITATION_LASTS,
    )

    record(business, "member.invited", by=by, email=email, role=role)
    mail(
        email,
        subject=_("%(name)s invites you to %(business)s") % {"name": by, "business": business.name},
        body=_(
            "You can join %(business)s as %(role)s. Open this address within seven days:"
            "\n\n%(url)s\n\nIf you don't know %(name)s, do nothing."
        )
        % {
            "business": business.name,
            "role": Role(role).label.split(":")[0],
            "url": f"{settings.SITE_URL}/invite/{invitation.token}/",
            "name": by,
        },
    )
    return invitation


@transaction.atomic
def accept_invitation(
    invitation: Invitation, *, by: User, now: datetime | None = None
) -> Membership:
    """Join the business. Only the address that was invited may, and only once.

    Raises Refused.
    """
    now = now or timezone.now()
    # The business first, as who removes a member does: that ends the letters they wrote.
    _lock(invitation.business)
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("business")
        .get(pk=invitation.pk)
    )
    if invitation.email.lower() != by.email.lower():
        raise Refused(
            _("This invitation is for %(email)s. Sign in with that address to accept it.")
            % {"email": invitation.email},
            code="invitation_other_address",
        )
    if invitation.accepted_at or invitation.withdrawn_at or invitation.expires_at <= now:
        raise Refused(
            _("This invitation no longer works. Ask for a new one."), code="invitation_over"
        )
    if invitation.business.memberships.filter(user=by, removed_at=None).exists():
        raise Refused(_("You are a member already."), code="member")

    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    membership = Membership.objects.create(
        business=invitation.business, user=by, role=invitation.role, joined_at=now
    )

    record(membership, "member.joined", by=by, role=membership.role)
    return membership


@transaction.atomic
def withdraw_invitation(invitation: Invitation, *, by: User) -> Invitation:
    """The letter no longer works. Raises Refused once it was accepted."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if invitation.accepted_at:
        raise Refused(_("%(email)s has joined already.") % {"email": invitation.email})
    if invitation.withdrawn_at:
        return invitation

    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])

    record(invitation.business, "member.invitation_withdrawn", by=by, email=invitation.email)
    return invitation


@transaction.atomic
def change_role(membership: Membership, *, by: User, role: str) -> Membership:
    """Give a member another role; letters that they could not write any more end.

    Raises Refused when that would leave no owner.
    """
    business = _lock(membership.business)
    membership = business.memberships.select_related("user").get(pk=membership.pk, removed_at=None)
    if membership.role == role:
        return membership
    _guard_role(business, by, role)
    _guard_role(business, by, membership.role)
    if membership.role == Role.OWNER:
        _guard_last_owner(business, membership)

    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])

    record(membership, "member.role_changed", by=by, before=before, role=role)
    if role not in MANAGERS:
        _end_invitations(membership, by=by)
    elif role != Role.OWNER:  # only owners make owners
        _end_invitations(membership, by=by, role=Role.OWNER)
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: User) -> Membership:
    """Take a member's place away, or leave; the invitations they wrote end with it.

    Raises Refused for the last owner.
    """
    business = _lock(membership.business)
    membership = business.memberships.select_related("user").get(pk=membership.pk)
    if membership.removed_at:
        return membership
    if membership.user_id != by.pk:
        _guard_role(business, by, membership.role)
    if membership.role == Role.OWNER:
        _guard_last_owner(business, membership)

    membership.removed_at = timezone.now()
    membership.save(update_fields=["removed_at"])

    record(membership, "member.removed", by=by, role=membership.role)
    _end_invitations(membership, by=by)
    return membership


def _end_invitations(membership: Membership, *, by: User, **which: str) -> None:
    """Nobody comes in by the word of who may not invite any more. The business is locked."""
    business, inviter = membership.business, membership.user
    waiting = business.invitations.select_for_update().filter(
        invited_by=inviter, accepted_at=None, withdrawn_at=None, **which
    )
    for invitation in waiting:
        invitation.withdrawn_at = timezone.now()
        invitation.save(update_fields=["withdrawn_at"])
        record(
            business,
            "member.invitation_withdrawn",
            by=by,
            email=invitation.email,
            invited_by=inviter.email,
        )


def _lock(business: Business) -> Business:
    """Two owners who remove each other at once queue here."""
    return Business.objects.select_for_update().get(pk=business.pk)


def _guard_role(business: Business, by: User, role: str) -> None:
    """Only owners make, change and remove owners."""
    if role != Role.OWNER:
        return
    if not business.memberships.filter(user=by, role=Role.OWNER, removed_at=None).exists():
        raise Refused(_("Only an owner can do that to an owner."), code="owners_only")


def _guard_last_owner(business: Business, membership: Membership) -> None:
    others = business.memberships.filter(role=Role.OWNER, removed_at=None).exclude(pk=membership.pk)
    if not others.exists():
        raise Refused(
            _("A business needs an owner. Make somebody else owner first."), code="last_owner"
        )
