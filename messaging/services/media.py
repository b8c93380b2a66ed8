"""Files in messages: taken under limits, kept, shown by short-lived links, and forgotten."""

import hashlib
import threading
from datetime import datetime, timedelta
from urllib.parse import unquote, urlsplit

from celery import shared_task
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Media
from messaging.services.media_types import LARGEST, clean, truer, type_of
from portal.base.fetch import NotAllowed, Unreachable, fetch
from portal.base.ids import new_node_id
from portal.base.refused import Refused
from profiles.models import Business

Source = Media.Source
KEPT = {
    Source.UPLOAD: timedelta(days=30),
    Source.LINK: timedelta(days=30),
    Source.PERSON: timedelta(days=7),
}
LINK_AGE = timedelta(minutes=5)  # of a link to a file
FETCHED_AGAIN = timedelta(days=1)  # after which a link is fetched anew
FETCH_SECONDS = 10.0
SALT = "signet.media"
# Fetching holds a thread of the web server; more at once would hold up everybody else.
_fetching = threading.BoundedSemaphore(6)


def store_media(
    business: Business,
    data: bytes,
    *,
    mime: str,
    file_name: str = "",
    source: str = Source.UPLOAD,
    link: str = "",
    person_id: int | None = None,
    now: datetime | None = None,
) -> Media:
    """Check a file, write it anew and keep it.

    Arguments:
        mime: what it is said to be; its content has to agree.
        source: a value of Media.Source; decides how long the API knows it.
        link: where it was fetched from.
        person_id: who sent it, where a person did.

    Raises Refused with code media_type or media_size.
    """
    now = now or timezone.now()
    file_type = truer(type_of(mime, file_name), data)
    cleaned = clean(data, file_type)
    media_id = new_node_id()
    stored_as = default_storage.save(
        f"media/{media_id % 1000:03d}/{media_id}", ContentFile(cleaned)
    )
    return Media.objects.create(
        id=media_id,
        business=business,
        person_id=person_id,
        source=source,
        kind=file_type.kind,
        mime_type=file_type.mime,
        file_name=file_name.replace("\x00", "")[-240:],
        size=len(cleaned),
        sha256=hashlib.sha256(cleaned).hexdigest(),
        stored_as=stored_as,
        link_sha256=_digest(link) if link else "",
        created_at=now,
        expires_at=now + KEPT[Source(source)],
    )


def fetch_media(business: Business, link: str, *, now: datetime | None = None) -> Media:
    """The file behind a link, fetched through the guarded fetcher, or found from an earlier fetch.

    Call it outside any transaction. Raises Refused with code media_link, media_type or media_size.
    """
    now = now or timezone.now()
    known = (
        Media.objects.filter(
            business=business,
            link_sha256=_digest(link),
            created_at__gt=now - FETCHED_AGAIN,
            deleted_at=None,
        )
        .order_by("-created_at")
        .first()
    )
    if known:
        return known
    if not _fetching.acquire(timeout=FETCH_SECONDS):
        raise Refused(_("Too many links are being fetched. Try again."), code="media_busy")
    try:
        answer = fetch(
            link, seconds=FETCH_SECONDS, most=LARGEST, loopback=settings.WEBHOOK_ALLOW_LOOPBACK
        )
    except (NotAllowed, Unreachable) as error:
        raise Refused(_("The link can't be fetched: %s") % error, code="media_link") from None
    finally:
        _fetching.release()
    if answer.status != 200:
        raise Refused(_("The link answered %d.") % answer.status, code="media_link")
    if not answer.is_whole:
        raise Refused(_("The file behind the link is too large."), code="media_size")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return store_media(
        business,
        answer.body,
        mime=headers.get("content-type", ""),
        file_name=unquote(urlsplit(link).path.rsplit("/", 1)[-1]),
        source=Source.LINK,
        link=link,
        now=now,
    )


def find_media(business: Business, media_id: str, *, now: datetime | None = None) -> Media | None:
    """The business's file that the API still knows."""
    if not media_id.isdecimal() or len(media_id) != 15:
        return None
    return Media.objects.filter(
        pk=int(media_id),
        business=business,
        deleted_at=None,
        expires_at__gt=now or timezone.now(),
    ).first()


def mark_used(media: Media, *, now: datetime) -> None:
    """The file stands in a message, so it stays."""
    Media.objects.filter(pk=media.pk, used_at=None).update(used_at=now)


def delete_media(media: Media, *, now: datetime | None = None) -> None:
    """Let the API know the file no more. Messages that show it keep it."""
    Media.objects.filter(pk=media.pk).update(deleted_at=now or timezone.now())
    if media.used_at is None:
        default_storage.delete(media.stored_as)


def path_of(media: Media) -> str:
    """A path that shows the file to whoever has it, for LINK_AGE."""
    return f"/media/{signing.TimestampSigner(salt=SALT).sign_object(media.pk, compress=False)}"


def media_behind(token: str) -> Media | None:
    """The file that a path of ours leads to, while the path is young enough."""
    try:
        pk = signing.TimestampSigner(salt=SALT).unsign_object(token, max_age=LINK_AGE)
    except signing.BadSignature:
        return None
    return Media.objects.filter(pk=pk).first()


@shared_task
def forget_unused_media() -> int:
    """Delete the files of what expired and stands in no message. Returns how many."""
    gone = list(Media.objects.filter(used_at=None, expires_at__lt=timezone.now())[:500])
    for media in gone:
        default_storage.delete(media.stored_as)
        media.delete()
    return len(gone)


def _digest(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()
