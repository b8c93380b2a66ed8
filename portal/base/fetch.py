"""Calls to addresses that strangers named: webhooks, links of media, a business's own site.

    answer = fetch(url, method="POST", body=body, headers=headers)

Public addresses only, resolved once and dialled by what was resolved, https, no redirects
followed, one deadline for the whole call, a bounded body. What may not be dialled raises
NotAllowed, a Refused with a sentence for who named it; what does not answer raises Unreachable.
"""

import http.client
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from portal.base.refused import Refused

SECONDS = 10.0  # for the whole call
MOST_BYTES = 64 * 1024  # of an answer that are read; the rest is left
PORTS = (443, 8443)
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

# Ranges that lead somewhere else than they say, or nowhere that anyone may call; `is_global` alone
# lets these pass. Source: IANA's registries of special-purpose addresses.
TRANSLATED = [
    ipaddress.ip_network(n)
    for n in (
        "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/23", "::/96", "fec0::/10",
        "100::/64", "192.88.99.0/24", "192.0.0.0/24",
    )
]  # fmt: skip
_ODD = re.compile(r"[\x00-\x20\x7f\\]")

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


class NotAllowed(Refused):
    """This address may not be called."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, code="address_not_allowed")


class Unreachable(Exception):
    """Nobody answered in time, or what answered was no HTTP."""


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is its beginning, at most `most` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool


@dataclass(frozen=True)
class Target:
    """An address taken apart: what to dial, and what to ask for."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"


def read_address(url: str, *, loopback: bool = False, trusted: Collection[str] = ()) -> Target:
    """The address taken apart. Raises NotAllowed where its form alone forbids it.

    Arguments:
        loopback: also allow http and any port of this machine (tests and `make run`).
        trusted: hosts of the operator's own, allowed likewise wherever they lead.
    """
    if _ODD.search(url) or len(url) > 2000:
        raise NotAllowed(_("The address has characters that don't belong there."))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError):
        raise NotAllowed(_("This is not an address.")) from None
    if parts.username is not None or parts.password is not None:
        raise NotAllowed(_("An address can't carry a name and password."))
    if not host or "%" in host:
        raise NotAllowed(_("This is not an address."))

    here = _is_exempt(host, loopback, trusted)
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise NotAllowed(_("The address must begin with https://."))
    port = port or (443 if parts.scheme == "https" else 80)
    if port not in PORTS and not here:
        raise NotAllowed(_("Only the ports 443 and 8443 can be called."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path.encode("ascii", "backslashreplace").decode())


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet's, taken as what it really leads to."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip.sixtofour or ip.teredo:
            return False
    if any(ip in network for network in TRANSLATED if network.version == ip.version):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def check_address(url: str, *, loopback: bool = False, resolve: Resolve | None = None) -> str:
    """Resolve the address and return the IP address to dial.

    Raises:
        NotAllowed: one of the addresses behind the name is not public.
        Unreachable: the name leads nowhere.
    """
    target = read_address(url, loopback=loopback)
    return _dialled(target, _is_exempt(target.host, loopback), resolve or _resolve)


def fetch(
    url: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int = MOST_BYTES,
    loopback: bool = False,
    trusted: Collection[str] = (),
    resolve: Resolve | None = None,
    connect: Connect | None = None,
) -> Answer:
    """Call the address once. No redirect is followed: a 3xx is an answer like any other.

    Arguments:
        seconds: deadline of the whole call, name look-up excluded.
        most: bytes of the answer that are read.
        loopback, trusted: as in `read_address`.
        resolve, connect: how names are looked up and dialled, for tests.

    Raises:
        NotAllowed, Unreachable.
    """
    target = read_address(url, loopback=loopback, trusted=trusted)
    ip = _dialled(target, _is_exempt(target.host, loopback, trusted), resolve or _resolve)
    until = time.monotonic() + seconds
    connection = _Connection(target, ip, until, connect or _connect)
    try:
        connection.request(
            method, target.path, body, {"Host": target.host_header, **dict(headers or {})}
        )
        response = connection.getresponse()
        start = response.read(most)
        whole = response.isclosed() or not response.read(1)
        return Answer(response.status, dict(response.headers.items()), start, whole)
    except TimeoutError:
        raise Unreachable(_("No answer within %d seconds.") % seconds) from None
    except ssl.SSLError as error:
        raise Unreachable(_("No secure connection: %s.") % (error.reason or error)) from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(
            _("No connection: %s.") % (getattr(error, "strerror", None) or repr(error))
        ) from None
    finally:
        connection.close()


def _is_exempt(host: str, loopback: bool, trusted: Collection[str] = ()) -> bool:
    return (loopback and host in LOOPBACK_NAMES) or host in trusted


def _dialled(target: Target, exempt: bool, resolve: Resolve) -> str:
    try:
        addresses = resolve(target.host, target.port)
    except (OSError, UnicodeError):
        raise Unreachable(_("The name %s leads nowhere.") % target.host) from None
    if not addresses:
        raise Unreachable(_("The name %s leads nowhere.") % target.host)
    if exempt:
        return min(addresses, key=lambda a: ":" in a)
    # One private address among public ones is enough to be refused: the next look-up may pick it.
    if not all(is_public(address) for address in addresses):
        raise NotAllowed(_("The address does not lead to the public internet."))
    return addresses[0]


def _resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _connect(ip: str, port: int, seconds: float) -> socket.socket:
    return socket.create_connection((ip, port), seconds)


class _Connection(http.client.HTTPConnection):
    """A connection to the address that was checked, under one deadline."""

    def __init__(self, target: Target, ip: str, until: float, connect: Connect) -> None:
        super().__init__(target.host, target.port)
        self.target, self.ip, self.until, self.dial = target, ip, until, connect

    def connect(self) -> None:
        self.sock = self.dial(self.ip, self.target.port, _left(self.until))
        self.sock.settimeout(_left(self.until))
        if self.target.scheme == "https":
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.target.host)

    def response_class(self, sock, **arguments):
        return http.client.HTTPResponse(_Deadline(sock, self.until), **arguments)


class _Deadline(io.RawIOBase):
    """A socket's reading end that times out at one moment, however slowly the bytes drip."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self.sock, self.until = sock, until
        self.raw = sock.makefile("rb", buffering=0)  # keeps the socket open until it is closed

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.sock.settimeout(_left(self.until))
        return self.raw.readinto(buffer) or 0

    def close(self) -> None:
        self.raw.close()
        super().close()


def _left(until: float) -> float:
    if (left := until - time.monotonic()) <= 0:
        raise TimeoutError
    return left
