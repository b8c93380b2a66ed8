"""Bodies that come without a length: chunked, or by HTTP/2. Django would take them for empty."""

import tempfile
from typing import BinaryIO, cast

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

PIECE = 64 * 1024  # bytes
IN_MEMORY = 2 * 1024 * 1024  # bytes; what is longer waits in a file


def take_whole(request: HttpRequest, *, most: int) -> None:
    """Read such a body to its end, so that it can be read like any other.

    Arguments:
        most: bytes; of a longer one the rest is not read.

    Raises RequestDataTooBig.
    """
    meta = request.META
    chunked = "chunked" in meta.get("HTTP_TRANSFER_ENCODING", "").lower()
    if meta.get("CONTENT_LENGTH") or not (chunked or meta.get("SERVER_PROTOCOL") == "HTTP/2"):
        return
    source, length = meta["wsgi.input"], 0
    body = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 (the request reads it)
    while piece := source.read(PIECE):
        length += len(piece)
        if length > most:
            raise RequestDataTooBig(f"A body of more than {most} bytes.")
        body.write(piece)
    body.seek(0)
    meta["CONTENT_LENGTH"] = str(length)
    request._stream = cast(BinaryIO, body)
