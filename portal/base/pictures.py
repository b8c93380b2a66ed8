"""Files from strangers become pictures of ours, or a sentence that says why not.

The decoding happens in a process with limits (decoder.py): what comes back was drawn anew, pixel
by pixel, so no script, position or second meaning of the file survives.
"""

import struct
import subprocess
import sys

from django.conf import settings
from django.utils.translation import gettext as _

from portal.base import decoder
from portal.base.refused import Refused

SECONDS = 10


def redraw(
    data: bytes,
    *,
    kinds: tuple[str, ...],
    form: str = "jpeg",
    max_side: int = 2000,
    max_pages: int = 20,
    square: int = 0,
) -> list[bytes]:
    """The pages of a file as pictures made anew.

    Arguments:
        data: the file as it came.
        kinds: what is taken, of "png", "jpeg", "webp", "pdf"; found by content, not by name.
        form: "jpeg" (pages), "webp" (logos) or "png"; the last two keep transparency.
        max_side: the longest side in pixels afterwards.
        max_pages: a PDF with more is refused.
        square: cut to a square of this many pixels around the middle; 0 keeps the shape.

    Raises Refused with a sentence that says what to hand in instead.
    """
    command = [sys.executable, "-I", decoder.__file__]
    command += ["--kinds", ",".join(kinds), "--form", form, "--max-side", str(max_side)]
    command += ["--max-pages", str(max_pages), "--square", str(square)]
    try:
        done = subprocess.run(
            command,
            input=data,
            capture_output=True,
            timeout=SECONDS,
            cwd=settings.BASE_DIR,
            env={"LANG": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refusal(decoder.TOO_LARGE, kinds) from None
    if done.returncode:
        raise _refusal(done.returncode, kinds, max_pages)
    return list(_split(done.stdout))


def _split(stream: bytes):
    position = 0
    while position < len(stream):
        (length,) = struct.unpack_from(">I", stream, position)
        yield stream[position + 4 : position + 4 + length]
        position += 4 + length


def _refusal(code: int, kinds: tuple[str, ...], max_pages: int = 0) -> Refused:
    """What to say for the decoder's exit code; a crash or a limit counts as too large."""
    names = [kind.upper() for kind in kinds]
    if code == decoder.NOT_A_PICTURE:
        return Refused(
            _("This is not a %(kinds)s or %(last)s file that we can read.")
            % {"kinds": ", ".join(names[:-1]), "last": names[-1]},
            code="file_unreadable",
        )
    if code == decoder.TOO_MANY_PAGES:
        return Refused(
            _("The file has more than %(pages)d pages. Hand in only the ones that matter.")
            % {"pages": max_pages},
            code="file_pages",
        )
    if code == decoder.LOCKED:
        return Refused(
            _("The file is locked with a password. Hand it in without one."), code="file_locked"
        )
    return Refused(
        _("This file takes too much room to open. Save it smaller and try again."),
        code="file_too_large",
    )
