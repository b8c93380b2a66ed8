from datetime import timedelta
from unittest import mock

from django.db import IntegrityError, transaction

from audience.models import Budget
from audience.services import consent
from audience.tests.people import NOW
from billing.services.usage import recipients_used
from messaging.models import Campaign, CampaignChunk, Conversation, CounterDelta, Message, Template
from messaging.services.campaigns.delivery import run_campaign, send_next
from messaging.services.campaigns.launching import (
    create_campaign,
    launch_campaign,
    resume_campaign,
    update_campaign,
)
from messaging.services.campaigns.plans import plan_of
from messaging.services.campaigns.schedules import (
    launch_scheduled,
    schedule_campaign,
    unschedule_campaign,
)
from messaging.services.campaigns.sweepers import finish_campaigns, squash_counters
from messaging.services.campaigns.transitions import cancel_campaign, pause_campaign, stop_campaign
from messaging.services.conversations.handling import inbox_page
from messaging.services.messages import mark_delivered, mark_read, receive_message, send_message
from messaging.tests.campaigns import CROWD, NO_HOLD, CampaignCase
from messaging.tests.cast import make_template
from messaging.tests.crowd import BRAZIL, allow_campaigns, count_people, draft, make_crowd
from profiles.models import AuditRow, Notice, Profile
from trust.signals import standing_changed

HOUR = timedelta(hours=1)


