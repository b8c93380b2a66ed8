"""What a profile says by itself: greeting, away, keywords."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import AutomaticReply, CannedReply, Message
from messaging.services.conversations.automatic_replies import is_away
from messaging.services.conversations.handling import assign_conversation
from messaging.services.conversations.replies import add_keyword_reply, set_automatic_reply
from messaging.services.conversations.response_times import median_minutes
from messaging.services.messages import receive_message
from messaging.tests.cast import RAVI
from messaging.tests.desk import Desk


class AutomaticReplyTests(Desk, TestCase):
    def said(self, person_id: int = RAVI) -> list[str]:
        rows = Message.objects.filter(person_id=person_id, direction="out").order_by("id")
        return [row.body for row in rows]

    def write(self, words: str, **values) -> None:
        receive_message(RAVI, self.profile, body=words, **values)

    def setUp(self):
        super().setUp()
        make_person(RAVI, name="Ravi")

    def test_the_greeting_comes_once_after_the_first_word(self):
        set_automatic_reply(self.acme, "greeting", by=self.alice, body="Welcome!")
        self.write("Hi")
        self.write("Anybody?")
        self.assertEqual(self.said(), ["Welcome!"])
        talk = Message.objects.filter(person_id=RAVI).order_by("id")
        self.assertEqual([row.direction for row in talk], ["in", "out", "in"])

    def test_what_is_said_by_itself_is_no_answer(self):
        self.write("Hi")
        since = self.talk(RAVI).waiting_since
        add_keyword_reply(self.acme, keyword="hours", body="Nine to six.", by=self.alice)
        self.write("hours?")
        self.assertEqual(self.said(), ["Nine to six."])
        self.assertEqual(self.talk(RAVI).waiting_since, since)
        self.assertIsNone(median_minutes(self.profile))

    def test_away_is_said_outside_the_hours_and_not_again_soon(self):
        hours = {"opens": 9, "closes": 18, "days": [0, 1, 2, 3, 4]}
        set_automatic_reply(self.acme, "away", by=self.alice, body="We are asleep.", **hours)
        night = timezone.now().replace(hour=3, minute=0)
        for ago in (0, 1):
            self.write("Hi", now=night + timedelta(hours=ago))
        self.assertEqual(self.said(), ["We are asleep."])

    def test_hours_are_the_businesss_own(self):
        reply = AutomaticReply(opens=9, closes=18, days=[0, 1, 2, 3, 4])
        self.acme.time_zone = "Asia/Kolkata"
        for at, away in (("2026-11-23T03:29", True), ("2026-11-23T03:31", False)):
            moment = datetime.fromisoformat(f"{at}:00+00:00")
            self.assertEqual(is_away(reply, self.acme, moment), away, at)
        sunday = datetime.fromisoformat("2026-11-22T08:00:00+00:00")
        self.assertTrue(is_away(reply, self.acme, sunday))

    def test_a_keyword_is_a_whole_word(self):
        add_keyword_reply(self.acme, keyword="Opening hours", body="Nine to six.", by=self.alice)
        self.write("what are your OPENING times, in hours?")
        self.write("Reopening hourslong")
        self.assertEqual(self.said(), ["Nine to six."])

    def test_where_a_member_has_it_nothing_is_said_by_itself(self):
        self.write("Hi")
        assign_conversation(self.talk(RAVI), by=self.bob, to=self.bob)
        add_keyword_reply(self.acme, keyword="hours", body="Nine to six.", by=self.alice)
        self.write("hours?")
        self.assertEqual(self.said(), [])

    def test_who_may_not_send_hears_and_stays_silent(self):
        set_automatic_reply(self.acme, "greeting", by=self.alice, body="Welcome!")
        self.acme.verified_until = None
        self.acme.save()
        self.profile.business.refresh_from_db()
        self.write("Hi")
        self.assertEqual(self.said(), [])

    def test_the_database_refuses_a_second_greeting(self):
        AutomaticReply.objects.create(business=self.acme, kind="greeting", body="a")
        with self.assertRaises(IntegrityError), transaction.atomic():
            AutomaticReply.objects.create(business=self.acme, kind="greeting", body="b")


class RepliesPageTests(Desk, TestCase):
    def post(self, **values):
        return self.client.post(reverse("replies", args=["acme"]), values)

    def test_an_agent_adds_ready_words_and_sets_nothing_automatic(self):
        self.assertEqual(self.post(what="canned", name="hours", body="9 to 6").status_code, 302)
        self.assertEqual(self.post(what="greeting", body="Hi").status_code, 404)
        self.assertContains(self.client.get(self.page), "/hours")
        self.assertContains(
            self.post(what="canned", name="HOURS", body="x"), "taken", status_code=422
        )

    def test_a_manager_sets_and_empties_the_automatic_ones(self):
        self.client.force_login(self.alice)
        self.post(what="greeting", body="Welcome!")
        self.post(what="away", body="Later.", opens=8, closes=20, days=[0, 6])
        self.post(what="keyword", keyword="hours", body="9 to 6")
        away = AutomaticReply.objects.get(kind="away")
        self.assertEqual((away.opens, away.closes, away.days), (8, 20, [0, 6]))
        self.post(what="greeting", body="")
        self.assertFalse(AutomaticReply.objects.filter(kind="greeting").exists())
        self.assertEqual(self.post(what="away", body="x", opens=9, closes=9).status_code, 422)

    def test_what_is_another_businesss_is_not_deleted(self):
        row = CannedReply.objects.create(business=self.elsewhere, name="x", body="x")
        self.client.force_login(self.alice)
        self.assertEqual(self.post(what="delete", pk=row.pk).status_code, 404)
