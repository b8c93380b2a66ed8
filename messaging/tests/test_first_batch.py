"""The random first batch: how large, how long it is watched, and what it decides."""

from datetime import timedelta
from unittest import mock

from audience.tests.people import NOW
from messaging.models import Campaign, Message
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.first_batch import judge_first_batch, size_of_first_batch
from messaging.services.campaigns.launching import resume_campaign
from messaging.services.campaigns.sweepers import release_first_batches
from messaging.services.campaigns.transitions import pause_campaign
from messaging.services.messages import mark_delivered
from messaging.tests.campaigns import CROWD, CampaignCase
from trust.services.complaints import record_complaint

HOUR = timedelta(hours=1)


class FirstBatchTests(CampaignCase):
    def batch(self, **values) -> Campaign:
        """A campaign whose first batch is sent and held."""
        campaign = self.launched(**values)
        run_campaign(campaign, now=NOW)
        campaign.refresh_from_db()
        return campaign

    def recipients(self, campaign: Campaign) -> list[int]:
        rows = Message.objects.filter(campaign_id=campaign.pk)
        return list(rows.values_list("person_id", flat=True))

    def complain(self, campaign: Campaign, n: int) -> None:
        for number, person_id in enumerate(self.recipients(campaign)[:n]):
            record_complaint(
                self.profile,
                person_id=person_id,
                kind="block",
                reason="spam",
                weight=1.0,
                cluster=f"c{number}",
                unit=campaign.pk,
                now=NOW,
            )

    def see(self, campaign: Campaign, n: int) -> None:
        for person_id in self.recipients(campaign)[:n]:
            mark_delivered(person_id, now=NOW)

    def test_the_sizes(self):
        for people, expected in (
            (300, 300),
            (20_000, 500),
            (200_000, 2_000),
            (5_000_000, 10_000),
        ):
            first, chunks = size_of_first_batch(people, 1024)
            self.assertGreaterEqual(first, expected)
            self.assertLessEqual(first, expected + people / 1024 + 1)
            self.assertLessEqual(chunks, 1024)

    def test_the_rest_waits(self):
        campaign = self.batch()
        sent = len(self.recipients(campaign))
        # 500 by the published size, whose noise here has a deviation of about 160 of 2,000 people.
        self.assertTrue(300 < sent < 1_200, sent)
        self.assertEqual(campaign.hold_until, NOW + timedelta(minutes=30))
        self.assertIsNone(campaign.released_at)

    def test_a_good_one_is_released(self):
        campaign = self.batch()
        self.see(campaign, 60)
        later = campaign.hold_until
        self.assertEqual(judge_first_batch(campaign, now=later), "released")
        self.assertFalse(Campaign.objects.get(pk=campaign.pk).look["stop"])
        run_campaign(campaign, now=later)
        self.assertEqual(len(self.recipients(campaign)), CROWD)

    def test_a_bad_one_is_stopped_with_the_numbers(self):
        campaign = self.batch()
        self.see(campaign, 200)
        self.complain(campaign, 25)
        self.assertEqual(judge_first_batch(campaign, now=campaign.hold_until), "stopped")
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "stopped")
        self.assertIn("over 1.5 %", campaign.stop_reason)
        self.assertNotIn("25", campaign.stop_reason)  # how many said no is for staff alone
        before = len(self.recipients(campaign))
        self.assertEqual(run_campaign(campaign, now=NOW + HOUR), 0)
        self.assertEqual(len(self.recipients(campaign)), before)

    def test_pausing_does_not_save_a_bad_one_from_the_verdict(self):
        campaign = self.batch()
        self.see(campaign, 200)
        self.complain(campaign, 25)
        pause_campaign(campaign, by=self.alice)
        with mock.patch("django.utils.timezone.now", return_value=campaign.hold_until):
            self.assertEqual(release_first_batches(), 1)
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "stopped")

    def test_a_good_one_that_is_paused_stays_so_until_it_goes_on(self):
        campaign = self.batch()
        self.see(campaign, 60)
        pause_campaign(campaign, by=self.alice)
        later = campaign.hold_until
        with mock.patch("django.utils.timezone.now", return_value=later):
            release_first_batches()
        campaign.refresh_from_db()
        self.assertEqual((campaign.state, campaign.released_at), ("paused", later))
        self.assertEqual(run_campaign(campaign, now=later), 0)
        resume_campaign(campaign, by=self.alice, now=later)
        run_campaign(campaign, now=later)
        self.assertEqual(len(self.recipients(campaign)), CROWD)

    def test_while_few_have_seen_it_the_hold_is_longer_up_to_two_hours(self):
        campaign = self.batch()
        self.assertEqual(judge_first_batch(campaign, now=campaign.hold_until), "held")
        self.assertEqual(judge_first_batch(campaign, now=NOW + 2 * HOUR), "released")
