"""Live events: "something changed", pushed to open pages. They carry no content, only what to fetch
again.

A page holds a signed ticket that names its topics, so the stream needs no database:

    template: sse-connect="{% live 'business:7' 'conversation:7:31' %}"
    service:  announce("business:7", "conversation", person_id)
    browser:  event: conversation / data: 31   ->  htmx fetches the fragment, which authorises anew

What is announced inside a transaction goes out after its commit, through the broker. A lost event
loses
nothing: at every (re)connect the stream first says "hello" and the page fetches what it shows.
"""

import asyncio
import contextlib
import json
import logging
from collections import defaultdict
from collections.abc import Iterable
from urllib.parse import parse_qs

import redis
import redis.asyncio
from django.conf import settings
from django.core import signing
from django.db import transaction

logger = logging.getLogger(__name__)

CHANNEL = "signet.live"
TICKET_SALT = "signet.live.ticket"
TICKET_AGE = 12 * 3600  # seconds; a page open longer fetches a new ticket by reloading
PING_EVERY = 15  # seconds; proxies cut silent connections
QUEUE_LENGTH = 100  # events a slow browser may lag behind before it is told to start over

_publisher = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def ticket(*topics: str) -> str:
    """A signed permission to listen to the topics, for TICKET_AGE seconds."""
    return signing.dumps(topics, salt=TICKET_SALT, compress=True)


def announce(topic: str, event: str, data: object = "") -> None:
    """Tell every page that listens to `topic`, once the running transaction has committed.

    Best effort by design: with the broker away nothing is raised, pages catch up when they
    reconnect.
    """
    message = json.dumps([topic, event, str(data)])
    transaction.on_commit(lambda: _publish(message), robust=True)


def announce_together(*events: tuple[str, str, object]) -> None:
    """Several of (topic, event, data) in one go: of one change, to different listeners."""
    said = [json.dumps([topic, event, str(data)]) for topic, event, data in events]
    transaction.on_commit(lambda: _publish(*said), robust=True)


def announce_each(topics: Iterable[str], event: str, data: object = "") -> None:
    """The same to the listeners of many topics, in one message: each process picks out its own."""
    announce_listed(json.dumps(list(topics)), event, data)


def announce_listed(topics: str, event: str, data: object = "") -> None:
    """The same where the topics are written already, thousands of them, as JSON."""
    message = f"[{topics}, {json.dumps(event)}, {json.dumps(str(data))}]"
    transaction.on_commit(lambda: _publish(message), robust=True)


def _publish(*messages: str) -> None:
    try:
        with _publisher.pipeline(transaction=False) as pipeline:
            for message in messages:
                pipeline.publish(CHANNEL, message)
            pipeline.execute()
    except redis.RedisError as error:
        logger.warning("Live event not sent: %s", error)


class Listeners:
    """The open streams of one process, by topic, fed by one subscription to the broker."""

    def __init__(self) -> None:
        self.by_topic: dict[str, set[asyncio.Queue]] = defaultdict(set)
        self.task: asyncio.Task | None = None

    def add(self, topics: list[str]) -> asyncio.Queue:
        queue: asyncio.Queue = asyncio.Queue(QUEUE_LENGTH)
        for topic in topics:
            self.by_topic[topic].add(queue)
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self.listen())
        return queue

    def remove(self, queue: asyncio.Queue, topics: list[str]) -> None:
        for topic in topics:
            self.by_topic[topic].discard(queue)
            if not self.by_topic[topic]:
                del self.by_topic[topic]

    async def listen(self) -> None:
        """Pass on what the broker publishes, for as long as the process lives; it may go away and
        come back.
        """
        while True:
            try:
                async with (
                    redis.asyncio.Redis.from_url(settings.REDIS_URL) as client,
                    client.pubsub() as pubsub,
                ):
                    await pubsub.subscribe(CHANNEL)
                    self.broadcast("hello", "")  # whoever listened while we were away fetches anew
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self.pass_on(*json.loads(message["data"]))
            except (redis.RedisError, OSError) as error:
                logger.warning("The broker is away, live events wait: %s", error)
                await asyncio.sleep(1)

    def pass_on(self, topics: str | list[str], event: str, data: str) -> None:
        for topic in [topics] if isinstance(topics, str) else topics:
            for queue in self.by_topic.get(topic, ()):
                self.put(queue, event, data)

    def broadcast(self, event: str, data: str) -> None:
        for queue in {queue for queues in self.by_topic.values() for queue in queues}:
            self.put(queue, event, data)

    @staticmethod
    def put(queue: asyncio.Queue, event: str, data: str) -> None:
        if queue.full():  # too slow: forget its backlog and let the page fetch all anew
            while not queue.empty():
                queue.get_nowait()
            event, data = "hello", ""
        queue.put_nowait((event, data))


listeners = Listeners()


async def stream(scope, receive, send) -> None:
    """The ASGI application behind /events/?t=TICKET: server-sent events until the browser
    leaves.
    """
    token = parse_qs(scope["query_string"].decode("latin-1")).get("t", [""])[0]
    try:
        topics = signing.loads(token, salt=TICKET_SALT, max_age=TICKET_AGE)
    except signing.BadSignature:
        # 204 tells an EventSource not to come back.
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return

    queue = listeners.add(topics)
    try:
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/event-stream"),
                    (b"cache-control", b"no-store"),
                    (b"x-accel-buffering", b"no"),
                ],
            }
        )
        await _write(send, "hello", "")
        left = asyncio.create_task(_wait_until_left(receive))
        try:
            while not left.done():
                waiting = asyncio.create_task(queue.get())
                await asyncio.wait(
                    {waiting, left}, timeout=PING_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
                if waiting.done():
                    await _write(send, *waiting.result())
                else:
                    waiting.cancel()
                    if not left.done():
                        await send(
                            {"type": "http.response.body", "body": b": ping\n\n", "more_body": True}
                        )
        finally:
            left.cancel()
        with contextlib.suppress(Exception):
            await send({"type": "http.response.body", "body": b""})
    finally:
        listeners.remove(queue, topics)


async def _write(send, event: str, data: str) -> None:
    await send(
        {
            "type": "http.response.body",
            "body": f"event: {event}\ndata: {data}\n\n".encode(),
            "more_body": True,
        }
    )


async def _wait_until_left(receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
