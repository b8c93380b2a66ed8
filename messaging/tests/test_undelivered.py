"""Who did not get a campaign, and why: every person of the audience is in one place."""

from datetime import timedelta

from django.test import TestCase, override_settings
from django.urls import reverse

from audience.models import Budget, Person
from audience.services import consent
from audience.tests.people import NOW
from messaging.models import Message
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.undelivered import reason_names, why_not_delivered
from messaging.services.people.blocking import block_profile
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.tests.people import sign_in, staff

FIRST, CROWD = 1_000_000, 3_000


@override_settings(FIRST_BATCH_HOLD=timedelta(0))
class UndeliveredTests(Cast, TestCase):
    def setUp(self):
        make_crowd(CROWD)
        make_crowd(9, first=2 * FIRST, country="AR")
        count_people()
        allow_campaigns(self.profile)
        self.campaign = launch_campaign(draft(self.profile, self.alice), by=self.alice, now=NOW)

    def test_each_is_counted_once_by_the_first_reason(self):
        Person.objects.filter(pk=FIRST).update(birth_year=None)
        Person.objects.filter(pk__in=[FIRST + 1, FIRST + 2]).update(marketing=False)
        block_profile(FIRST + 3, self.profile, reason="unknown_sender")
        consent.mute(FIRST + 3, self.acme.pk)
        consent.mute(FIRST + 4, self.acme.pk)
        year, week, _day = NOW.isocalendar()
        Budget.objects.create(person_id=FIRST + 5, week=year * 100 + week, n=7, allowed=7)
        self.assertEqual(why_not_delivered(self.campaign)["waiting"], CROWD - 6)

        run_campaign(self.campaign, now=NOW)
        Message.objects.filter(person_id=FIRST + 9).update(status="failed", failed_at=NOW)
        why = why_not_delivered(self.campaign)
        wanted = {"age": 1, "opted_out": 2, "blocked": 1, "muted": 1, "budget": 1, "turned_away": 1}
        self.assertEqual(why, wanted)
        self.assertLessEqual(set(why), set(reason_names()))
        delivered = Message.objects.filter(campaign_id=self.campaign.pk).exclude(status="failed")
        self.assertEqual(sum(why.values()) + delivered.count(), CROWD)

    def test_staff_may_ask_and_others_may_not(self):
        url = reverse("admin:messaging_campaign_who_not", args=[self.campaign.pk])
        sign_in(self.client, self.alice)
        self.assertNotEqual(self.client.get(url).status_code, 200)
        sign_in(self.client, staff("moderator", name="mo"))
        answer = self.client.get(url, follow=True)
        self.assertContains(answer, f"{CROWD:,} not yet")
