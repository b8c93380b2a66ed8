"""localstripe, over HTTP."""

import json
import urllib.error
import urllib.request
from urllib.parse import urlencode

from billing.devpeer.wire import Fields, StripeError, encode


class Engine:
    """Asks localstripe; what it refuses comes back as StripeError."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"

    def get(self, path: str, **query: str | int) -> Fields:
        return self._ask("GET", f"{path}?{urlencode(query)}" if query else path)

    def every(self, path: str, **query: str | int) -> list[Fields]:
        return self.get(path, limit=10_000, **query)["data"]

    def post(self, path: str, fields: Fields | None = None) -> Fields:
        return self._ask("POST", path, encode(fields or {}))

    def delete(self, path: str) -> Fields:
        return self._ask("DELETE", path)

    def is_up(self) -> bool:
        try:
            self.get("/v1/products", limit=1)
        except (OSError, StripeError):
            return False
        return True

    def _ask(self, method: str, path: str, body: str | None = None) -> Fields:
        request = urllib.request.Request(
            self.address + path,
            body.encode() if body is not None else None,
            {
                "Authorization": "Bearer sk_test_front",
                "Content-Type": "application/x-www-form-urlencoded",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise self._refusal(error, path) from error

    @staticmethod
    def _refusal(error: urllib.error.HTTPError, path: str) -> StripeError:
        try:
            said = json.loads(error.read())["error"]
        except (ValueError, KeyError):
            said = {"message": f"The engine failed at {path}."}
        code = said.get("code") or ("resource_missing" if error.code == 404 else "")
        return StripeError(error.code, said.get("message", ""), code=code)
