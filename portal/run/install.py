"""Make .venv and install what a requirements file names, only when that has changed.

    python3 portal/run/install.py requirements-demo.txt

Needs nothing but Python itself: Debian's python3 comes without ensurepip, so pip may have to be
fetched first. An interrupted run is simply continued by the next.
"""

import configparser
import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from places import BASE_DIR, VAR, is_root, say

VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"

PIP = "pip-26.3-py3-none-any.whl"
PIP_SHA256 = "f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13"


def main(requirements: str) -> None:
    """Install, unless the stamp in .venv says that just this is installed."""
    (VAR / "run").mkdir(parents=True, exist_ok=True)
    with open(VAR / "run" / "install.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # `make run` and `make test` may come at once
        stamp = VENV / f".{requirements}.installed"
        wanted = fingerprint(BASE_DIR / requirements)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        begin = time.monotonic()
        make_environment()
        say(f"Installing what {requirements} names; the first time this takes a minute or two ...")
        pip("install", "--requirement", str(BASE_DIR / requirements))
        stamp.write_text(fingerprint(BASE_DIR / requirements))
        say(f"Installed in {time.monotonic() - begin:.0f} s.")


def fingerprint(path: Path) -> str:
    """Changes with the files' text, the place and the interpreter: scripts in .venv name them."""
    names = hashlib.sha256(text_of(path).encode()).hexdigest()
    return f"{names} {VENV.resolve()} {version()}"


def text_of(path: Path) -> str:
    """The file with those it includes, without its comments."""
    text = re.sub(r"\s*#.*", "", path.read_text())
    included = re.findall(r"^-r (\S+)", text, re.MULTILINE)
    return text + "".join(text_of(path.parent / name) for name in included)


def version() -> str:
    """What the environment's Python says it is; "" if it doesn't run."""
    try:
        said = subprocess.run([PYTHON, "-V"], capture_output=True, text=True)
    except OSError:
        return ""
    return said.stdout.strip()


def make_environment() -> None:
    """A .venv whose pip works. One that was moved, or broken half-way, is made anew."""
    if moved_or_broken() and VENV.exists() and not VENV.is_symlink():
        say("The .venv here is not usable: making it again.")
        shutil.rmtree(VENV)
    if not version():
        arguments = [] if importlib.util.find_spec("ensurepip") else ["--without-pip"]
        run([sys.executable, "-m", "venv", *arguments, str(VENV)])
    if not has_pip():
        say("This Python has no pip: fetching it ...")
        fetch_pip()


def moved_or_broken() -> bool:
    made_for = VENV / ".made_for"
    here = f"{VENV.resolve()} {sys.version_info[:2]}"
    if version() and (not made_for.exists() or made_for.read_text() == here):
        made_for.write_text(here)
        return False
    return True


def has_pip() -> bool:
    return not subprocess.run([PYTHON, "-m", "pip", "-V"], capture_output=True).returncode


def pip(*arguments: str) -> None:
    run([str(PYTHON), "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"])


def run(command: list[str]) -> None:
    """Run a command whose output only matters when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(
            f"{done.stdout.strip()[-3000:]}\n\nThis did not work: {' '.join(command)}\n"
            "Its reason stands above. Once it is mended, say the same command again; "
            "what is done already is kept."
        )


# pip, where Python has none


def fetch_pip() -> None:
    """Get pip's wheel from the package index, and let it install itself."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            wheel = Path(folder) / PIP
            wheel.write_bytes(download_pip())
            run([str(PYTHON), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)])
    except OSError as error:
        if is_root() and shutil.which("apt-get"):
            run(["apt-get", "install", "--yes", "python3-venv"])
            run([str(PYTHON), "-m", "ensurepip"])
        else:
            sys.exit(
                f"pip could not be fetched from {index()}: {error}\n"
                "Install it (on Debian: apt-get install python3-venv), or name a package index "
                "in PIP_INDEX_URL, and try again."
            )


def download_pip() -> bytes:
    page = read(f"{index().rstrip('/')}/pip/")
    address = re.search(rf'href="([^"]*{re.escape(PIP)})', page.decode())
    if not address:
        raise OSError(f"it has no {PIP}")
    wheel = read(urljoin(f"{index().rstrip('/')}/pip/", address[1]))
    if hashlib.sha256(wheel).hexdigest() != PIP_SHA256:
        raise OSError(f"its {PIP} is not the one we know")
    return wheel


def index() -> str:
    return setting("index-url") or "https://pypi.org/simple"


def setting(name: str) -> str:
    """One of pip's own settings: its variable, or the first of its configuration files with it."""
    if value := os.getenv("PIP_" + name.upper().replace("-", "_")):
        return value
    home = Path.home()
    files = [home / ".config/pip/pip.conf", home / ".pip/pip.conf", Path("/etc/pip.conf")]
    for file in [os.getenv("PIP_CONFIG_FILE"), *files]:
        parser = configparser.RawConfigParser()
        if file and parser.read(file) and parser.has_option("global", name):
            return parser.get("global", name)
    return ""


def read(url: str) -> bytes:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http", "file"):
        raise OSError(f"{url} is no address of a package index")
    openers: list[urllib.request.BaseHandler] = [
        urllib.request.HTTPSHandler(
            context=ssl.create_default_context(cafile=setting("cert") or None)
        )
    ]
    if parts.username:
        logins = urllib.request.HTTPPasswordMgrWithPriorAuth()
        url = url.replace(f"{parts.netloc.rpartition('@')[0]}@", "")
        logins.add_password(None, url, parts.username, parts.password or "", True)
        openers.append(urllib.request.HTTPBasicAuthHandler(logins))
    with urllib.request.build_opener(*openers).open(url, timeout=60) as answer:
        return answer.read()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KeyboardInterrupt:
        sys.exit(130)
