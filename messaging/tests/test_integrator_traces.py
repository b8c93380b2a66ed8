"""A person who is erased leaves nothing in integrators' queues and logs."""

from django.test import override_settings

from audience.services.erasure import erase_person
from messaging.models import ApiCall, WebhookEvent
from messaging.tests.api import ApiCase
from messaging.tests.cast import ANA


class ErasureTests(ApiCase):
    @override_settings(API_LOG_AT_ONCE=True)
    def test_events_and_logged_calls_go(self):
        self.send(text={"body": "canary"})
        self.call("GET", f"/{self.profile.pk}")
        erase_person(ANA)
        self.assertFalse(WebhookEvent.objects.exists())
        self.assertEqual([call.method for call in ApiCall.objects.all()], ["GET"])
