"""Trying a campaign's failed messages again: only those, once, if they still want it."""

from datetime import timedelta
from unittest import mock
from zoneinfo import ZoneInfo

from django.test import TestCase, override_settings
from django.utils import timezone

from audience.models import Topic
from audience.services import consent
from audience.services.topics import mute_topic
from messaging.models import Campaign, CampaignRetry, CounterDelta, GatewayMessage, Message
from messaging.services.campaigns import numbers
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.numbers import exact_counts, shown_counts
from messaging.services.campaigns.retries import (
    A_STEP,
    MOST,
    may_retry,
    next_step,
    retry_failed,
    try_failed_again,
)
from messaging.services.campaigns.transitions import cancel_campaign
from messaging.services.gateway.handing_over import serve_messenger
from messaging.services.gateway.members import join_everybody
from messaging.services.gateway.message_refs import message_ref
from messaging.services.gateway.messengers import drop_gateway, forget_gateways, set_gateway
from messaging.services.integrators.keys import create_app, create_token
from messaging.services.people.blocking import block_profile
from messaging.tests.cast import Cast
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from messaging.tests.gateway_server import rejecting, taking
from messaging.tests.messengers import make_messenger
from portal.base.refused import Refused
from profiles.tests.people import sign_in

FIRST, CROWD = 1_000_000, 3_000  # the noise on a country hides a smaller one now and then
MINUTE = timedelta(minutes=1)


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True, FIRST_BATCH_HOLD=timedelta(0))
class RetryCase(Cast, TestCase):
    """A campaign to 1,500 people of a messenger, which turns away every second."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.now = timezone.now()
        cls.messenger, _key = make_messenger()
        make_crowd(CROWD)
        join_everybody(cls.messenger)
        count_people(now=cls.now)
        allow_campaigns(cls.profile, now=cls.now)
        forget_gateways()
        with taking() as server:
            server.secret = set_gateway(cls.messenger, url=server.url, by=None)
            server.answer = lambda batch: rejecting(
                *(m["id"] for m in batch["messages"] if int(m["person"].split("-")[1]) % 2)
            )
            cls.campaign = launch_campaign(
                draft(cls.profile, cls.alice, now=cls.now), by=cls.alice, now=cls.now
            )
            run_campaign(cls.campaign, now=cls.now)
            serve_messenger(cls.messenger.pk, now=cls.now)
        cls.campaign.refresh_from_db()

    def setUp(self):
        forget_gateways()
        self.addCleanup(forget_gateways)
        taken = taking()
        self.server = taken.__enter__()
        self.addCleanup(taken.__exit__, None, None, None)
        self.server.secret = set_gateway(self.messenger, url=self.server.url, by=None)

    def failed(self) -> set[int]:
        rows = Message.objects.filter(campaign_id=self.campaign.pk, status="failed")
        return set(rows.values_list("person_id", flat=True))

    def retry(self, *, at=None) -> CampaignRetry:
        """Ask for it, and have it worked off."""
        asked = retry_failed(self.campaign, by=self.alice, now=at or self.now + MINUTE)
        self.work(asked, at=at or self.now + MINUTE)
        return asked

    def work(self, asked: CampaignRetry, *, at) -> None:
        while next_step(asked.pk, now=at) is not None:
            pass
        asked.refresh_from_db()

    def arrived(self) -> list[int]:
        """Who the messenger has been given a message for, since the retry, with repeats."""
        serve_messenger(self.messenger.pk, now=self.now + 2 * MINUTE)
        return [int(message["person"].split("-")[1]) for message in self.server.seen]


class RetryTests(RetryCase):
    def test_only_the_failed_ones_go_again_and_nobody_twice(self):
        failed = self.failed()
        self.assertEqual(len(failed), CROWD // 2)
        asked = self.retry()
        self.assertEqual(self.failed(), set())
        self.assertEqual(sorted(self.arrived()), sorted(failed))
        self.assertEqual(asked.people, len(failed))
        self.assertIsNotNone(asked.done_at)
        self.assertEqual(Message.objects.filter(campaign_id=self.campaign.pk).count(), CROWD)
        refs = {message_ref(person_id, self.campaign.message_id) for person_id in failed}
        self.assertEqual(set(self.server.messages), refs)  # the ids that it knew them by

    def test_the_counts_say_what_the_ledger_says(self):
        self.assertEqual(exact_counts(self.campaign)["failed"], len(self.failed()))
        self.retry()
        counts = exact_counts(self.campaign)
        self.assertEqual((counts["failed"], counts["sent"]), (0, CROWD))

    def test_who_said_no_meanwhile_is_left_alone(self):
        blocks, mutes, no_topic, *_others = sorted(self.failed())
        block_profile(blocks, self.profile, reason="unknown_sender")
        consent.mute(mutes, self.acme.pk)
        mute_topic(no_topic, Topic.OTHER)  # Acme names no trade
        self.retry()
        self.assertEqual(self.failed(), {blocks, mutes, no_topic})
        self.assertNotIn(blocks, self.arrived())

    def test_what_fails_again_is_not_tried_in_a_circle(self):
        failed = self.failed()
        asked = retry_failed(self.campaign, by=self.alice, now=self.now + MINUTE)
        self.server.answer = lambda batch: rejecting(*(m["id"] for m in batch["messages"]))
        while next_step(asked.pk, now=self.now + MINUTE) is not None:
            serve_messenger(self.messenger.pk, now=self.now + 2 * MINUTE)
        self.assertEqual(self.failed(), failed)
        self.assertEqual(len(self.server.seen), len(failed))
        self.assertEqual(exact_counts(self.campaign)["failed"], len(failed))

    def test_quiet_hours_wait_and_nobody_is_forgotten(self):
        sleeper = min(self.failed())
        at = self.now + MINUTE
        hour = at.astimezone(ZoneInfo("America/Sao_Paulo")).hour
        consent.set_quiet_hours(sleeper, hour, (hour + 2) % 24)
        asked = self.retry(at=at)
        self.assertEqual(self.failed(), {sleeper})
        self.assertIsNone(asked.done_at)
        self.work(asked, at=asked.due_at - MINUTE)
        self.assertEqual(self.failed(), {sleeper})
        self.work(asked, at=asked.due_at)
        self.assertEqual(self.failed(), set())
        self.assertIsNotNone(asked.done_at)
        self.assertEqual(asked.people, CROWD // 2)

    def test_a_step_is_a_few_hundred_people(self):
        asked = retry_failed(self.campaign, by=self.alice, now=self.now + MINUTE)
        self.assertEqual(next_step(asked.pk, now=self.now + MINUTE), A_STEP)
        self.assertEqual(GatewayMessage.objects.count(), A_STEP)


class GuardTests(RetryCase):
    def test_asking_twice_is_one_retry(self):
        retry_failed(self.campaign, by=self.alice, now=self.now)
        self.assertFalse(may_retry(self.campaign))
        with self.assertRaisesMessage(Refused, "being tried again already"):
            retry_failed(self.campaign, by=self.alice, now=self.now)
        self.assertEqual(CampaignRetry.objects.count(), 1)

    def test_three_times_is_enough(self):
        for n in range(MOST):
            self.assertTrue(may_retry(self.campaign))
            CampaignRetry.objects.create(
                campaign=self.campaign, asked_by=self.alice, asked_at=self.now, done_at=self.now
            )
            with mock.patch.object(numbers, "discrete_gaussian", return_value=-n):
                self.assertGreater(shown_counts(self.campaign)["failed"], CROWD // 2 - 100)
        self.assertFalse(may_retry(self.campaign))
        with self.assertRaisesMessage(Refused, "tried again 3 times"):
            retry_failed(self.campaign, by=self.alice, now=self.now)

    def test_what_was_cancelled_stays_so(self):
        asked = retry_failed(self.campaign, by=self.alice, now=self.now + MINUTE)
        Campaign.objects.filter(pk=self.campaign.pk).update(state="running")
        cancel_campaign(self.campaign, by=self.alice)
        failed = self.failed()
        self.work(asked, at=self.now + MINUTE)
        self.assertEqual(self.failed(), failed)
        self.assertIn("not under way", asked.ended_because)
        with self.assertRaisesMessage(Refused, "is cancelled"):
            retry_failed(self.campaign, by=self.alice, now=self.now)

    def test_a_lost_standing_ends_it(self):
        asked = retry_failed(self.campaign, by=self.alice, now=self.now + MINUTE)
        self.profile.standing = "suspended"
        self.profile.save(update_fields=["standing"])
        failed = self.failed()
        self.work(asked, at=self.now + MINUTE)
        self.assertEqual(self.failed(), failed)
        self.assertNotEqual(asked.ended_because, "")
        with self.assertRaises(Refused):
            retry_failed(self.campaign, by=self.alice, now=self.now)

    def test_without_a_gateway_there_is_nothing_to_try(self):
        drop_gateway(self.messenger, by=self.alice)
        self.assertFalse(may_retry(self.campaign))

    def test_the_sweeper_works_off_what_no_worker_took(self):
        retry_failed(self.campaign, by=self.alice, now=self.now + MINUTE)
        self.assertEqual(try_failed_again(), CROWD // 2)
        self.assertEqual(try_failed_again(), 0)
        steps = CounterDelta.objects.filter(metric="failed", n__lt=0)
        self.assertEqual(steps.count(), CROWD // 2 // A_STEP)


class FaceTests(RetryCase):
    def test_a_page_tells_the_count_and_asks_first(self):
        sign_in(self.client, self.alice)
        path = f"/w/acme/campaigns/{self.campaign.uuid}/"
        shown = shown_counts(self.campaign)["failed"]
        page = self.client.get(path)
        self.assertContains(page, f"<b>{shown:,} people</b>")
        self.assertContains(page, f"About {shown:,} people did not get it.")
        answer = self.client.post(f"{path}act/", {"act": "retry"}, follow=True)
        self.assertContains(answer, "They are tried again")
        self.assertContains(answer, "Being tried again since")
        self.assertNotContains(answer, "Try them again…")
        self.work(CampaignRetry.objects.get(), at=timezone.now())
        with mock.patch.object(numbers, "discrete_gaussian", return_value=0):  # may show 50 else
            self.assertContains(self.client.get(path), "Fewer than 50 people did not get")
        self.assertContains(self.client.get(f"{path}report.csv"), "failed,fewer than 50")

    def test_strangers_and_readers_can_t(self):
        path = f"/w/acme/campaigns/{self.campaign.uuid}/act/"
        for user, status in ((self.mallory, 404), (self.bob, 403)):
            sign_in(self.client, user)
            self.assertEqual(self.client.post(path, {"act": "retry"}).status_code, status)
        self.assertFalse(CampaignRetry.objects.exists())

    def test_the_api_has_it_too(self):
        app = create_app(self.acme, name="Server", by=self.alice)
        key = create_token(app, name="all", by=self.alice, scopes=["campaigns:write"])[1]
        path = f"/api/v1/campaigns/{self.campaign.uuid}/retry"
        headers = {"Authorization": f"Bearer {key}"}
        self.assertEqual(self.client.post(path, headers=headers).status_code, 200)
        self.assertEqual(CampaignRetry.objects.get().asked_by, self.alice)
        self.assertEqual(self.client.post(path, headers=headers).status_code, 409)
