"""`make clean`: end what still runs and remove all that `make run` and `make test` made.

    python3 portal/run/clean.py

Needs nothing but Python itself, so that it also mends a half-made .venv.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from places import BASE_DIR, ROOT_HOME, SYSTEM_USER, VAR, is_root, say

CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache")


def main() -> None:
    for var in (VAR, VAR / "test"):
        with open_lock(var) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                sys.exit("Signet still runs here: end it with Ctrl-C first.")
    end_servers()
    for folder in (VAR, BASE_DIR / ".venv", *(BASE_DIR / name for name in CACHES)):
        remove(folder)
    for folder in list(BASE_DIR.rglob("__pycache__")):
        remove(folder)
    if is_root():
        remove(ROOT_HOME)
        if not any(ROOT_HOME.parent.glob("signet-*")):
            subprocess.run(["userdel", SYSTEM_USER], capture_output=True)
    say("All that `make run` and `make test` made is gone.")


def open_lock(var: Path):
    lock = var / "run" / "start.lock"
    return open(lock if lock.exists() else os.devnull, "r+")


def end_servers() -> None:
    """Databases and brokers started in the background: whoever works in one of our folders."""
    ended = {pid for pid in pids() if works_for_us(pid)}
    for number in (signal.SIGINT, signal.SIGKILL):
        for pid in ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + 15
        while ended and time.monotonic() < deadline:
            time.sleep(0.1)
            ended = {pid for pid in ended if works_for_us(pid)}


def pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def works_for_us(pid: int) -> bool:
    try:
        folder = Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return False
    return folder.is_relative_to(ROOT_HOME) or folder.is_relative_to(VAR)


def remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


if __name__ == "__main__":
    main()
