"""/{app}/uploads and /upload:…: files that become handles, for templates and profile pictures.

The session's id carries what was announced, signed, so nothing is kept until the bytes come.
"""

from urllib.parse import unquote

from django.core import signing
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from messaging.api.calls import POST, Call, Caller, edge
from messaging.api.errors import GraphError
from messaging.api.fields import text
from messaging.models import App, Media
from messaging.services.media import find_media, store_media
from messaging.services.media_types import LARGEST, type_of
from profiles.models import Business

SALT = "signet.upload"
HANDLE_SALT = "signet.handle"
SESSION_AGE = 3600  # seconds


@edge(App, "uploads", POST)
def post_upload(call: Call) -> dict:
    """Announce a file; the answer's id takes its bytes."""
    return begin_upload(call.caller, call.data)


def begin_upload(caller: Caller, data: dict) -> dict:
    """A session for a file of this name, length and type."""
    length = str(data.get("file_length") or "")
    if not (length.isdecimal() and len(length) < 12) or not 0 < int(length) <= LARGEST:
        raise GraphError(100, _("file_length: the file's bytes are expected."))
    mime = unquote(text(data, "file_type", most=100))
    name = text(data, "file_name", most=240, required=False)
    type_of(mime, name)
    session = {"a": caller.app.pk, "n": name, "l": int(length), "t": mime}
    return {"id": f"upload:{signing.dumps(session, salt=SALT)}"}


def continue_upload(caller: Caller, session_id: str, raw: bytes, offset: str) -> dict:
    """Take the bytes of a session and answer their handle."""
    session = _session(caller, session_id)
    if offset not in ("", "0"):
        raise GraphError(100, _("file_offset: begin at 0; files come in one piece."))
    if len(raw) != session["l"]:
        raise GraphError(
            100,
            _("%(came)d bytes came; %(announced)d were announced.")
            % {"came": len(raw), "announced": session["l"]},
        )
    media = store_media(caller.business, raw, mime=session["t"], file_name=session["n"])
    return {"h": f"4:{signing.dumps([caller.business.pk, media.pk], salt=HANDLE_SALT)}"}


def upload_state(caller: Caller, session_id: str) -> dict:
    """How much of a session has come: nothing, since files come in one piece."""
    _session(caller, session_id)
    return {"id": session_id, "file_offset": 0}


def picture_behind(business: Business, handle: str) -> bytes:
    """The file that a handle stands for. Raises GraphError."""
    try:
        business_id, media_id = signing.loads(handle.removeprefix("4:"), salt=HANDLE_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise GraphError(100, _("There is no such handle.")) from None
    media = find_media(business, str(media_id)) if business_id == business.pk else None
    if media is None or media.kind != Media.Kind.IMAGE:
        raise GraphError(100, _("There is no such handle of a picture."))
    with default_storage.open(media.stored_as) as file:
        return file.read()


def _session(caller: Caller, session_id: str) -> dict:
    try:
        session = signing.loads(session_id.removeprefix("upload:"), salt=SALT, max_age=SESSION_AGE)
    except signing.BadSignature:
        raise GraphError(100, _("This upload does not exist or is over."), subcode=33) from None
    if session["a"] != caller.app.pk:
        raise GraphError(100, _("This upload does not exist or is over."), subcode=33)
    return session