class LaunchTests(CampaignCase):
    def test_it_freezes_what_a_chunk_needs(self):
        campaign = self.launched()
        self.assertEqual(campaign.state, "running")
        self.assertEqual(campaign.body, "Hello from our shop.")
        self.assertEqual(campaign.charged, campaign.estimate)
        self.assertIsNone(campaign.cap)
        buckets = list(campaign.chunks.order_by("position").values_list("bucket", flat=True))
        self.assertEqual(sorted(buckets), list(range(1024)))
        self.assertNotEqual(buckets, list(range(1024)))
        self.assertEqual(AuditRow.objects.filter(event="campaign.launched").count(), 1)

    def test_the_quota_is_charged_the_published_estimate(self):
        campaign = self.launched()
        self.assertEqual(recipients_used(self.acme, now=NOW), campaign.estimate)

    def test_it_can_be_launched_once(self):
        campaign = self.launched()
        self.assertRefused("wrong_state", launch_campaign, campaign, by=self.alice, now=NOW)

    def test_words_changed_later_do_not_matter(self):
        campaign = self.launched()
        Template.objects.update(components=[{"type": "BODY", "text": "Buy!"}])
        campaign.refresh_from_db()
        self.assertEqual(campaign.body, "Hello from our shop.")

    def test_what_is_missing_is_said(self):
        bare = create_campaign(self.profile, by=self.alice, name="x", now=NOW)
        self.assertRefused("no_template", plan_of, bare, now=NOW)
        bare = create_campaign(
            self.profile, by=self.alice, name="x", template=make_template(self.acme), now=NOW
        )
        self.assertRefused("no_audience", plan_of, bare, now=NOW)
        self.assertRefused("no_name", create_campaign, self.profile, by=self.alice, name=" ")

    def test_small_audiences_are_refused(self):
        campaign = draft(self.profile, self.alice, audience={"country": "BR", "tiers": ["entry"]})
        self.assertRefused("audience_too_small", launch_campaign, campaign, by=self.alice, now=NOW)

    def test_only_adverts_go_to_audiences(self):
        template = make_template(self.acme, category="UTILITY")
        campaign = draft(self.profile, self.alice, template=template)
        self.assertRefused("class_mismatch", launch_campaign, campaign, by=self.alice, now=NOW)

    def test_another_business_s_template_can_t_be_used(self):
        template = make_template(self.elsewhere)
        self.assertRefused(
            "template_not_approved", draft, self.profile, self.alice, template=template
        )

    def test_who_may_not_send_may_not_launch(self):
        campaign = draft(self.profile, self.alice)
        Profile.objects.filter(pk=self.profile.pk).update(standing="suspended")
        self.assertRefused("suspended", launch_campaign, campaign, by=self.alice, now=NOW)
        self.assertFalse(CampaignChunk.objects.exists())
        self.assertEqual(recipients_used(self.acme, now=NOW), 0)

    def test_the_same_words_to_the_same_people_need_a_second_yes(self):
        self.launched()
        again = draft(self.profile, self.alice, name="Winter 2")
        self.assertRefused("repeated", launch_campaign, again, by=self.alice, now=NOW + HOUR)
        launch_campaign(again, by=self.alice, confirmed_repeat=True, now=NOW + HOUR)
        third = draft(self.profile, self.alice, name="Winter 3")
        launch_campaign(third, by=self.alice, now=NOW + 50 * HOUR)

    def test_a_request_made_twice_is_one_campaign(self):
        one = draft(self.profile, self.alice, idempotency_key="k")
        self.assertEqual(draft(self.profile, self.alice, idempotency_key="k").pk, one.pk)
        other = draft(self.other_profile, self.mallory, idempotency_key="k")
        self.assertNotEqual(other.pk, one.pk)

    def test_the_cap_counts_what_was_sent_today_and_what_is_under_way(self):
        allow_campaigns(self.profile, cap=300)
        first = self.launched(max_recipients=200)
        self.assertEqual((first.cap, first.charged), (200, 200))
        second = self.launched(name="b", audience=BRAZIL | {"age_until": 69})
        self.assertEqual(second.cap, 100)
        third = draft(self.profile, self.alice, audience=BRAZIL | {"age_from": 25})
        self.assertRefused("cap_reached", launch_campaign, third, by=self.alice, now=NOW)
        tomorrow = NOW + 24 * HOUR
        with NO_HOLD:
            run_campaign(first, now=NOW)
            run_campaign(second, now=NOW)
        self.assertEqual(launch_campaign(third, by=self.alice, now=tomorrow).cap, 300)

    def test_scheduled_ones_wait_and_can_be_taken_back(self):
        campaign = draft(self.profile, self.alice)
        self.assertRefused("past", schedule_campaign, campaign, by=self.alice, at=NOW, now=NOW)
        schedule_campaign(campaign, by=self.alice, at=NOW + HOUR, now=NOW)
        with mock.patch("django.utils.timezone.now", return_value=NOW):
            self.assertEqual(launch_scheduled(), 0)
        unschedule_campaign(Campaign.objects.get(pk=campaign.pk), by=self.alice)
        schedule_campaign(campaign, by=self.alice, at=NOW + HOUR, now=NOW)
        with mock.patch("django.utils.timezone.now", return_value=NOW + 2 * HOUR):
            self.assertEqual(launch_scheduled(), 1)
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "running")

    def test_a_schedule_that_may_not_go_is_a_draft_again_and_says_why(self):
        campaign = draft(self.profile, self.alice)
        schedule_campaign(campaign, by=self.alice, at=NOW + HOUR, now=NOW)
        Template.objects.update(status="DISABLED")
        with mock.patch("django.utils.timezone.now", return_value=NOW + 2 * HOUR):
            launch_scheduled()
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "draft")
        self.assertTrue(Notice.objects.filter(kind="campaign_not_launched").exists())

    def test_a_launched_campaign_can_t_be_changed(self):
        campaign = self.launched()
        self.assertRefused(
            "wrong_state",
            update_campaign,
            campaign,
            by=self.alice,
            name="x",
            template=None,
            audience=None,
        )

    def test_the_database_refuses_a_launch_without_its_parts(self):
        campaign = draft(self.profile, self.alice)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Campaign.objects.filter(pk=campaign.pk).update(state="running")


