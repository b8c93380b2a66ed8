"""How fast an app may call: a count for each second in the shared broker."""

import logging
import time

import redis
from django.conf import settings

from messaging.models import App

logger = logging.getLogger(__name__)

_counts = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2)


class TooFast(Exception):
    """The app called more often than it may; `wait` are seconds until it may again."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Wait {wait} s")
        self.wait = wait


def take(app: App) -> None:
    """Count one call of the app. Raises TooFast. With the broker away everybody may call."""
    key = f"signet.rate:{app.pk}:{int(time.time())}"
    try:
        with _counts.pipeline(transaction=False) as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, 5)
            calls, _expires = pipeline.execute()
    except redis.RedisError as error:
        logger.warning("The broker is away, calls are not counted: %s", error)
        return
    if calls > settings.API_CALLS_A_SECOND:
        raise TooFast(1)
