"""python -m tests.chaos.odd_worker [--visibility S] [--limit S] [--clock +90,-3600] -- worker ...

A Celery worker that is as any other, except for what is asked:

--visibility  seconds until the broker takes an unfinished task for lost and delivers it again
--limit       seconds until a task that sends chunks is given up, with its process
--clock       seconds by which its clock is wrong, by turns: it jumps every third of a second
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta

JUMPS_EVERY = 0.3  # seconds


def main(arguments: list[str]) -> int:
    mine, celery = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parser = argparse.ArgumentParser()
    parser.add_argument("--visibility", type=int)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--clock", type=lambda text: [int(s) for s in text.split(",")])
    options = parser.parse_args(mine)

    from portal.celery import app

    if options.visibility:
        known = app.conf.broker_transport_options
        app.conf.broker_transport_options = known | {"visibility_timeout": options.visibility}
    app.loader.import_default_modules()
    if options.limit:
        from messaging.services.campaigns.delivery import send_chunks

        send_chunks.time_limit = options.limit
    if options.clock:
        jump(options.clock)
    app.worker_main(celery)
    return 0


def jump(offsets: list[int]) -> None:
    """Let the clock of this process be wrong by each of these, by turns."""
    from django.utils import timezone

    def now() -> datetime:
        turn = int(time.monotonic() / JUMPS_EVERY) % len(offsets)
        return datetime.now(UTC) + timedelta(seconds=offsets[turn])

    timezone.now = now


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
