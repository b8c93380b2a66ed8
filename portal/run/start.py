"""`make run`: everything on this machine, in the foreground, until Ctrl-C.

    .venv/bin/python -m portal.run.start

Starts the embedded database and broker, migrates, loads the demo on the first start, then runs the
lines of Procfile.dev under honcho and says which address to open.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
from honcho.environ import parse_procfile
from honcho.manager import Manager

from portal.run import places, services
from portal.run.database import OWNER, Database
from portal.run.places import BASE_DIR, PORT, VAR, say
from portal.run.service import CannotStart, is_free

MARK = "SIGNET_RUN"  # each process we start has this variable: so that none is ever left behind


def main() -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGHUP, _interrupt)
    try:
        with only_once():
            end_leftovers()
            lines = parse_procfile((BASE_DIR / "Procfile.dev").read_text()).processes
            check_ports(lines)
            environment = surroundings(lines)
            try:
                services.start()
                prepare(environment)
                return run(lines, environment)
            finally:
                end_leftovers()
                services.stop()
    except CannotStart as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        return 0


def _interrupt(number, frame) -> None:
    raise KeyboardInterrupt


@contextlib.contextmanager
def only_once() -> Iterator[None]:
    """One `make run` per checkout. The lock goes with its holder, so nothing stale can stay."""
    (VAR / "run").mkdir(parents=True, exist_ok=True)
    with open(VAR / "run" / "start.lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"Signet runs here already: open {lock.read().strip()}, or end it with Ctrl-C."
            ) from None
        lock.truncate(0)
        lock.write(address())
        lock.flush()
        yield


def end_leftovers() -> None:
    """End what an earlier run that was killed left behind: processes that bear our mark."""
    ours = [process for process in psutil.process_iter() if is_marked(process)]
    for process in ours:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(ours, timeout=10)[1]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def is_marked(process: psutil.Process) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(VAR)
    except (psutil.Error, OSError):
        return False


def check_ports(lines: dict[str, str]) -> None:
    wanted = {"web": PORT}
    if "stripe" in lines:
        wanted |= {"stripe": places.STRIPE_PEER_PORT, "engine of stripe": places.STRIPE_ENGINE_PORT}
    if "messenger" in lines:
        wanted |= {"example messenger": places.MESSENGER_PORT}
    if "bank" in lines:
        wanted |= {"example bank": places.BANK_PORT, "example airline": places.AIRLINE_PORT}
    for name, port in wanted.items():
        if not is_free(port):
            raise CannotStart(
                f"Port {port}, for the {name}, is taken by another program. "
                f"Stop that program, or choose others: make run PORT={PORT + 100}"
            )


def address() -> str:
    return os.getenv("SITE_URL") or f"http://localhost:{PORT}"


# Surroundings


def surroundings(lines: dict[str, str]) -> dict[str, str]:
    """The environment of all processes: what a developer has set wins over what a demo needs."""
    defaults = {
        "DEBUG": "1",
        "DEMO": "1",
        "PORT": str(PORT),
        "LOG_LEVEL": "WARNING",
        "FIRST_BATCH_HOLD_MINUTES": "0.5",
        "WEBHOOK_ALLOW_LOOPBACK": "1",
        "C_FORCE_ROOT": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        **development_secrets(),
    }
    if "messenger" in lines:
        defaults["FRAME_ANCESTORS"] = f"http://localhost:{places.MESSENGER_PORT}"
    if "stripe" in lines:
        defaults["STRIPE_API_BASE"] = f"http://localhost:{places.STRIPE_PEER_PORT}"
    fixed = {MARK: str(VAR), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return defaults | dict(os.environ) | fixed


def development_secrets() -> dict[str, str]:
    """Made once, kept in var/: what is sealed today can be read tomorrow."""
    kept = VAR / "secrets.json"
    if not kept.exists():
        made = {name: secrets.token_urlsafe(48) for name in ("SECRET_KEY", "MASTER_KEY")}
        made["PAIRWISE_KEY"] = secrets.token_hex(32)
        half = kept.with_suffix(".half")
        with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(made, file)
        half.rename(kept)
    return json.loads(kept.read_text())


def prepare(environment: dict[str, str]) -> None:
    """Bring the tables up to date; on the first start, load the demo's people and history."""
    leave_what_other_keys_sealed()
    if not is_marked_with(VAR / "migrated", tables()):
        migrate(environment)
        (VAR / "migrated").write_text(tables())
    if environment["DEMO"] != "1" or not any(BASE_DIR.glob("*/management/commands/demo.py")):
        return
    database = Database().made_at()
    if not database or not is_marked_with(VAR / "demo.loaded", database):
        load_demo(database, environment)


