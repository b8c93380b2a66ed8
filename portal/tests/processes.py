"""The real web server, worker and beat as processes, on the database of the running tests."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connection

from portal import heartbeat
from portal.celery import QUEUES
from portal.tests.static import collect_static

BIN = Path(sys.executable).parent
PATIENCE = 40  # seconds until a process works; far more than it needs


class Processes:
    """Starts what a test asks for; `stop` ends all of it. Logs are in `folder`.

    They run as in production (DEBUG off), as the plain database role, on free ports.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen] = {}
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        broker().flushdb()  # wake-ups and signs of life of an earlier test

    # Starting

    def start_web(self, **environment: str) -> str:
        """Start the web server and return its address once it answers."""
        collect_static(self.environment())
        self.start(
            "web",
            *("granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(self.port)),
            *("--no-ws", "--workers-kill-timeout", "3s", "portal.asgi:application"),
            DATABASE_POOL="20",
            **environment,
        )
        self.wait("web", self.answers)
        return self.url

    def start_worker(
        self,
        name: str = "worker",
        queues: tuple[str, ...] = QUEUES,
        concurrency: int = 2,
        **environment: str,
    ) -> subprocess.Popen:
        """Start a Celery worker of its own process group and return it once it takes tasks."""
        broker().zrem(heartbeat.KEY, *queues)
        process = self.start(
            name,
            *("celery", "--app", "portal", "worker", "--queues", ",".join(queues)),
            *("--concurrency", str(concurrency), "--hostname", f"{name}@{self.port}"),
            *("--loglevel", "info", "--without-mingle", "--without-gossip"),
            C_FORCE_ROOT="1",
            **environment,
        )
        self.wait(name, lambda: set(queues) <= alive())
        return process

    def start_beat(self, **environment: str) -> subprocess.Popen:
        process = self.start(
            "beat", "celery", "--app", "portal", "beat", "--pidfile=", **environment
        )
        self.wait("beat", lambda: heartbeat.BEAT in alive())
        return process

    def start(
        self, name: str, program: str, *arguments: str, **environment: str
    ) -> subprocess.Popen:
        """Start a program of the virtual environment in the same surroundings as the others."""
        assert name not in self.running, f"{name} runs already"
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [str(BIN / program), *arguments],
                env=self.environment() | environment,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        return self.running[name]

    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORT": str(self.port),
            "SITE_URL": self.url,
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "STATIC_ROOT": str(settings.STATIC_ROOT),
            "MEDIA_ROOT": str(settings.MEDIA_ROOT),
            "EMAIL_FILE_PATH": str(self.folder / "mail"),
            "STRIPE_SECRET_KEY": settings.STRIPE_SECRET_KEY,
            "STRIPE_WEBHOOK_SECRETS": ",".join(settings.STRIPE_WEBHOOK_SECRETS),
        }

    # Waiting

    def answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/healthz", timeout=5)
        except urllib.error.HTTPError:
            return True  # it answers, though other parts may be missing
        except OSError:
            return False
        return True

    def wait(self, name: str, works) -> None:
        deadline = time.monotonic() + PATIENCE
        while not works():
            ended = self.running[name].poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"{name} does not work. It said:\n{self.log(name)[-4000:]}")
            time.sleep(0.05)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    # Ending

    def kill(self, name: str) -> None:
        """kill -9 the process and all its children, as a power cut would."""
        process = self.running.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, name: str) -> None:
        """Ask the process to end, and wait until it and its children are gone."""
        process = self.running.pop(name)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for name in reversed(list(self.running)):
            self.end(name)


def database_url() -> str:
    """The tests' database; in the embedded server as the plain role, which is all the site gets."""
    now = connection.settings_dict
    user = "signet_app" if now["USER"] == "signet_owner" else now["USER"]
    login = f"{quote(user, safe='')}:{quote(now['PASSWORD'], safe='')}"
    return f"postgres://{login}@{now['HOST']}:{now['PORT']}/{quote(now['NAME'], safe='')}"


def broker() -> redis.Redis:
    return heartbeat.broker


def alive() -> set[str]:
    return heartbeat.alive()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
