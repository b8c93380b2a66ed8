"""A TCP proxy that can misbehave: between a worker and its database or its broker.

passes   as a good network
cuts     every connection is reset, new ones are taken again
stalls   nothing moves in either direction, connections stay open (a half-open network)
crawls   each packet takes a fifth of a second

`halve` forgets the far ends: who is connected now hears nothing any more, and is not told so.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine

CRAWL = 0.2  # seconds a packet
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing resets


class Proxy:
    """Listens on a port of its own while the block runs, and forwards to `port`."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.mode = "passes"
        self.connections = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._pairs: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._silent: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._moving = asyncio.Event()

    def __enter__(self) -> "Proxy":
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *exception: object) -> None:
        self.cut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def cut(self) -> None:
        """Reset every connection that is open."""
        self._do(self._reset())

    def halve(self) -> None:
        """Close the far end of every connection; the near end stays open, and silent."""
        self._do(self._forget())

    def set(self, mode: str) -> None:
        """Behave in this way from now on."""
        self._do(self._set(mode))

    def _do(self, act: Coroutine) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(10)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._moving.set()
        ready.set()
        self._loop.run_forever()

    async def _set(self, mode: str) -> None:
        self.mode = mode
        if mode == "stalls":
            self._moving.clear()
        else:
            self._moving.set()

    async def _reset(self) -> None:
        for writer in list(self._writers):
            raw = writer.get_extra_info("socket")
            if raw is not None and raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            writer.transport.abort()

    async def _forget(self) -> None:
        self._silent |= {near for near, _far in self._pairs}
        for _near, far in list(self._pairs):
            far.transport.abort()

    async def _end(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.close()
            return
        ends, pair = {writer, far_writer}, (writer, far_writer)
        self._writers |= ends
        self._pairs.add(pair)
        ways = [self._pump(reader, far_writer), self._pump(far_reader, writer)]
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*ways, return_exceptions=True)
        self._writers -= ends - self._silent
        self._pairs.discard(pair)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                await self._moving.wait()
                if self.mode == "crawls":
                    await asyncio.sleep(CRAWL)
                writer.write(data)
                await writer.drain()
        finally:
            if writer not in self._silent:
                writer.close()
