"""Whatever the broker says, the cache lets the request go on."""

import socket
import threading

import pytest

from portal.base.cache import ForgivingCache


@pytest.fixture
def answering():
    """A cache whose broker answers everything by the given bytes; None: nobody is there."""
    listeners = []

    def make(said: bytes | None) -> ForgivingCache:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        port = listener.getsockname()[1]
        if said is None:
            listener.close()
        else:
            threading.Thread(target=serve, args=(listener, said), daemon=True).start()
        return ForgivingCache(f"redis://127.0.0.1:{port}/0", {"OPTIONS": {"protocol": 2}})

    yield make
    for listener in listeners:
        listener.close()


def serve(listener: socket.socket, said: bytes) -> None:
    while True:
        try:
            client, _address = listener.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(client, said), daemon=True).start()


def answer(client: socket.socket, said: bytes) -> None:
    with client:
        while client.recv(4096):
            client.sendall(said)


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-LOADING the dataset is in memory\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",  # somebody else took its port
    ],
)
def test_nothing_is_found_and_nothing_breaks(answering, said):
    cache = answering(said)
    cache.set("a", 1)
    cache.delete("a")
    assert cache.get("a", "none") == "none"
    assert cache.get_many(["a"]) == {}
    assert cache.add("a", 1)
    assert not cache.has_key("a")  # noqa: W601
    assert cache.incr("a") == 1
