"""People who must not be disturbed yet get it later, once; the others do not wait for them."""

from datetime import UTC, datetime, timedelta
from unittest import mock

from audience.models import Person
from audience.tests.people import NOW
from messaging.models import Campaign, Message
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.lanes import campaigns_with_work
from messaging.services.campaigns.schedules import launch_scheduled, schedule_by_local_time
from messaging.services.campaigns.transitions import cancel_campaign
from messaging.tests.campaigns import CROWD, NO_HOLD, CampaignCase
from messaging.tests.crowd import draft

HOUR = timedelta(hours=1)
FIRST = 1_000_000
SLEEPERS = range(FIRST, FIRST + 100)  # it is noon where they are, quiet until two
WESTERNERS = range(FIRST + 100, FIRST + 200)  # in Manaus, an hour behind São Paulo


@NO_HOLD
class RoundTests(CampaignCase):
    @classmethod
    def setUpTestData(cls) -> None:
        super().setUpTestData()
        Person.objects.filter(person_id__in=SLEEPERS).update(quiet_from=20, quiet_until=14)
        Person.objects.filter(person_id__in=WESTERNERS).update(time_zone="America/Manaus")

    def got(self, campaign: Campaign) -> set[int]:
        rows = Message.objects.filter(campaign_id=campaign.pk)
        return set(rows.values_list("person_id", flat=True))

    def state(self, campaign: Campaign) -> str:
        campaign.refresh_from_db()
        return campaign.state

    def test_who_has_quiet_hours_gets_it_when_they_are_over(self):
        campaign = self.launched()
        self.assertEqual(run_campaign(campaign, now=NOW), CROWD - len(SLEEPERS))
        self.assertFalse(self.got(campaign) & set(SLEEPERS))
        self.assertEqual(self.state(campaign), "running")
        self.assertEqual(run_campaign(campaign, now=NOW + HOUR), 0)
        self.assertEqual(campaigns_with_work("campaign", now=NOW + HOUR), [])
        self.assertTrue(campaigns_with_work("campaign", now=NOW + 2 * HOUR))
        self.assertEqual(run_campaign(campaign, now=NOW + 2 * HOUR), len(SLEEPERS))
        self.assertEqual(len(self.got(campaign)), CROWD)
        self.assertEqual(self.state(campaign), "finished")

    def test_who_says_no_meanwhile_gets_nothing(self):
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        Person.objects.filter(person_id=SLEEPERS[0]).update(marketing=False)
        run_campaign(campaign, now=NOW + 2 * HOUR)
        self.assertEqual(set(SLEEPERS) - self.got(campaign), {SLEEPERS[0]})

    def test_a_cap_goes_to_those_who_are_awake_first(self):
        campaign = self.launched(max_recipients=300)
        run_campaign(campaign, now=NOW)
        self.assertEqual(len(self.got(campaign)), 300)
        self.assertEqual(self.state(campaign), "finished")

    def test_cancelled_the_later_ones_never_go(self):
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        charged = campaign.charged
        cancel_campaign(campaign, by=self.alice, now=NOW)
        self.assertEqual(run_campaign(campaign, now=NOW + 2 * HOUR), 0)
        self.assertEqual(Campaign.objects.get(pk=campaign.pk).charged, charged)

    def at(self, moment: datetime):
        return mock.patch("django.utils.timezone.now", return_value=moment)

    def test_everyone_gets_it_at_the_time_of_their_own_clock(self):
        Person.objects.filter(person_id__in=SLEEPERS).update(quiet_from=None, quiet_until=None)
        campaign = draft(self.profile, self.alice)
        nine = datetime(2026, 11, 24, 9, tzinfo=UTC)
        schedule_by_local_time(campaign, by=self.alice, at=nine, now=NOW)
        campaign.refresh_from_db()
        first = datetime(2026, 11, 24, 12, tzinfo=UTC)  # nine in São Paulo
        self.assertEqual(campaign.scheduled_at, first)
        with self.at(first):
            self.assertEqual(launch_scheduled(), 1)
        self.assertEqual(run_campaign(campaign, now=first), CROWD - len(WESTERNERS))
        self.assertFalse(self.got(campaign) & set(WESTERNERS))
        self.assertEqual(run_campaign(campaign, now=first + HOUR), len(WESTERNERS))
        self.assertEqual(self.state(campaign), "finished")

    def test_a_time_that_is_over_somewhere_is_refused(self):
        campaign = draft(self.profile, self.alice)
        soon = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)  # over in São Paulo, to come in Manaus
        self.assertRefused(
            "past", schedule_by_local_time, campaign, by=self.alice, at=soon, now=NOW
        )
