"""A request that is still at work while another one with its Idempotency-Key comes in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from messaging.models import App
from messaging.services.integrators.idempotency import Answer, once


@contextmanager
def first_at_work(app: App, key: str) -> Iterator[None]:
    """The first request is at work, on a connection of its own, until the block ends."""
    begun, over = threading.Event(), threading.Event()

    def work() -> Answer:
        begun.set()
        over.wait(60)
        return Answer(500, "")  # so that it leaves nothing behind

    def first() -> None:
        try:
            once(app, key=key, request="first", do=work)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    try:
        assert begun.wait(60)
        yield
    finally:
        over.set()
        thread.join()
