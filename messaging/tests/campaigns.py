"""Campaigns as the tests have them: Acme may send them to a crowd."""

from datetime import timedelta

from django.db import transaction
from django.test import TestCase, override_settings

from audience.tests.people import NOW
from messaging.models import Campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from portal.base.refused import Refused

CROWD = 2_000


NO_HOLD = override_settings(FIRST_BATCH_HOLD=timedelta(0))


class CampaignCase(Cast, TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        make_crowd(CROWD)
        count_people()
        allow_campaigns(cls.profile)
        allow_campaigns(cls.other_profile)

    def launched(self, **values) -> Campaign:
        return launch_campaign(draft(self.profile, self.alice, **values), by=self.alice, now=NOW)

    def assertRefused(self, code: str, act, *args, **kwargs) -> None:
        with self.assertRaises(Refused) as caught, transaction.atomic():
            act(*args, **kwargs)
        self.assertEqual(caught.exception.code, code)
        self.assertTrue(caught.exception.sentence)
