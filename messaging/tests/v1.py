"""The management API as a client calls it."""

import json
from typing import Any

from django.test import TestCase

from messaging.models import AccessToken
from messaging.services.integrators.keys import create_app, create_token
from messaging.tests.cast import ANA, Cast
from portal.base.pairwise import pairwise_number

ALL = [scope.value for scope in AccessToken.Scope]


class V1Case(Cast, TestCase):
    """Alice's key may do all that Alice may; Mallory's is of another business."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.app = create_app(cls.acme, name="Server", by=cls.alice)
        cls.key = create_token(cls.app, name="all", by=cls.alice, scopes=ALL)[1]
        theirs = create_app(cls.elsewhere, name="Theirs", by=cls.mallory)
        cls.other_key = create_token(theirs, name="all", by=cls.mallory, scopes=ALL)[1]
        cls.ana = pairwise_number(cls.acme.pk, ANA)

    def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of /api/v1/`path`; the whole answer is `self.answer`."""
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        self.answer = self.client.generic(
            method,
            f"/api/v1/{path}",
            raw,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key if key is None else key}"} | headers,
        )
        return self.answer.status_code, json.loads(self.answer.content or b"null")
