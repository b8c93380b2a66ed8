"""A person wants no adverts of a kind: nothing is sent, nobody is told, nothing is counted."""

from datetime import timedelta

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from audience.models import MutedTopic, Topic
from audience.services.topics import mute_topic, muted_topics
from audience.tests.people import NOW, make_person
from messaging import rules
from messaging.inbox.sessions import COOKIE
from messaging.models import CounterDelta, Message, WebhookEvent
from messaging.services.campaigns.delivery import run_campaign
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.campaigns.undelivered import why_not_delivered
from messaging.services.conversations.contact_list import contacts_page
from messaging.services.messages import receive_message, send_message
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, RAVI, Cast, make_contact, make_template
from messaging.tests.crowd import BRAZIL, allow_campaigns, count_people, draft, make_crowd
from messaging.tests.gateway import GatewayCase
from portal.base.refused import Refused
from trust.models import Mark

FIRST, CROWD = 1_000_000, 3_000
HOUR = timedelta(hours=1)


class Airline(Cast):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.profile.vertical = "TRAVEL"
        cls.profile.save()


@override_settings(FIRST_BATCH_HOLD=timedelta(0))
class CampaignTests(Airline, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_crowd(CROWD)
        count_people()
        allow_campaigns(cls.profile)
        make_contact(FIRST, cls.acme)

    def run_one(self, **values) -> set[int]:
        """Who does not get a campaign to everybody."""
        campaign = launch_campaign(
            draft(self.profile, self.alice, **values), by=self.alice, now=NOW
        )
        run_campaign(campaign, now=NOW)
        rows = Message.objects.filter(campaign_id=campaign.pk)
        self.campaign = campaign
        return set(range(FIRST, FIRST + CROWD)) - set(rows.values_list("person_id", flat=True))

    def test_who_muted_the_trade_or_the_subject_gets_nothing(self):
        mute_topic(FIRST, Topic.TRAVEL)
        mute_topic(FIRST + 1, Topic.INSURANCE)
        mute_topic(FIRST + 2, Topic.FOOD)
        self.assertEqual(self.run_one(), {FIRST})
        about = BRAZIL | {"category": "insurance"}
        self.assertEqual(self.run_one(name="Cover", audience=about), {FIRST, FIRST + 1})

    def test_it_is_counted_by_nobody_and_told_to_nobody_but_staff(self):
        before = WebhookEvent.objects.count()
        mute_topic(FIRST, Topic.TRAVEL)
        self.assertEqual(self.run_one(), {FIRST})
        counted = CounterDelta.objects.values_list("metric", flat=True).distinct()
        self.assertEqual(set(counted), {"sent"})
        self.assertEqual(WebhookEvent.objects.count(), before)
        self.assertFalse(Mark.objects.exists())  # no complaint
        self.assertEqual(why_not_delivered(self.campaign), {"topic": 1})


class SingleTests(Airline, TestCase):
    def setUp(self):
        make_person(ANA)
        make_contact(ANA, self.acme)
        self.template = make_template(self.acme)

    def advertise(self, *, now=NOW):
        return send_message(
            self.profile,
            ANA,
            by=None,
            kind="template",
            body="Fly!",
            template=self.template,
            now=now,
        )

    def test_no_single_advert_either_but_alerts_and_answers(self):
        mute_topic(ANA, Topic.TRAVEL)
        with self.assertRaises(Refused) as caught:
            self.advertise()
        self.assertEqual(caught.exception.code, "opted_out")
        alert = make_template(self.acme, "gate", category="UTILITY")
        rules.may_send(
            self.profile,
            person_id=ANA,
            message_class="service",
            kind="template",
            template=alert,
            now=NOW,
        )
        receive_message(ANA, self.profile, body="Any offers?", now=NOW)
        self.advertise(now=NOW + timedelta(minutes=1))

    def test_other_topics_do_not_matter(self):
        mute_topic(ANA, Topic.MONEY)
        self.assertEqual(self.advertise().person_id, ANA)

    def test_the_contact_list_says_nothing_of_it(self):
        """All of a trade would see it on the same day, and could match their contacts by it."""
        before = contacts_page(self.acme).lines
        mute_topic(ANA, Topic.TRAVEL)
        self.assertEqual(contacts_page(self.acme).lines, before)
        self.assertIsNone(before[0].adverts)


class WaitingTests(GatewayCase):
    def test_what_waits_for_a_messenger_is_dropped(self):
        self.crowd(2)
        mute_topic(FIRST, Topic.OTHER)  # Acme names no trade
        self.assertEqual(self.serve(), 1)
        self.assertEqual([m["person"] for m in self.server.seen], [f"crowd-{FIRST + 1}"])
        self.assertEqual(self.waiting(), 0)


class PageTests(Airline, TestCase):
    def setUp(self):
        make_person(ANA, name="Ana Souza", time_zone="America/Sao_Paulo")
        make_person(RAVI)
        self.client.cookies[COOKIE] = open_session(ANA)
        self.page = reverse("inbox_topics")
        self.day = timezone.localdate() + timedelta(days=10)

    def test_nobody_chooses_for_another(self):
        self.client.cookies.clear()
        for address in (self.page, reverse("inbox_mute_topic")):
            answer = self.client.post(address, {"topic": "cars", "topics": ["cars"]})
            self.assertRedirects(answer, reverse("inbox_door"), fetch_redirect_response=False)
        self.assertFalse(MutedTopic.objects.exists())

    def test_ticked_ones_are_muted_and_unticked_ones_come_again(self):
        asked = {"topics": ["cars", "travel"], "until": self.day.isoformat()}
        answer = self.client.post(self.page, asked, follow=True)
        self.assertContains(answer, "<small>until ", count=2)
        self.assertContains(answer, "checked", count=2)
        self.assertContains(self.client.get(reverse("inbox_adverts")), "None about: ")
        self.client.post(self.page, {"topics": ["cars"]})
        self.assertEqual(list(muted_topics(ANA)), ["cars"])
        self.client.post(self.page, {})
        self.assertEqual((muted_topics(ANA), muted_topics(RAVI)), ({}, {}))

    def test_what_can_t_be_is_said_and_the_ticks_are_kept(self):
        asked = {"topics": ["cars"], "until": "2099-01-01"}
        answer = self.client.post(self.page, asked)
        self.assertContains(answer, "Choose a day within the next year.")
        self.assertContains(answer, "checked", count=1)
        self.assertContains(self.client.post(self.page, {"topics": ["weather"]}), "weather")
        self.assertEqual(muted_topics(ANA), {})

    def test_one_tap_where_one_asks_why(self):
        answer = self.client.post(reverse("inbox_mute_topic"), {"topic": "travel"}, follow=True)
        self.assertContains(answer, "No more adverts about “Travel and hotels”, from anybody.")
        self.assertEqual(muted_topics(ANA), {"travel": None})
        answer = self.client.post(reverse("inbox_mute_topic"), {"topic": "x"}, follow=True)
        self.assertContains(answer, "Choose one of the topics.")
