"""What support does about a business: notes among staff, and a look through its eyes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.base.refused import Refused
from profiles.models import Business, SupportNote, User
from profiles.services.audit import record

VIEW_FOR = timedelta(minutes=30)


@transaction.atomic
def write_support_note(
    business: Business, *, by: User, text: str, now: datetime | None = None
) -> SupportNote:
    """Leave a note for other staff. Raises Refused when it says nothing."""
    if not text.strip():
        raise Refused(_("Write something."), code="no_text")
    note = SupportNote.objects.create(
        business=business, by=by, text=text.strip(), written_at=now or timezone.now()
    )
    record(business, "business.noted", by=by, note=note.pk)
    return note


@transaction.atomic
def begin_viewing(
    business: Business, *, by: User, reason: str, now: datetime | None = None
) -> datetime:
    """Let staff see the business's pages as it does. Returns until when. Raises Refused."""
    if not reason.strip():
        raise Refused(_("Say why."), code="no_reason")
    if business.closed_at:
        raise Refused(_("%(name)s is closed.") % {"name": business}, code="closed")
    until = (now or timezone.now()) + VIEW_FOR
    record(
        business, "business.viewing_began", by=by, reason=reason.strip(), until=until.isoformat()
    )
    return until


def note_viewed_page(business: Business, *, by: User, page: str) -> None:
    """Write down which page was seen."""
    record(business, "business.page_viewed", by=by, page=page[:200])


def end_viewing(business: Business, *, by: User) -> None:
    record(business, "business.viewing_ended", by=by)
