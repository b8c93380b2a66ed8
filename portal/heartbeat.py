"""Signs of life of workers and of beat, kept in the broker for /healthz."""

import logging
import time

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

KEY = "signet.alive"  # a sorted set: who, and when it last gave a sign (seconds since 1970)
BEAT = "beat"
FRESH = 15  # seconds; workers give a sign every 2, beat every 5

broker = redis.Redis.from_url(
    settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True
)


def give_sign(*names: str) -> None:
    """Say that each of `names` (a queue that is worked on, or beat) lives now. Never raises."""
    try:
        broker.zadd(KEY, dict.fromkeys(names, time.time()))
    except redis.RedisError as error:
        logger.warning("No sign of life could be given: %s", error)


def alive() -> set[str]:
    """Who gave a sign lately. Raises redis.RedisError while the broker is away."""
    fresh = broker.zrangebyscore(KEY, time.time() - FRESH, "+inf")
    return {str(name) for name in fresh}
