"""Runs localstripe as it is, with its manners mended from outside: it would listen on every network
and keep its state in one fixed file, written in place.

    python -m billing.devpeer.engine PORT FILE

Only functions of Python's own library are changed, in this process of its own.
"""

import builtins
import contextlib
import io
import logging
import os
import runpy
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIXED_FILE = "/tmp/localstripe.pickle"


class LoopbackSocket(socket.socket):
    """A socket that can't be reached from other machines, whatever it is told to bind to."""

    def __init__(self, family: int = -1, *args: Any, **kwargs: Any) -> None:
        super().__init__(socket.AF_INET if family == socket.AF_INET6 else family, *args, **kwargs)

    def bind(self, address: Any) -> None:
        super().bind(("127.0.0.1", address[1]) if isinstance(address, tuple) else address)


def open_elsewhere(file: Path, original: Callable[..., Any]) -> Callable[..., Any]:
    """`open` with the fixed file at `file`, which a killed process never leaves half written."""

    def open_(name: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if name != FIXED_FILE:
            return original(name, mode, *args, **kwargs)
        if "w" not in mode:
            return original(file, mode, *args, **kwargs)
        return _Replacing(file)

    return open_


class _Replacing:
    """A file for writing that takes the place of the old one only when it is whole."""

    def __init__(self, file: Path) -> None:
        self.file, self.draft = file, file.with_suffix(".draft")

    def __enter__(self) -> Any:
        self.stream = self.draft.open("wb")
        return self.stream

    def __exit__(self, failed: object, *args: object) -> None:
        self.stream.close()
        if not failed:
            os.replace(self.draft, self.file)


def main(port: str, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    socket.socket = LoopbackSocket  # type: ignore[misc]
    builtins.open = open_elsewhere(file, builtins.open)
    logging.getLogger("aiohttp.access").disabled = True
    sys.argv = ["localstripe", "--port", port]
    with contextlib.redirect_stdout(io.StringIO()):
        runpy.run_module("localstripe", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
