"""Named places where a test may have a worker die, as by kill -9.

    CRASH_AT=written:3      the third time a process comes by `written`, it is gone

Without the variable nothing happens. `make chaos` goes through all of them.
"""

import os
import signal

PLACES = ("claimed", "chosen", "messages", "written", "marked", "committed")

_name, _colon, _times = os.getenv("CRASH_AT", "").partition(":")
_left = int(_times or 1)


def may_crash(place: str) -> None:
    """Die here if the environment says so."""
    global _left
    if place != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
