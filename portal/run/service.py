"""A server that we start, follow and stop: what the embedded database and broker share."""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from portal.run.places import LOGS, PORT, VAR, say

PR_SET_PDEATHSIG = 1
CLIENTS_PATIENCE = 3  # seconds; honcho kills after 5


class CannotStart(Exception):
    """The service can't start; the text says why and what to do."""


class Stopped(Exception):
    """Someone asked us to stop."""


class Service:
    """One server with its folder, port and pid file. Subclasses say how it is made and asked."""

    name: str  # as in `python -m portal.run.<name>`
    noun: str  # as in "The database is ready."
    replaced_by: str  # the variable that names a server of one's own instead
    port: int
    pid_name: str  # file in `folder` whose first line is the server's pid
    stop_signal = signal.SIGTERM
    stop_hard_signal = signal.SIGKILL
    user: str | None = None

    @property
    def folder(self) -> Path:
        raise NotImplementedError

    def command(self) -> list[str]:
        raise NotImplementedError

    def prepare(self) -> None:
        """Make the folder and what belongs into it; may run again after an interrupted run."""
        raise NotImplementedError

    def state(self) -> str:
        """ "ready", or what the server says while it isn't."""
        raise NotImplementedError

    # Who runs

    def is_replaced(self) -> bool:
        return bool(os.getenv(self.replaced_by))

    def running(self) -> psutil.Process | None:
        """Our server, if it runs. A pid file left by a crash may name anybody: its folder tells."""
        try:
            process = psutil.Process(int((self.folder / self.pid_name).read_text().split()[0]))
            return process if Path(process.cwd()) == self.folder else None
        except (OSError, ValueError, IndexError, psutil.Error):
            return None

    def check_port(self) -> None:
        if not is_free(self.port):
            raise CannotStart(
                f"Port {self.port}, for the {self.noun}, is taken by another program. "
                f"Stop that program, or choose others by PORT={PORT + 100}."
            )

    def check_it_listens_there(self, process: psutil.Process) -> None:
        """Its folder's server may run already, started with another PORT."""
        ports = {each.laddr.port for each in process.net_connections("tcp")}
        if ports and self.port not in ports:
            raise CannotStart(
                f"The {self.noun} of {VAR} runs already, on port {min(ports)}. End it: "
                f"PORT={PORT + min(ports) - self.port} python -m portal.run.services stop"
            )

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Only one of us looks, prepares and starts at a time."""
        (VAR / "run").mkdir(parents=True, exist_ok=True)
        with open(VAR / "run" / f"{self.name}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # In the foreground: a line of the Procfile

    def run(self) -> int:
        """Be the server until it ends or a signal comes. Follows it where it already runs."""
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        try:
            if self.is_replaced():
                say(f"{self.replaced_by} is set: no embedded {self.noun}.")
                while True:
                    signal.pause()
            with self.starting():
                process = self.followed() or self.launch()
            process.wait()
            say(f"The {self.noun} has ended.")
            return 1
        except Stopped:
            self.stop()
            return 0
        except CannotStart as error:
            say(str(error))
            return 1

    def followed(self) -> psutil.Process | None:
        """The server that runs already, say because it was started in the background."""
        if process := self.running():
            self.check_it_listens_there(process)
        return process

    def launch(self) -> psutil.Process:
        self.check_port()
        self.prepare()
        child = subprocess.Popen(
            self.command(),
            cwd=self.folder if os.access(self.folder, os.X_OK) else "/",
            stdin=subprocess.DEVNULL,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on
            preexec_fn=self._die_with_parent,
        )
        process = psutil.Process(child.pid)
        while child.poll() is None and not self.running():
            time.sleep(0.02)  # until its pid file says so, and whoever comes next can see it
        return process

    def _die_with_parent(self) -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, self.stop_signal)

    # In the background

    def start(self) -> None:
        """Start the server in the background and return when it answers."""
        if self.is_replaced() or (self.followed() and self.state() == "ready"):
            return
        with self.starting():
            if not self.running():
                self.check_port()
        LOGS.mkdir(parents=True, exist_ok=True)
        log = LOGS / f"{self.name}.log"
        begin = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", f"portal.run.{self.name}"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self.wait_until_ready(
            child, lambda: log.read_bytes()[begin:].decode(errors="replace").strip()
        )

    def wait_until_ready(self, child: subprocess.Popen, log) -> None:
        begin = told = time.monotonic()
        while (state := self.state()) != "ready" or not self.running():
            if child.poll() is not None:
                raise CannotStart(f"The {self.noun} did not start. It said:\n{log()[-3000:]}")
            if (now := time.monotonic()) - told >= 5:
                told = now
                say(f"Waiting for the {self.noun}, {now - begin:.0f} s: {state}")
            time.sleep(0.05 if now - begin < 2 else 0.5)

    def let_clients_leave(self, process: psutil.Process) -> None:
        """Web and workers are told to end at the same moment: let them finish what they do."""
        deadline = time.monotonic() + CLIENTS_PATIENCE
        while self.has_clients(process) and time.monotonic() < deadline:
            time.sleep(0.1)

    def has_clients(self, process: psutil.Process) -> bool:
        connections = process.net_connections("tcp")
        return any(each.status == psutil.CONN_ESTABLISHED for each in connections)

    def stop(self) -> bool:
        """Stop the server and wait for it. Returns whether it ran."""
        process = self.running()
        if process is None:
            return False
        self.let_clients_leave(process)
        for number, patience in (
            (self.stop_signal, 20),
            (self.stop_hard_signal, 10),
            (signal.SIGKILL, 10),
        ):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)
                try:
                    process.wait(timeout=patience)
                except psutil.TimeoutExpired:
                    continue
            break
        return True


def _stop(number, frame) -> None:
    raise Stopped


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
