"""Addresses that strangers name: what may be dialled, and how a bad answerer is cut off."""

import socket
import threading
from contextlib import contextmanager

import pytest

from portal.base.fetch import NotAllowed, Unreachable, check_address, fetch, is_public, read_address

PUBLIC = "93.184.215.14"

HOSTILE = """http://example.com/ ftp://example.com/ file:///etc/passwd gopher://example.com/
https://127.0.0.1/ https://127.1/ https://2130706433/ https://0x7f000001/ https://017700000001/
https://0/ https://0.0.0.0/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/
https://[64:ff9b::7f00:1]/ https://[2002:7f00:1::]/ https://[fe80::1%25eth0]/
https://169.254.169.254/latest/ https://10.0.0.1/ https://172.16.0.1/ https://192.168.1.1/
https://100.64.0.1/ https://198.18.0.1/ https://224.0.0.1/ https://localhost/ https://LOCALHOST/
https://localhost./ https://１２７.0.0.1/ https://①②⑦.0.0.1/ https://user:pw@example.com/
https://evil\\@127.0.0.1/ https://127.0.0.1:443\\@evil/ https://example.com%00/
https://example.com:22/ https://example.com:99999/ https:///x https://"""


def numbers_only(host, port):
    """What the system makes of a host written as a number; a name leads to a public address."""
    try:
        found = socket.getaddrinfo(host, port, type=0, flags=socket.AI_NUMERICHOST)
    except OSError:
        return ["127.0.0.1"] if host.rstrip(".") == "localhost" else [PUBLIC]
    return [entry[4][0] for entry in found]


def never_connect(ip, port, seconds):
    raise AssertionError(f"dialled {ip}")


@pytest.mark.parametrize("url", HOSTILE.split())
def test_hostile_addresses_are_never_dialled(url):
    with pytest.raises((NotAllowed, Unreachable)):
        fetch(url, resolve=numbers_only, connect=never_connect)


@pytest.mark.parametrize("url", ["https://a.example/x\r\nHost: b", "https://a.example/\x00"])
def test_control_characters_are_refused(url):
    with pytest.raises(NotAllowed):
        read_address(url)


def test_one_private_address_among_public_ones_is_enough_to_be_refused():
    with pytest.raises(NotAllowed):
        check_address("https://mixed.example/", resolve=lambda h, p: [PUBLIC, "10.0.0.1"])


def test_what_was_checked_is_what_is_dialled_although_the_name_moves():
    answers, dialled = iter([[PUBLIC], ["127.0.0.1"]]), []

    def connect(ip, port, seconds):
        dialled.append(ip)
        raise OSError(111, "Connection refused")

    with pytest.raises(Unreachable):
        fetch("https://moves.example/", resolve=lambda h, p: next(answers), connect=connect)
    assert dialled == [PUBLIC]


def test_loopback_opens_only_by_its_own_names():
    assert check_address("http://localhost:9/", loopback=True) in ("127.0.0.1", "::1")
    with pytest.raises(NotAllowed):
        check_address("https://rebinds.example/", loopback=True, resolve=lambda h, p: ["127.0.0.1"])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_public(address):
    assert is_public(address)


@contextmanager
def answering(*chunks: bytes, drip: float = 0):
    """A local server that answers every connection with the chunks, `drip` seconds apart."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                peer.recv(65536)
                for chunk in chunks:
                    if stop.wait(drip):
                        break
                    try:
                        peer.sendall(chunk)
                    except OSError:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook?a=1"
    finally:
        stop.set()
        server.close()


def test_a_redirect_is_an_answer_and_not_followed():
    with answering(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n") as url:
        assert fetch(url, loopback=True).status == 302


def test_an_endless_body_is_cut():
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 10_000] * 100) as url:
        answer = fetch(url, loopback=True, most=1000)
    assert (len(answer.body), answer.is_whole) == (1000, False)


def test_dripping_bytes_do_not_stretch_the_deadline():
    with (
        answering(*[b"H"] * 100, drip=0.05) as url,
        pytest.raises(Unreachable, match="No answer within"),
    ):
        fetch(url, loopback=True, seconds=0.3)


def test_what_is_no_http_is_unreachable():
    with answering(b"SSH-2.0-OpenSSH\r\n") as url, pytest.raises(Unreachable):
        fetch(url, loopback=True)
