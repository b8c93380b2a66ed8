"""The counts of several campaigns to the same people: each coarser than the one before."""

from datetime import timedelta
from unittest import mock

from django.db import IntegrityError, transaction
from django.test import TestCase

from audience.tests.people import NOW
from messaging.models import Campaign, CampaignNoise
from messaging.services.campaigns import numbers
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.numbers import SHOWN, SIGMA, shown_counts, shown_counts_by_id
from messaging.services.campaigns.plans import plan_of
from messaging.services.campaigns.transitions import cancel_campaign
from messaging.services.counters import count
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.models import Profile
from profiles.tests.people import sign_in

SOUTH = {"country": "BR", "regions": ["BR-RS"]}
NORTH = {"country": "BR", "regions": ["BR-AM"]}


class TurnsTests(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        # The noise on a country hides a smaller crowd now and then.
        make_crowd(3_000, region="'BR-RS'")
        make_crowd(3_000, first=2_000_000, region="'BR-AM'")
        count_people()
        allow_campaigns(cls.profile)

    def launched(self, audience: dict) -> Campaign:
        campaign = draft(self.profile, self.alice, audience=audience, max_recipients=100)
        return launch_campaign(campaign, by=self.alice, confirmed_repeat=True, now=NOW)

    def turns(self, *audiences: dict) -> list[int]:
        return [self.launched(audience).turn for audience in audiences]

    def test_no_two_that_one_person_can_be_in_have_the_same_turn(self):
        self.assertEqual(
            self.turns(SOUTH, NORTH, SOUTH, {"country": "BR"}, NORTH, SOUTH), [1, 1, 2, 3, 4, 4]
        )

    def test_one_that_was_cancelled_counts(self):
        cancel_campaign(self.launched(SOUTH), by=self.alice)
        self.assertEqual(self.turns(SOUTH), [2])

    def test_another_profile_of_the_business_counts(self):
        self.launched(SOUTH)
        other = Profile.objects.create(business=self.acme, handle="acmetwo", name="Acme Two")
        Campaign.objects.update(profile=other)
        self.assertEqual(self.turns(SOUTH), [2])

    def test_another_business_and_a_new_snapshot_begin_with_one(self):
        self.launched(SOUTH)
        Campaign.objects.update(business=self.elsewhere)
        self.assertEqual(self.turns(SOUTH), [1])
        count_people(now=NOW + timedelta(days=1))
        self.assertEqual(self.turns(SOUTH), [1])

    def test_counts_of_turn_k_move_in_steps_k_times_as_large_behind_k_times_the_noise(self):
        for turn in (1, 2, 3):
            campaign = self.launched(SOUTH)
            self.assertEqual((campaign.turn, campaign.hidden_below), (turn, 50 * turn))
            with mock.patch.object(numbers, "discrete_gaussian", return_value=0) as drawn:
                shown = [self.read(campaign, people) for people in (49 * turn, turn, 50 * turn)]
            self.assertEqual(shown, [None, 50 * turn, 100 * turn])
            self.assertEqual({call.args for call in drawn.call_args_list}, {(SIGMA * turn,)})
            self.assertEqual(CampaignNoise.objects.filter(campaign=campaign).count(), len(SHOWN))

    def read(self, campaign: Campaign, people: int) -> int | None:
        count(self.profile, "read", people, campaign_id=campaign.pk, now=NOW)
        return shown_counts(campaign)["read"]

    def test_pages_csv_and_judgement_say_what_a_small_count_is_under(self):
        self.launched(SOUTH)
        plan = plan_of(draft(self.profile, self.alice, audience=SOUTH), now=NOW)
        self.assertEqual((plan.turn, plan.step), (2, 100))
        campaign = self.launched(SOUTH)
        self.assertEqual(shown_counts_by_id([campaign.pk])[campaign.pk]["hidden_below"], 100)
        sign_in(self.client, self.alice)
        path = f"/w/acme/campaigns/{campaign.uuid}/"
        page = self.client.get(path)
        self.assertContains(page, "under 100")
        self.assertContains(page, "These are coarser than usual")
        self.assertContains(self.client.get(f"{path}report.csv"), "sent,fewer than 100")

    def test_the_database_refuses_a_turn_without_noise(self):
        campaign = self.launched(SOUTH)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Campaign.objects.filter(pk=campaign.pk).update(turn=0)
