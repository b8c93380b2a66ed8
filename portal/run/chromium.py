"""Chromium for the browser tests: found on the machine, or installed by apt where root allows."""

import os
import shutil
import subprocess
from pathlib import Path

from portal.run.places import is_root, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "libatomic1")  # Playwright's driver needs the second


def find() -> str | None:
    """The path of a Chromium or Chrome: the one CHROMIUM names, a system's, or Playwright's own."""
    if chosen := os.getenv("CHROMIUM"):
        return chosen
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    cache = Path(os.getenv("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright")
    return next((str(path) for path in sorted(cache.glob("chromium-*/chrome-*/chrome"))), None)


def missing() -> str:
    """What keeps the browser tests from running, as a sentence; "" if nothing does."""
    install = f"Install what they need: apt-get install {' '.join(PACKAGES)}"
    if not find():
        return f"No Chromium found. {install}, or set CHROMIUM."
    if problem := driver_problem():
        return f"Playwright's driver does not run ({problem}). {install}"
    return ""


def driver_problem() -> str:
    from playwright._impl._driver import compute_driver_executable

    driver = compute_driver_executable()[0]
    done = subprocess.run([driver, "--version"], capture_output=True, text=True)
    return done.stderr.strip() if done.returncode else ""


def install() -> None:
    """Install Debian's packages if something is missing and we may."""
    if missing() and is_root() and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests ...")
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            done = subprocess.run(["apt-get", "-qq", *command], capture_output=True, text=True)
            if done.returncode:
                say(f"Chromium could not be installed: {done.stderr.strip()[-500:]}")
                return
