"""What was done for the outside world is forgotten: mails hold codes, pushes name people."""

from datetime import timedelta

from django.test import TestCase
from django.utils import timezone

from portal.base.models import Outbox
from portal.base.services.outbox import GIVEN_UP_KEPT_FOR, KEPT_FOR, forget_done

HOUR = timedelta(hours=1)


class ForgetDoneTests(TestCase):
    def test_what_is_done_goes_and_what_waits_stays(self):
        now = timezone.now()
        ages = {
            "done long ago": {"done_at": now - KEPT_FOR - HOUR},
            "done lately": {"done_at": now - KEPT_FOR + HOUR},
            "given up long ago": {"given_up_at": now - GIVEN_UP_KEPT_FOR - HOUR},
            "given up lately": {"given_up_at": now - KEPT_FOR - HOUR},
            "waits": {"created_at": now - 2 * GIVEN_UP_KEPT_FOR},
        }
        for kind, values in ages.items():
            Outbox.objects.create(kind=kind, payload={"body": "Your code is 1"}, **values)
        self.assertEqual(forget_done(now, limit=1), 2)
        left = set(Outbox.objects.values_list("kind", flat=True))
        self.assertEqual(left, {"done lately", "given up lately", "waits"})
