"""`make test`: every check and every test, on databases of its own.

    .venv/bin/python -m portal.run.checks [arguments for pytest]

Goes on after a failure, so that one run tells all; the exit code is 1 if anything failed.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

from portal.run import chromium, services
from portal.run.database import PASSWORD, PLAIN
from portal.run.places import BASE_DIR, BROKER_PORT, DATABASE_PORT, say
from portal.run.service import CannotStart

BIN = Path(sys.executable).parent
PYTHON = sys.executable

# As an operator would set it: `check --deploy` must then find nothing at all.
PRODUCTION = {
    "SITE_URL": "https://signet.example",
    "DATABASE_URL": f"postgres://{PLAIN}:{PASSWORD}@127.0.0.1:{DATABASE_PORT}/signet",
    "REDIS_URL": f"redis://127.0.0.1:{BROKER_PORT}/0",
    "EMAIL_HOST": "mail.example",
    "STRIPE_SECRET_KEY": "sk_live_of_the_check",
    "STRIPE_WEBHOOK_SECRETS": "whsec_of_the_check",
}

CHECKS: dict[str, list[str | Path]] = {
    "ruff": [BIN / "ruff", "check", "--quiet"],
    "imports": [BIN / "lint-imports", "--verbose"],
    "migrations": [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment": [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "types": [BIN / "mypy", "."],
}

# Beside each other, three at a time: many wait for a browser, or for processes of the site. The
# second lane takes over the first one's databases.
LANES = {
    "tests": ["-n", "3", "--dist", "loadfile", "--create-db", "--reuse-db", "-m", "not live"],
    "tests of the running site": ["-n", "3", "--reuse-db", "-m", "live"],
}

LAST_FAILED = BASE_DIR / ".pytest_cache" / "v" / "cache" / "lastfailed"
SOME_FAILED = 1  # pytest's exit code for it; others say that it broke off
FEW = 5  # failures that may be a matter of load


def main(arguments: list[str]) -> int:
    chromium.install()
    os.environ.setdefault("DATABASE_FSYNC", "off")  # a power cut may cost us the tests' database
    try:
        services.start()
    except CannotStart as error:
        say(str(error))
        return 1
    try:
        failed = [name for name, command in CHECKS.items() if not passes(name, command)]
        for name, options in ({"tests": arguments} if arguments else LANES).items():
            begin = time.monotonic()
            if not passes_tests(options):
                failed.append(name)
            say(f"{name}: {time.monotonic() - begin:.0f} s")
    except KeyboardInterrupt:
        return 130
    finally:
        services.stop()
    say(f"Failed: {', '.join(failed)}." if failed else "Everything passes.")
    return 1 if failed else 0


def passes_tests(options: list[str]) -> bool:
    """Run a lane; what fails in it is tried once more, alone.

    A browser on a loaded machine now and then misses its time; a fault fails twice. More than
    FEW failures are never a matter of load. What passes alone is told, so that it can be mended.
    """
    surroundings = dict(os.environ)
    surroundings.pop("DJANGO_SETTINGS_MODULE", None)  # set by importing us; tests have theirs

    def pytest(*options: str) -> int:
        command = [str(BIN / "pytest"), "-q", *options]
        return subprocess.run(command, cwd=BASE_DIR, env=surroundings).returncode

    LAST_FAILED.unlink(missing_ok=True)
    code = pytest(*options)
    names = sorted(json.loads(LAST_FAILED.read_text())) if LAST_FAILED.exists() else []
    if code != SOME_FAILED or not 0 < len(names) <= FEW:
        return code == 0
    say("Once more, alone: " + " ".join(names))
    if pytest(*names):
        return False
    for name in names:
        say(f"Failed beside others, passes alone: {name}")
    return True


def passes(name: str, command: list[str | Path]) -> bool:
    """Run one check; what it says is shown only when it fails."""
    begin = time.monotonic()
    done = subprocess.run(
        command,
        cwd=BASE_DIR,
        env=production() | {"PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        print(done.stdout, flush=True)
    verdict = "FAILED" if done.returncode else "passes"
    say(f"{name}: {verdict}, {time.monotonic() - begin:.0f} s")
    return not done.returncode


def production() -> dict[str, str]:
    """An environment without any trace of development or demo, and with the secrets it needs."""
    names = ("SECRET_KEY", "MASTER_KEY", "PAIRWISE_KEY")
    demo = ("DEBUG", "DEMO", "STRIPE_API_BASE", "WEBHOOK_ALLOW_LOOPBACK")
    browsers = ("DJANGO_ALLOW_ASYNC_UNSAFE",)  # set by the tests that drive Chromium
    kept = {name: value for name, value in os.environ.items() if name not in demo + browsers}
    return kept | PRODUCTION | {name: secrets.token_urlsafe(48) for name in names}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
