"""A limited profile's campaign waits for staff, or for the policy's hours (trust.md, "limit")."""

from datetime import timedelta

from django.urls import reverse

from audience.tests.people import NOW
from messaging.models import Campaign
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.first_batch import judge_first_batch, release_first_batch
from messaging.tests.campaigns import CampaignCase
from portal.base.refused import Refused
from profiles.tests.people import sign_in, staff
from trust.services.standing import limit_profile

HOUR = timedelta(hours=1)


class LimitedHoldTests(CampaignCase):
    def held(self) -> Campaign:
        """Its first batch is sent, seen and found good; the profile was limited meanwhile."""
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        moderator = staff("moderator", name="mo")
        limit_profile(self.profile, by=moderator, reason="Looks like bait", now=NOW)
        Campaign.objects.filter(pk=campaign.pk).update(state="running")  # Alice went on with it
        campaign = Campaign.objects.select_related("profile__business").get(pk=campaign.pk)
        self.assertEqual(judge_first_batch(campaign, now=NOW + 3 * HOUR), "held")
        campaign.refresh_from_db()
        return campaign

    def test_the_rest_waits_for_72_hours_and_goes_out_then(self):
        campaign = self.held()
        self.assertEqual(campaign.hold_until, campaign.launched_at + 72 * HOUR)

        self.assertEqual(judge_first_batch(campaign, now=NOW + 71 * HOUR), "held")
        self.assertEqual(judge_first_batch(campaign, now=NOW + 72 * HOUR), "released")

    def test_staff_let_it_go_with_a_reason(self):
        campaign = self.held()
        sign_in(self.client, staff("moderator"))

        self.client.post(
            reverse("admin:messaging_campaign_release", args=[campaign.pk]),
            {"_form_submitted": "on", "reason": "I have read it; it is fine"},
        )

        campaign.refresh_from_db()
        self.assertIsNotNone(campaign.released_at)
        run_campaign(campaign, now=NOW + 4 * HOUR)
        self.assertEqual(campaign.chunks.exclude(state="done").count(), 0)

    def test_what_does_not_wait_is_not_released(self):
        campaign = self.held()
        moderator = staff("moderator")
        release_first_batch(campaign, by=moderator, reason="Fine")
        with self.assertRaises(Refused):
            release_first_batch(campaign, by=moderator, reason="Again")