def leave_what_other_keys_sealed() -> None:
    """Root's database lives outside the checkout, so it outlives one deleted without `make clean`.

    The checkout that comes to its place has made keys of its own, which can't read it.
    """
    database, kept = Database().made_at(), VAR / "secrets.json"
    first_start = not (VAR / "migrated").exists()
    if database and first_start and kept.exists() and kept.stat().st_mtime_ns > int(database):
        name = Database().set_aside()
        say(
            "Here is the database of an earlier checkout, whose keys are gone with it. It is kept "
            f"as {name}, and a new one is made. `make clean` removes both."
        )


def load_demo(database: str, environment: dict[str, str]) -> None:
    """Make the demo; what an interrupted start made of it is thrown away first."""
    begun = VAR / "demo.begun"
    if database and is_marked_with(begun, database):
        say("Loading the demo was interrupted, so its database is made anew.")
        Database().empty()
        migrate(environment)
    begun.write_text(database)
    say("Loading the demo, once: this takes about two minutes ...")
    manage("demo", "--if-empty", environment=environment)
    (VAR / "demo.loaded").write_text(database)
    begun.unlink()


def is_marked_with(mark: Path, database: str) -> bool:
    return bool(database) and mark.exists() and mark.read_text() == database


def tables() -> str:
    """What the tables and groups of this very database are made from; "" for one not ours.

    Asking Django whether there is something to migrate takes four seconds of each start.
    """
    database, digest = Database().made_at(), hashlib.sha256()
    for pattern in ("*/migrations/*.py", "*/base/migrations/*.py", "*/permissions.py"):
        for path in sorted(BASE_DIR.glob(pattern)):
            digest.update(path.read_bytes())
    digest.update((BASE_DIR / "requirements.txt").read_bytes())
    return database and f"{database} {digest.hexdigest()}"


def migrate(environment: dict[str, str]) -> None:
    manage("migrate", "--verbosity", "0", environment=environment | {"EMBEDDED_ROLE": OWNER})


def manage(*arguments: str, environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", *arguments]
    if subprocess.run(command, cwd=BASE_DIR, env=environment).returncode:
        raise CannotStart(f"`manage.py {arguments[0]}` failed; its reason stands above.")


# Running


class Session(Manager):
    """honcho's manager, without its remarks about starting and stopping."""

    def _system_print(self, data: str) -> None:
        if " stopped " in data and not self._terminating:
            super()._system_print(f"{data.split()[0]} has ended, so all else is ended too.\n")


def run(lines: dict[str, str], environment: dict[str, str]) -> int:
    session = Session()
    for name, command in lines.items():
        session.add_process(name, command, env=environment, cwd=str(BASE_DIR))
    threading.Thread(target=tell_when_it_works, daemon=True).start()
    session.loop()
    return 0 if session.returncode in (130, 143) else session.returncode  # asked to end


def tell_when_it_works() -> None:
    """The one line to open, once every part works; if one does not, what it says."""
    deadline = time.monotonic() + 60
    while (missing := parts_that_do_not_work()) and time.monotonic() < deadline:
        time.sleep(0.2)
    for name, sentence in missing.items():
        say(f"{name}: {sentence}")
    say(f"\nOpen {address()}   (Ctrl-C ends it)")


def parts_that_do_not_work() -> dict[str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=10):
            return {}
    except urllib.error.HTTPError as error:
        with contextlib.suppress(ValueError):
            return {name: said for name, said in json.load(error).items() if said != "ok"}
        return {"web": f"It answers {error.code}."}
    except OSError:
        return {"web": "It does not answer."}


if __name__ == "__main__":
    sys.exit(main())
