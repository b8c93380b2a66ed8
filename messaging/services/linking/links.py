"""Short links and QR codes that begin a chat."""

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import MessageLink
from messaging.services.linking.requests import picture_of
from portal.base.refused import Refused
from profiles.models import Profile, User
from profiles.services.audit import record

MOST = 2000  # links of one profile


@transaction.atomic
def create_link(profile: Profile, *, prefilled_message: str, by: User | None) -> MessageLink:
    """A new link with words to begin with. Raises Refused."""
    Profile.objects.select_for_update().get(pk=profile.pk)
    if MessageLink.objects.filter(profile=profile, deleted_at=None).count() >= MOST:
        raise Refused(_("A profile has at most %d links. Delete one first.") % MOST)
    link = MessageLink.objects.create(profile=profile, prefilled_message=prefilled_message)
    record(link, "link.created", by=by, business=profile.business)
    return link


@transaction.atomic
def change_link(link: MessageLink, *, prefilled_message: str, by: User | None) -> MessageLink:
    """Other words to begin with, under the same code."""
    link.prefilled_message = prefilled_message
    link.save(update_fields=["prefilled_message"])
    record(link, "link.changed", by=by, business=link.profile.business)
    return link


@transaction.atomic
def delete_link(link: MessageLink, *, by: User | None) -> None:
    """The code leads nowhere from now on; it is never given out again."""
    link.deleted_at = timezone.now()
    link.save(update_fields=["deleted_at"])
    record(link, "link.deleted", by=by, business=link.profile.business)


def address_of(link: MessageLink) -> str:
    """Where the link leads people."""
    return f"{settings.SITE_URL}/q/{link.code}"


def qr_code(link: MessageLink, form: str) -> bytes:
    """The link's address as a QR code, "png" or "svg"."""
    return picture_of(address_of(link), form)
