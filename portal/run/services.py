"""The embedded database and broker in the background: for tests, set-up and developers.

PORT=8100 .venv/bin/python -m portal.run.services start    # until both answer
PORT=8100 .venv/bin/python -m portal.run.services status
PORT=8100 .venv/bin/python -m portal.run.services stop
"""

import sys

from portal.run.broker import Broker
from portal.run.database import Database
from portal.run.places import say
from portal.run.service import CannotStart, Service

SERVICES: list[type[Service]] = [Database, Broker]


def start() -> None:
    """Start both, in the background, and wait until they answer."""
    for service in SERVICES:
        service().start()


def stop() -> None:
    for service in reversed(SERVICES):
        if service().stop():
            say(f"The {service.noun} is stopped.")


def status() -> None:
    for each in SERVICES:
        service = each()
        if service.is_replaced():
            say(f"{service.noun}: {service.replaced_by} is set")
        elif process := service.running():
            say(f"{service.noun}: {service.state()} (port {service.port}, pid {process.pid})")
        else:
            say(f"{service.noun}: not running")


COMMANDS = {"start": start, "stop": stop, "status": status}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"Say one of: {', '.join(COMMANDS)}.")
    try:
        COMMANDS[sys.argv[1]]()
    except CannotStart as error:
        sys.exit(str(error))
