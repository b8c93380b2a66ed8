"""Calls to Signet's platform API, with the standard library alone."""

import http.client
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from urllib.parse import urlsplit

SECONDS = 60
LINES = 500  # that go out together


class Failed(Exception):
    """Signet is away, or said no."""


class Signet:
    """The platform API as one messenger sees it."""

    def __init__(self, url: str, key: str) -> None:
        self.site, self.key = urlsplit(url), key

    def load_people(self, people: Iterable[dict]) -> dict:
        """Bring people in, as one stream of lines. Returns what became of them."""
        return self._call(
            "POST", "people", _lines(people), kind="application/x-ndjson", seconds=600
        )

    def one_time_link(self, person: str, profile: str = "") -> str:
        """An address that opens the person's inbox once, within 60 seconds."""
        asked = {"person": person} | ({"profile": profile} if profile else {})
        return self._send("sessions", asked)["url"]

    def tell(self, events: list[dict]) -> list[dict]:
        """What happened at members; the events' results."""
        return self._send("events", {"events": events})["results"]

    def businesses(self) -> list[dict]:
        return self._call("GET", "profiles?limit=200")["results"]

    def _send(self, path: str, body: dict) -> dict:
        return self._call("POST", path, json.dumps(body).encode())

    def _call(self, method, path, body=None, *, kind="application/json", seconds=SECONDS) -> dict:
        secure = self.site.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(self.site.hostname, self.site.port, timeout=seconds)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": kind}
        try:
            connection.request(method, f"/platform/v1/{path}", body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Failed(f"{path}: {error!r}") from None
        finally:
            connection.close()
        if answer.status >= 300:
            raise Failed(f"{path}: {answer.status} {said.get('error', said)}")
        return said


def _lines(people: Iterable[dict]) -> Iterator[bytes]:
    people = iter(people)
    while some := list(islice(people, LINES)):
        yield b"".join(json.dumps(person).encode() + b"\n" for person in some)