@NO_HOLD
class DeliveryTests(CampaignCase):
    def ledger(self, campaign: Campaign) -> list[int]:
        rows = Message.objects.filter(campaign_id=campaign.pk)
        return sorted(rows.values_list("person_id", flat=True))

    def everyone(self) -> list[int]:
        return list(range(1_000_000, 1_000_000 + CROWD))

    def test_everyone_gets_it_once_and_it_finishes(self):
        campaign = self.launched()
        self.assertEqual(run_campaign(campaign, now=NOW), CROWD)
        self.assertEqual(self.ledger(campaign), self.everyone())
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "finished")
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        counted = CounterDelta.objects.filter(campaign_id=campaign.pk, metric="sent")
        self.assertEqual(sum(counted.values_list("n", flat=True)), CROWD)

    def test_who_had_nothing_to_do_is_called_when_the_first_batch_is_out(self):
        campaign = self.launched()
        with mock.patch("messaging.services.campaigns.delivery.wake_workers") as called:
            run_campaign(campaign, now=NOW)
        called.assert_called_once_with("campaign")

    def test_who_says_no_gets_nothing(self):
        blocked, muted, out, minor, sold, spent = range(1_000_000, 1_000_006)
        consent.block(blocked, self.profile.pk)
        consent.mute(muted, self.acme.pk)
        consent.opt_out(out)
        consent.set_budget(spent, 0)
        consent.block(minor, self.other_profile.pk)  # another sender: does not matter
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        missing = set(self.everyone()) - set(self.ledger(campaign))
        self.assertEqual(missing, {blocked, muted, out, spent})

    def test_a_phone_switched_off_in_mid_campaign_counts_from_the_next_chunk_on(self):
        make_crowd(CROWD, first=3_000_000, tier="'premium'")
        count_people(now=NOW + HOUR)
        with NO_HOLD:
            campaign = self.launched(audience=BRAZIL | {"tiers": ["premium"]})
            send_next(campaign.pk, now=NOW)
            sent = Message.objects.filter(campaign_id=campaign.pk)
            got = sent.values_list("person_id", flat=True)
            begun = set(got)
            shy = [n for n in range(3_000_000, 3_000_000 + CROWD) if n not in begun][:50]
            for person_id in shy:
                consent.switch_off_tier(person_id)
            run_campaign(campaign, now=NOW)
        self.assertTrue(begun)
        self.assertEqual(set(got.all()), set(range(3_000_000, 3_000_000 + CROWD)) - set(shy))

    def test_a_budget_is_spent_by_whoever_comes_first(self):
        consent.set_budget(1_000_000, 1)
        first = self.launched()
        second = launch_campaign(draft(self.other_profile, self.mallory), by=self.mallory, now=NOW)
        run_campaign(first, now=NOW)
        run_campaign(second, now=NOW)
        self.assertIn(1_000_000, self.ledger(first))
        self.assertNotIn(1_000_000, self.ledger(second))
        self.assertEqual(Budget.objects.get(person_id=1_000_000).n, 1)

    def test_the_person_has_it_in_their_list_and_the_business_not(self):
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        chat = Conversation.objects.get(person_id=1_000_000)
        self.assertEqual((chat.unread, chat.last_body), (1, "Hello from our shop."))
        self.assertEqual(inbox_page(self.profile, member=self.bob).lines, [])

    def test_it_joins_the_chat_that_is_there(self):
        person = 1_000_000
        receive_message(person, self.profile, body="Hi", now=NOW - HOUR)
        campaign = self.launched()
        receive_message(person, self.profile, body="Still there?", now=NOW + HOUR)
        send_message(self.profile, person, by=self.bob, body="Yes", now=NOW + HOUR)
        mark_read(person, self.profile, now=NOW + HOUR)
        run_campaign(campaign, now=NOW + 2 * HOUR)
        chat = Conversation.objects.get(person_id=person)
        self.assertEqual((chat.unread, chat.last_body), (1, "Hello from our shop."))
        self.assertEqual(chat.business_last_body, "Yes")
        self.assertEqual([m.campaign_id for m in mark_delivered(person)], [campaign.pk])
        self.assertEqual([m.campaign_id for m in mark_read(person, self.profile)], [campaign.pk])

    def test_a_cap_is_never_passed_and_those_within_are_random(self):
        campaign = self.launched(max_recipients=300)
        self.assertEqual(run_campaign(campaign, now=NOW), 300)
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "finished")
        got = self.ledger(campaign)
        self.assertTrue(700 < sum(p - 1_000_000 for p in got) / 300 < 1300)  # the mean of 0..1999

    def test_paused_nothing_goes_and_resumed_the_rest_does(self):
        campaign = self.launched()
        sent = send_next(campaign.pk, now=NOW).people
        pause_campaign(campaign, by=self.alice)
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        resume_campaign(campaign, by=self.alice, now=NOW)
        self.assertEqual(run_campaign(campaign, now=NOW), CROWD - sent)

    def test_cancelled_is_for_good_and_gives_back_the_rest_of_the_quota(self):
        campaign = self.launched()
        sent = send_next(campaign.pk, now=NOW).people
        charged = recipients_used(self.acme, now=NOW)
        cancel_campaign(campaign, by=self.alice, now=NOW)
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        self.assertEqual(len(self.ledger(campaign)), sent)
        self.assertLess(recipients_used(self.acme, now=NOW), charged)
        for act in (pause_campaign, resume_campaign, cancel_campaign):
            self.assertRefused("wrong_state", act, campaign, by=self.alice)
        self.assertRefused("wrong_state", stop_campaign, campaign, by=None, reason="x")
        finish_campaigns()
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "cancelled")

    def test_staff_stop_it_with_a_reason(self):
        campaign = self.launched()
        self.assertRefused("no_reason", stop_campaign, campaign, by=self.alice, reason=" ")
        stop_campaign(campaign, by=self.alice, reason="Misleading.", now=NOW)
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        self.assertTrue(Notice.objects.filter(body="Misleading.").exists())

    def test_losing_the_standing_stops_it(self):
        campaign = self.launched()
        Profile.objects.filter(pk=self.profile.pk).update(standing="revoked")
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "stopped")
        self.assertIn("lost its verification", campaign.stop_reason)

    def test_a_template_that_is_no_longer_approved_pauses_it(self):
        campaign = self.launched()
        Template.objects.update(status="PAUSED")
        self.assertEqual(run_campaign(campaign, now=NOW), 0)
        campaign.refresh_from_db()
        self.assertEqual(campaign.state, "paused")
        self.assertIn("not approved", campaign.paused_because)

    def test_a_suspension_ends_it_in_the_same_transaction(self):
        campaign = self.launched()
        standing_changed.send(
            Profile, profile=self.profile, old="clear", new="suspended", reason="Too many no's."
        )
        campaign.refresh_from_db()
        self.assertEqual((campaign.state, campaign.stop_reason), ("stopped", "Too many no's."))

    def test_a_limit_makes_it_wait(self):
        campaign = self.launched()
        standing_changed.send(
            Profile, profile=self.profile, old="warned", new="limited", reason="Watch out."
        )
        campaign.refresh_from_db()
        self.assertEqual((campaign.state, campaign.paused_because), ("paused", "Watch out."))

    def test_a_finish_that_was_lost_is_found(self):
        campaign = self.launched()
        campaign.chunks.update(state="done", sent=0)
        self.assertEqual(finish_campaigns(), 1)

    def test_counts_survive_squashing(self):
        campaign = self.launched()
        run_campaign(campaign, now=NOW)
        mark_delivered(1_000_000, now=NOW)
        while squash_counters():
            mark_delivered(1_000_001, now=NOW)
        rows = CounterDelta.objects.filter(campaign_id=campaign.pk)
        self.assertEqual(
            sorted(rows.values_list("metric", "n")), [("delivered", 2), ("sent", CROWD)]
        )
