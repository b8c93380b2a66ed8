"""A task's turn: it works a while, then others of its queue come; a worker asked to end ends."""

import mmap
from collections.abc import Callable
from time import monotonic

from celery.signals import worker_shutting_down

_ends = mmap.mmap(-1, 1)  # a worker's, shared with the processes that it forks: 1 once it is to end


def begin_turn(seconds: float) -> Callable[[], bool]:
    """The function that is returned says whether the turn still lasts.

    It is over after `seconds`, or as soon as the worker is asked to end (SIGTERM, as at each
    roll-out), so that none has to wait for long work, or to break it off.
    """
    until = monotonic() + seconds
    return lambda: monotonic() < until and not _ends[0]


@worker_shutting_down.connect
def end_turns(**kwargs) -> None:
    """Let all turns of this worker's processes be over."""
    _ends[0] = 1
