"""Files that people send to businesses."""

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.models import Media, Message
from messaging.services.media import mark_used, store_media
from messaging.services.messages import receive_message
from portal.base.refused import Refused
from profiles.models import Profile

MOST_BYTES = 16 * 1024 * 1024


def receive_file(
    person_id: int, profile: Profile, file: UploadedFile, *, caption: str = ""
) -> Message:
    """Take a file that a person sends to a profile: checked and written anew, like all files.

    Raises Refused where it is too large, of a kind we don't take, or nobody may be written to.
    """
    if (file.size or 0) > MOST_BYTES:
        raise Refused(_("A file has at most 16 MB."), code="media_size")
    media = store_media(
        profile.business,
        file.read(),
        mime=file.content_type or "",
        file_name=file.name or "",
        source=Media.Source.PERSON,
        person_id=person_id,
    )
    content = {"id": str(media.pk), "mime_type": media.mime_type, "sha256": media.sha256}
    if media.kind == Media.Kind.DOCUMENT:
        content["filename"] = media.file_name
    message = receive_message(
        person_id, profile, body=caption, kind=Message.Kind(media.kind), content=content
    )
    mark_used(media, now=timezone.now())
    return message
