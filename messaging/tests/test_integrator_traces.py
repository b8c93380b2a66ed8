"""A person who is erased leaves nothing in integrators' queues and logs."""

from django.core.files.storage import default_storage
from django.test import override_settings

from audience.services.erasure import erase_person
from messaging.models import ApiCall, Media, WebhookEvent
from messaging.services.media import store_media
from messaging.tests.cast import ANA
from messaging.tests.test_api_messages import ApiCase


class ErasureTests(ApiCase):
    @override_settings(API_LOG_AT_ONCE=True)
    def test_events_files_and_calls_go(self):
        self.send(text={"body": "canary"})
        self.call("GET", f"/{self.profile.pk}")
        media = store_media(self.acme, b"canary", mime="text/plain", person_id=ANA, source="person")
        with self.captureOnCommitCallbacks(execute=True):
            erase_person(ANA)
        self.assertFalse(WebhookEvent.objects.exists())
        self.assertFalse(Media.objects.exists())
        self.assertFalse(default_storage.exists(media.stored_as))
        self.assertEqual([call.method for call in ApiCall.objects.all()], ["GET"])
