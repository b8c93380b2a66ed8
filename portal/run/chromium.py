"""Chromium for the browser tests: found on the machine, or installed by apt where root allows."""

import os
import shutil
import subprocess
from pathlib import Path

from portal.run.places import is_root, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium or Chrome: the one CHROMIUM names, a system's, or Playwright's own."""
    if chosen := os.getenv("CHROMIUM"):
        return chosen
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    cache = Path(os.getenv("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    return next((str(path) for path in sorted(cache.glob("chromium-*/chrome-*/chrome"))), None)


def install() -> None:
    """Install Debian's package if we may; says so, and says nothing if we may not."""
    if is_root() and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests ...")
        for command in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            done = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True)
            if done.returncode:
                say(f"Chromium could not be installed: {done.stderr.strip()[-500:]}")
                return
