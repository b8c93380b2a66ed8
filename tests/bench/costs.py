"""What a run costs beside its time: processor seconds of all who took part, and memory."""

import contextlib
import threading
import time

import psutil

from portal.run.database import Database


class Costs:
    """with Costs(pid) as costs: ...     then costs.seconds, costs.cpu, costs.memory

    Attributes:
        seconds: on the clock.
        cpu: processor seconds of the process, its children, and the database's sessions.
        memory: megabytes (resident) of the largest of the process and its children.
    """

    def __init__(self, *pids: int) -> None:
        self.pids = pids
        self.seconds = self.cpu = self.memory = 0.0
        self._over = threading.Event()
        self._spent: dict[int, float] = {}
        self._before: dict[int, float] = {}

    def __enter__(self) -> "Costs":
        self._look()
        self._before = dict(self._spent)
        self._thread = threading.Thread(target=self._watch)
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.seconds = time.monotonic() - self._begun
        self._over.set()
        self._thread.join()
        self._look()
        self.cpu = sum(spent - self._before.get(pid, 0) for pid, spent in self._spent.items())

    def _watch(self) -> None:
        while not self._over.wait(0.25):
            self._look()

    def _look(self) -> None:
        """A process that has ended keeps what it had spent when we last looked."""
        for process in self._family():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                self._spent[process.pid] = times.user + times.system
                if process.pid not in self._database:
                    self.memory = max(self.memory, process.memory_info().rss / 2**20)

    def _family(self) -> list[psutil.Process]:
        found, database = [], Database().running()
        for pid in self.pids:
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(pid)
                found += [process, *process.children(recursive=True)]
        sessions = database.children(recursive=True) if database else []
        self._database = {process.pid for process in sessions}
        return found + sessions
