"""Accounts linked, as the tests do it."""

import json

from audience.models import Consent
from audience.tests.people import make_person
from messaging.models import AccountLink, WebhookEvent
from messaging.services.integrators.keys import create_app
from messaging.services.linking.accounts import agree_to_link
from messaging.services.linking.requests import ask_to_link
from messaging.services.webhooks.addresses import subscribe
from messaging.services.webhooks.bodies import make_body
from messaging.tests.cast import ANA, RAVI, Cast


class Linking(Cast):
    """Acme listens to what is linked."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        make_person(RAVI, name="Ravi Nair")
        cls.app = create_app(cls.acme, name="Bank", by=cls.alice)
        subscribe(cls.app, by=cls.alice, fields=["messages", "account_linking"])

    def ask(self, **values):
        return ask_to_link(self.profile, by=None, **values)[1]

    def link(
        self, person_id=ANA, *, alerts=True, adverts=False, name=None, **values
    ) -> AccountLink:
        return agree_to_link(
            self.ask(**values), person_id, alerts=alerts, adverts=adverts, name=name
        )

    def consents(self):
        """What Ana answered to this business."""
        return Consent.objects.filter(person_id=ANA, scope_id=self.acme.pk)

    def told(self) -> list[dict]:
        """What the business's programs hear of linking, oldest first."""
        events = WebhookEvent.objects.filter(field="account_linking").order_by("id")
        values = [json.loads(make_body(e))["entry"][0]["changes"][0]["value"] for e in events]
        return [value["account_linking"][0] for value in values]
