"""How fast an app may call and a profile may send: counts in the shared broker, for all servers.

Each count is of a window of time; with the broker away nobody is counted, and everybody may call.
"""

import logging
import time
from dataclasses import dataclass
from typing import cast

import redis
from django.conf import settings

from billing.entitlements import entitlements
from messaging.models import App
from profiles.models import Business, Profile

logger = logging.getLogger(__name__)

CALLS, MESSAGES, PAIR, STRANGERS = "calls", "messages", "pair", "strangers"
WINDOW = 10  # seconds over which a rate is taken, so that short bursts pass
PAIR_WINDOW, PAIR_MOST = 60, 600  # messages of a profile to one person
STRANGERS_WINDOW, STRANGERS_MOST = 3600, 500  # people nobody knows that a profile wrote to
EXPIRY_EVERY = 50  # counts: the first of them may have died before it said when to forget
PLAN_KNOWN_FOR = 30.0  # seconds

_counts = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2)
_plans: dict[int, tuple[float, int]] = {}  # business: until when, messages a second


class TooFast(Exception):
    """More than may be. `what` is one of the names above; `wait` are seconds until it may again."""

    def __init__(self, what: str, wait: int, most: int = 0) -> None:
        super().__init__(f"Too many {what}; wait {wait} s")
        self.what, self.wait, self.most = what, wait, most


@dataclass(frozen=True)
class Rate:
    """At most so many of something by somebody, in so many seconds."""

    what: str
    whose: object
    most: int
    window: int  # seconds

    def key(self, now: int) -> str:
        return f"signet.rate:{self.what}:{self.whose}:{now // self.window}"


@dataclass(frozen=True)
class Room:
    """What a rate leaves: calls `left` of `most`, until `wait` seconds from now."""

    most: int
    left: int
    wait: int


def take_call(app: App) -> Room:
    """Count one call of an app, and say how many are left. Raises TooFast."""
    return _take(Rate(CALLS, app.pk, settings.API_CALLS_A_SECOND * WINDOW, WINDOW))


def take_message(profile: Profile, person_id: int) -> None:
    """Count one message, by plan and for this person. Raises TooFast."""
    most = WINDOW * (
        settings.API_CALLS_A_SECOND if profile.is_test else _messages_a_second(profile.business)
    )
    _take(
        Rate(MESSAGES, profile.pk, most, WINDOW),
        Rate(PAIR, f"{profile.pk}:{person_id}", PAIR_MOST, PAIR_WINDOW),
    )


def take_stranger(profile: Profile) -> None:
    """Count a message to somebody nobody knows: many of them are a search. Raises TooFast."""
    _take(Rate(STRANGERS, profile.pk, STRANGERS_MOST, STRANGERS_WINDOW))


def _messages_a_second(business: Business) -> int:
    until, rate = _plans.get(business.pk, (0.0, 0))
    if until < time.monotonic():
        rate = entitlements(business).api_rate
        _plans[business.pk] = (time.monotonic() + PLAN_KNOWN_FOR, rate)
    return rate


def _take(*rates: Rate) -> Room:
    """Count one of each, in one round trip. Returns what is left of the last. Raises TooFast."""
    now = int(time.time())
    try:
        counts = _count([(rate.key(now), 2 * rate.window) for rate in rates])
    except redis.RedisError as error:
        logger.warning("The broker is away, nothing is counted: %s", error)
        counts = [0] * len(rates)
    for rate, n in zip(rates, counts, strict=True):
        room = Room(rate.most, rate.most - n, rate.window - now % rate.window)
        if n > rate.most:
            raise TooFast(rate.what, room.wait, rate.most)
    return room


def _count(keys: list[tuple[str, int]]) -> list[int]:
    """Add one to each key. A new one gets its seconds to live in a second round trip."""
    if len(keys) == 1:
        counts = [cast(int, _counts.incr(keys[0][0]))]
    else:
        with _counts.pipeline(transaction=False) as pipeline:
            for key, _lives in keys:
                pipeline.incr(key)
            counts = pipeline.execute()
    for (key, lives), n in zip(keys, counts, strict=True):
        if n % EXPIRY_EVERY == 1:
            _counts.expire(key, lives)
    return counts
