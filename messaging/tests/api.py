"""Calls of the Cloud API as the tests make them."""

import json
from datetime import timedelta
from unittest import mock

from django.test import TestCase
from django.utils import timezone

from audience.tests.people import make_person
from messaging.services.integrators import rates
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.messages import receive_message
from messaging.tests.cast import ANA, RAVI, Cast
from portal.base.pairwise import pairwise_number


class ApiCase(Cast, TestCase):
    """Acme has an app and a token; Ana wrote to it five minutes ago."""

    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        cls.app = create_app(cls.acme, name="Shop", by=cls.alice)
        cls.token_row, cls.token = create_token(cls.app, name="server", by=cls.alice)
        other = create_app(cls.elsewhere, name="Other", by=cls.mallory)
        cls.other_token = create_token(other, name="server", by=cls.mallory)[1]
        make_person(ANA)
        make_person(RAVI)
        cls.from_ana = receive_message(
            ANA, cls.profile, body="Olá!", name="Ana", now=timezone.now() - timedelta(minutes=5)
        )
        cls.ana = pairwise_number(cls.acme.pk, ANA)

    def run(self, result=None):
        # Many tests send from one profile within seconds; its plan's rate is tested by itself.
        with mock.patch.dict(rates._plans, {self.acme.pk: (float("inf"), 1000)}):
            return super().run(result)

    def call(self, method: str, path: str, data=None, *, token: str | None = "", **headers):
        """One call with JSON; returns status and answer."""
        token = self.token if token == "" else token
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response = self.client.generic(
            method,
            path,
            json.dumps(data) if data is not None else "",
            content_type="application/json" if data is not None else "",
            headers=headers,
        )
        self.assertEqual(response["Content-Type"], "application/json")
        return response.status_code, response.json()

    def send(self, to: str | None = None, path: str = "", **data):
        message = {"messaging_product": "whatsapp", "to": to or f"999{self.ana}"}
        return self.call("POST", path or f"/v23.0/{self.profile.pk}/messages", message | data)

    def assertError(self, result, status: int, code: int, subcode: int | None = None) -> dict:
        error = result[1]["error"]
        self.assertEqual((result[0], error["code"]), (status, code), error)
        self.assertEqual(error.get("error_subcode"), subcode, error)
        self.assertIsInstance(error["message"], str)
        self.assertTrue(error["fbtrace_id"])
        return error
