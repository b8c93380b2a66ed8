"""python -m tests.bench.sink     takes whatever is posted to it, and says how much that was.

Prints its port. A batch of ours counts its messages, anything else counts as one and is answered
as the Graph API answers; GET tells the count. Ends with its parent.
"""

import asyncio
import json

COUNT = 0


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    global COUNT
    while head := await reader.readline():
        length = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            name, _colon, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = await reader.readexactly(length)
        if head.startswith(b"POST"):
            COUNT += body.count(b'"person"') or 1
            answer = json.dumps({"messages": [{"id": f"wamid.{COUNT}"}]}).encode()
        else:
            answer = json.dumps({"count": COUNT}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(answer), answer)
        )
        await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
