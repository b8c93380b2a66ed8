"""Which files are taken, how large, and how each is known by its content instead of its name."""

import struct
from dataclasses import dataclass

from django.utils.translation import gettext as _

from messaging.models import Media
from portal.base.pictures import redraw
from portal.base.refused import Refused

Kind = Media.Kind
KB, MB = 1024, 1024 * 1024


@dataclass(frozen=True)
class FileType:
    """A type of file: which messages it goes into and how large it may be."""

    mime: str
    kind: str
    most: int  # bytes
    endings: tuple[str, ...]


OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES = [
    FileType("image/jpeg", Kind.IMAGE, 5 * MB, ("jpg", "jpeg")),
    FileType("image/png", Kind.IMAGE, 5 * MB, ("png",)),
    FileType("image/webp", Kind.STICKER, 500 * KB, ("webp",)),
    FileType("video/mp4", Kind.VIDEO, 16 * MB, ("mp4",)),
    FileType("video/3gpp", Kind.VIDEO, 16 * MB, ("3gp", "3gpp")),
    FileType("audio/aac", Kind.AUDIO, 16 * MB, ("aac",)),
    FileType("audio/amr", Kind.AUDIO, 16 * MB, ("amr",)),
    FileType("audio/mpeg", Kind.AUDIO, 16 * MB, ("mp3", "mpeg")),
    FileType("audio/mp4", Kind.AUDIO, 16 * MB, ("m4a",)),
    FileType("audio/ogg", Kind.AUDIO, 16 * MB, ("ogg", "oga", "opus")),
    FileType("application/pdf", Kind.DOCUMENT, 100 * MB, ("pdf",)),
    FileType("text/plain", Kind.DOCUMENT, 100 * MB, ("txt", "csv", "log", "md")),
    FileType("application/msword", Kind.DOCUMENT, 100 * MB, ("doc",)),
    FileType("application/vnd.ms-excel", Kind.DOCUMENT, 100 * MB, ("xls",)),
    FileType("application/vnd.ms-powerpoint", Kind.DOCUMENT, 100 * MB, ("ppt",)),
    FileType(OFFICE + "wordprocessingml.document", Kind.DOCUMENT, 100 * MB, ("docx",)),
    FileType(OFFICE + "spreadsheetml.sheet", Kind.DOCUMENT, 100 * MB, ("xlsx",)),
    FileType(OFFICE + "presentationml.presentation", Kind.DOCUMENT, 100 * MB, ("pptx",)),
]
BY_MIME = {file_type.mime: file_type for file_type in TYPES}
BY_ENDING = {ending: file_type for file_type in TYPES for ending in file_type.endings}
OTHER_NAMES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
    "text/csv": "text/plain",
    "video/3gp": "video/3gpp",
}
LARGEST = max(file_type.most for file_type in TYPES)
# What the first bytes say; text is what is none of these.
OLE, ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
SIGNS = {
    "image/jpeg": lambda b: b[:3] == b"\xff\xd8\xff",
    "image/png": lambda b: b[:8] == b"\x89PNG\r\n\x1a\n",
    "image/webp": lambda b: b[:4] == b"RIFF" and b[8:12] == b"WEBP",
    "video/mp4": lambda b: b[4:8] == b"ftyp",
    "video/3gpp": lambda b: b[4:7] == b"fty" and b[8:10] == b"3g",
    "audio/mp4": lambda b: b[4:8] == b"ftyp",
    "audio/aac": lambda b: b[:1] == b"\xff" and b[1:2] in (b"\xf0", b"\xf1", b"\xf8", b"\xf9"),
    "audio/amr": lambda b: b[:5] == b"#!AMR",
    "audio/mpeg": lambda b: b[:3] == b"ID3" or (b[:1] == b"\xff" and b[1:2] > b"\xe0"),
    "audio/ogg": lambda b: b[:4] == b"OggS",
    "application/pdf": lambda b: b[:5] == b"%PDF-",
    "text/plain": lambda b: b"\x00" not in b,
}


PICTURES = ("image/jpeg", "image/png", "image/webp")


def type_of(mime: str, file_name: str) -> FileType:
    """The type a file is said to be, by its MIME type or else its ending. Raises Refused."""
    named = mime.split(";")[0].strip().lower()
    named = OTHER_NAMES.get(named, named)
    ending = file_name.rsplit(".", 1)[-1].lower() if "." in file_name else ""
    found = BY_MIME.get(named) or (BY_ENDING.get(ending) if named not in BY_MIME else None)
    if found is None:
        raise Refused(
            _("Files of the type “%s” are not taken.") % (named or ending or "?"),
            code="media_type",
        )
    return found


def truer(file_type: FileType, data: bytes) -> FileType:
    """The type of picture it is, where it is said to be another: clients mix these up."""
    if not file_type.mime.startswith("image/"):
        return file_type
    found = next((BY_MIME[m] for m in PICTURES if SIGNS[m](data[:16])), file_type)
    return found


def clean(data: bytes, file_type: FileType) -> bytes:
    """The file as it may be stored: pictures drawn anew, films without places. Raises Refused."""
    if not data:
        raise Refused(_("The file is empty."), code="media_type")
    if len(data) > file_type.most:
        raise Refused(
            _("The file has %(size).1f MB; %(most).1f MB are the most for “%(type)s”.")
            % {"size": len(data) / MB, "most": file_type.most / MB, "type": file_type.mime},
            code="media_size",
        )
    if not _looks_right(data, file_type.mime):
        raise Refused(_("The content of the file is not “%s”.") % file_type.mime, code="media_type")
    form = file_type.mime.removeprefix("image/")
    if form in ("jpeg", "png", "webp"):
        (picture,) = redraw(data, kinds=(form,), form=form, max_side=2560)
        return picture
    if file_type.mime in ("video/mp4", "video/3gpp", "audio/mp4"):
        return without_places(data)
    return data


def _looks_right(data: bytes, mime: str) -> bool:
    if mime in SIGNS:
        return SIGNS[mime](data[:4096])
    return data[:8] == OLE if "openxml" not in mime else data[:4] == ZIP


# Boxes of ISO media files (ISO/IEC 14496-12) that hold other boxes, and those that hold places.
HOLDERS = (b"moov", b"udta", b"trak", b"meta", b"ilst")
PLACES = (b"\xa9xyz", b"loci", b"Xtra", b"uuid")


def without_places(data: bytes) -> bytes:
    """The film with each box that can hold a position emptied; its length stays the same."""
    cleaned = bytearray(data)
    _empty_places(cleaned, 0, len(cleaned), 0)
    return bytes(cleaned)


def _empty_places(data: bytearray, position: int, end: int, depth: int) -> None:
    while position + 8 <= end and depth < 8:
        (size,) = struct.unpack_from(">I", data, position)
        name, head = bytes(data[position + 4 : position + 8]), 8
        if size == 1 and position + 16 <= end:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        size = end - position if size == 0 else size
        if size < head or position + size > end:
            return
        if name in PLACES:
            data[position + 4 : position + 8] = b"free"
            data[position + head : position + size] = bytes(size - head)
        elif name in HOLDERS:
            # "meta" begins with four bytes of version where it is a full box.
            skip = (
                4
                if name == b"meta" and data[position + head : position + head + 4] == bytes(4)
                else 0
            )
            _empty_places(data, position + head + skip, position + size, depth + 1)
        position += size
