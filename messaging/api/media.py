"""POST /{profile}/media, GET and DELETE /{media}, and the link that shows a file."""

import re
from datetime import datetime

from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from messaging.api.calls import DELETE, GET, MESSAGING, POST, Call, Caller, edge, node
from messaging.api.errors import GraphError, missing, unknown_node
from messaging.api.fields import text
from messaging.models import Media
from messaging.services.media import (
    delete_media,
    fetch_media,
    find_media,
    mark_used,
    media_behind,
    path_of,
    store_media,
)
from messaging.services.media_types import LARGEST
from profiles.models import Business, Profile

RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")


@node(Media)
def _media(caller: Caller) -> QuerySet:
    return Media.objects.filter(business=caller.business, deleted_at=None)


@edge(Profile, "media", POST, scope=MESSAGING)
def post_media(call: Call) -> dict:
    """Keep a file for 30 days and name it by an id."""
    if call.data.get("messaging_product") != "whatsapp":
        raise GraphError(100, _("messaging_product: “whatsapp” is expected."))
    file = call.files.get("file") or next(iter(call.files.values()), None)
    if file is None:
        raise missing("file")
    if file.size > LARGEST:
        raise GraphError(131053, _("The file is too large."))
    mime = file.content_type or ""
    if mime in ("", "application/octet-stream"):
        mime = str(call.data.get("type") or "")
    media = store_media(
        call.business, file.read(), mime=mime, file_name=file.name or "", now=call.now
    )
    return {"id": str(media.pk)}


@edge(Media, "", GET, scope=MESSAGING)
def get_media(call: Call) -> dict:
    """Where the file can be fetched for five minutes, and what it is."""
    media = _known(call)
    size: int | str = media.size
    if call.request.headers.get("X-API-Key"):  # those clients read a text
        size = str(size)
    return {
        "messaging_product": "whatsapp",
        "url": call.absolute(path_of(media)),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": size,
        "id": str(media.pk),
    }


@edge(Media, "", DELETE, scope=MESSAGING)
def delete(call: Call) -> dict:
    """Forget the file; messages that show it keep it."""
    delete_media(_known(call), now=call.now)
    return {"success": True}


def _known(call: Call) -> Media:
    """The file, unless it has expired or is asked for through another profile."""
    profile_id = str(call.data.get("phone_number_id") or "")
    if profile_id and not (
        profile_id.isdecimal()
        and len(profile_id) == 15
        and Profile.objects.filter(pk=int(profile_id), business=call.business).exists()
    ):
        raise unknown_node(profile_id, call.method)
    if call.node.expires_at <= call.now:
        raise unknown_node(str(call.node.pk), call.method)
    return call.node


def media_object(business: Business, kind: str, given: dict, *, where: str, now: datetime) -> dict:
    """The file that a message's object means by id or by link, as messages keep it.

    Raises GraphError, or Refused where the link or the file is no good.
    """
    media_id, link = str(given.get("id") or ""), given.get("link")
    if bool(media_id) == bool(link):
        raise GraphError(131008, _("%s: either “id” or “link” is expected.") % where)
    if media_id:
        media = find_media(business, media_id, now=now)
        if media is None:
            raise GraphError(131009, _("%s.id: there is no such media.") % where)
    else:
        media = fetch_media(business, text(given, "link", most=2000, where=where), now=now)
    if media.kind != kind and (media.kind, kind) != (Media.Kind.IMAGE, Media.Kind.DOCUMENT):
        raise GraphError(
            131053,
            _("%(where)s: “%(mime)s” can't be sent as %(kind)s.")
            % {"where": where, "mime": media.mime_type, "kind": kind},
        )
    mark_used(media, now=now)
    found: dict[str, object] = {
        "id": str(media.pk),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
    }
    if kind == Media.Kind.DOCUMENT:
        found["filename"] = (
            text(given, "filename", most=240, where=where, required=False) or media.file_name
        )
    if kind == Media.Kind.AUDIO and given.get("voice") is True:
        found["voice"] = True
    return found


@csrf_exempt
@require_safe
def media_file(request: HttpRequest, token: str) -> HttpResponse | FileResponse:
    """The bytes, for who has a fresh link. Nothing in them runs here, whatever they are."""
    media = media_behind(token)
    if media is None or not default_storage.exists(media.stored_as):
        error = GraphError(100, _("This link has expired. Ask for a new one."), status=404)
        return JsonResponse({"error": error.as_dict("")}, status=404)
    return serve(request, media)


def serve(request: HttpRequest, media: Media) -> HttpResponse | FileResponse:
    """A file's bytes, or the part of them that a player asks for; they never act as a page."""
    file = default_storage.open(media.stored_as)
    response: HttpResponse | FileResponse
    if part := _part(request.headers.get("Range", ""), media.size):
        first, last = part
        file.seek(first)
        response = HttpResponse(
            file.read(last - first + 1), content_type=media.mime_type, status=206
        )
        response["Content-Range"] = f"bytes {first}-{last}/{media.size}"
        file.close()
    else:
        response = FileResponse(
            file,
            content_type=media.mime_type,
            as_attachment=media.kind == Media.Kind.DOCUMENT,
            filename=media.file_name,
        )
        response["Content-Length"] = str(media.size)
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=300"
    return response


def _part(header: str, size: int) -> tuple[int, int] | None:
    """First and last byte of the one range a player asks for; None: all of it."""
    found = RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else None
