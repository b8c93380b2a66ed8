"""A cache that may be away or full: then nothing is found or kept, and the request goes on."""

import logging
from collections.abc import Callable
from functools import wraps

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


def forgiving(method: str, without: object) -> Callable:
    """RedisCache's method, answering `without` where the broker gives no answer, or an error."""
    original = getattr(RedisCache, method)

    @wraps(original)
    def call(self, *args, **kwargs):
        try:
            return original(self, *args, **kwargs)
        except (redis.RedisError, OSError) as error:
            logger.warning("The cache fails, %s is skipped: %s", method, error)
            return without

    return call


class ForgivingCache(RedisCache):
    """What is kept here is never the truth, so its absence is no error (rate limits let pass)."""

    def get(self, key, default=None, version=None):
        found = self.found(key, default=default, version=version)
        return default if found is None else found

    found = forgiving("get", None)
    add = forgiving("add", True)
    set = forgiving("set", None)
    touch = forgiving("touch", False)
    delete = forgiving("delete", False)
    get_many = forgiving("get_many", {})
    has_key = forgiving("has_key", False)
    incr = forgiving("incr", 1)
    set_many = forgiving("set_many", [])
    delete_many = forgiving("delete_many", None)
