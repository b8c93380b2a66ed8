"""Notices to a business: on its pages and by mail, both rows of the same transaction."""

from collections.abc import Sequence

from django.conf import settings

from portal.base.live import announce
from portal.base.services.mail import mail
from profiles.models import Business, Membership, Notice, User

MANAGERS = (Membership.Role.OWNER, Membership.Role.ADMIN)


def notify(
    business: Business,
    kind: str,
    *,
    title: str,
    body: str = "",
    link: str = "",
    level: str = Notice.Level.INFO,
    roles: Sequence[str] = MANAGERS,
) -> Notice:
    """Tell the business's members in these roles. `link` is a path of ours, shown and mailed."""
    notice = Notice.objects.create(
        business=business, kind=kind, level=level, title=title, body=body, link=link
    )
    address = f"\n\n{settings.SITE_URL}{link}" if link else ""
    for user in User.objects.filter(
        memberships__business=business,
        memberships__role__in=roles,
        memberships__removed_at=None,
        is_active=True,
    ):
        mail(
            user.email, subject=title, body=f"{body or title}{address}\n\n{settings.OPERATOR_NAME}"
        )
    announce(f"business:{business.pk}", "notice", notice.uuid)
    return notice
