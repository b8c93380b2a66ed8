"""Wake-ups: the broker carries "look now", never the work itself."""

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake(task: Task, *args: object, queue: str | None = None) -> None:
    """Run the task soon after the current transaction has committed.

    With the broker away the request still succeeds: the row is there, and the sweeper finds it.
    """
    transaction.on_commit(lambda: _send(task, args, queue), robust=True)


def _send(task: Task, args: tuple, queue: str | None) -> None:
    try:
        task.apply_async(args, queue=queue, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker is away, %s waits for the sweeper: %s", task.name, error)
