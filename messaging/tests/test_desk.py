"""What members do in the shared inbox besides answering."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from audience.services.consent import mute
from audience.tests.people import NOW
from messaging.models import Contact, Conversation, Message, Note
from messaging.services.conversations.desk import who_may_answer
from messaging.services.conversations.notes import add_note
from messaging.services.conversations.response_times import median_minutes
from messaging.services.conversations.snoozing import (
    moments,
    snooze_conversation,
    wake_snoozed_conversations,
)
from messaging.services.conversations.writing import (
    note_person_writing,
    note_sent,
    note_writing,
    who_writes,
)
from messaging.services.messages import mark_failed, receive_message, send_message
from messaging.tests.cast import ANA, make_template
from messaging.tests.desk import Desk
from portal.base.refused import Refused
from profiles.models import Membership

MINUTE = timedelta(minutes=1)
REDIS = "django.core.cache.backends.redis.RedisCache"


class ActTests(Desk, TestCase):
    def test_a_stranger_gets_404(self):
        self.client.force_login(self.mallory)
        for address in (self.page, self.writing_url, reverse("replies", args=["acme"])):
            self.assertEqual(self.client.get(address).status_code, 404, address)
        for address in (self.act_url, self.writing_url):
            self.assertEqual(self.client.post(address, {"act": "note"}).status_code, 404)

    def test_it_is_given_to_a_colleague_and_to_nobody_else(self):
        self.act("give", to=self.alice.email)
        self.assertEqual(self.talk().assignee_id, self.alice.pk)
        self.assertEqual(self.act("give", to=self.mallory.email).status_code, 404)
        Membership.objects.filter(user=self.alice).update(role=Membership.Role.ANALYST)
        self.assertContains(self.act("give", to=self.alice.email), "can&#x27;t answer")

    def test_who_answers_first_has_it(self):
        self.client.post(self.page, {"body": "Until six."})
        self.assertEqual(self.talk().assignee_id, self.bob.pk)
        self.client.force_login(self.alice)
        self.client.post(self.page, {"body": "Until seven."})
        self.assertEqual(self.talk().assignee_id, self.bob.pk)

    def test_a_note_is_read_by_colleagues_and_never_by_the_person(self):
        self.assertContains(self.act("note", body="Regular of ours"), "Regular of ours")
        self.assertFalse(Message.objects.filter(body="Regular of ours").exists())
        self.assertEqual(Note.objects.get().author_id, self.bob.pk)
        for body in ("", "  ", "\x00", "x" * 2001):
            with self.assertRaises(Refused):
                add_note(self.talk(), body, by=self.bob)

    def test_an_answer_waits_when_a_colleague_has_just_answered(self):
        seen = self.client.get(self.page).context["talk"].newest
        send_message(self.profile, ANA, by=self.alice, body="Until six.")
        answer = self.client.post(self.page, {"body": "At six we close.", "seen": seen})
        self.assertContains(answer, "Alice answered a moment ago", status_code=422)
        self.assertContains(answer, "At six we close.", status_code=422)
        self.assertFalse(Message.objects.filter(body="At six we close.").exists())
        seen = answer.context["talk"].newest
        self.client.post(self.page, {"body": "At six we close.", "seen": seen})
        self.assertTrue(Message.objects.filter(body="At six we close.").exists())

    def test_the_others_see_who_is_writing_for_some_seconds(self):
        note_writing(self.talk(), by=self.alice)
        self.assertEqual(self.writers(self.bob), (["Alice"], False))
        self.assertEqual(self.writers(self.alice), ([], False))
        self.assertContains(self.client.get(self.writing_url), "Alice is writing")
        self.client.force_login(self.alice)
        self.client.post(self.writing_url)
        self.client.post(self.page, {"body": "Until six."})
        self.assertEqual(self.writers(self.bob), ([], False))

    def writers(self, member) -> tuple[list[str], bool]:
        return who_writes(self.talk(), member=member, team=who_may_answer(self.acme))

    def test_that_the_person_writes_is_seen_once_they_have_written(self):
        note_person_writing(self.talk())
        self.assertEqual(self.writers(self.bob), ([], True))
        self.assertContains(self.client.get(self.page), "Ana writes to you")
        note_sent(self.talk(), by=None)
        self.assertEqual(self.writers(self.bob), ([], False))
        Conversation.objects.update(written_at=None)
        note_person_writing(self.talk())
        self.assertEqual(self.writers(self.bob), ([], False))

    def test_with_the_broker_away_nobody_writes_and_the_page_stays(self):
        away = {"default": {"BACKEND": REDIS, "LOCATION": "redis://127.0.0.1:1/0"}}
        with override_settings(CACHES=away):
            note_writing(self.talk(), by=self.alice)
            self.assertEqual(self.writers(self.bob), ([], False))
            self.assertContains(self.client.get(self.page), "Is it open?")

    def test_words_that_did_not_arrive_are_sent_again_and_no_others(self):
        sent = send_message(self.profile, ANA, by=self.bob, body="Until six.")
        offer = 'form="again" name="message"'
        self.assertNotContains(self.client.get(self.page), offer)
        answer = self.act("again", message=sent.id)
        self.assertContains(answer, "Only words that did not arrive can be sent again.")
        mark_failed(sent, error=131026)
        self.assertContains(self.client.get(self.page), offer)
        self.act("again", message=sent.id)
        rows = Message.objects.filter(person_id=ANA, body="Until six.").order_by("id")
        self.assertEqual([row.status for row in rows], ["failed", "sent"])
        self.client.force_login(self.mallory)
        self.assertEqual(self.act("again", message=sent.id).status_code, 404)

    def test_beside_the_talk_stands_what_the_person_agrees_to(self):
        facts = ("wants_alerts", "wants_adverts")
        page = self.client.get(self.page).context
        self.assertEqual([page[fact] for fact in facts], [True, None])
        mute(ANA, self.acme.pk)
        page = self.client.get(self.page).context
        self.assertEqual([page[fact] for fact in facts], [True, False])
        Conversation.objects.update(written_at=None)
        self.assertContains(self.client.get(self.page), "Not wanted")

    def test_labels_are_put_on_without_leaving_the_inbox(self):
        address = reverse("contact_act", args=["acme", self.number])
        back = {"act": "label", "label": "VIP", "back": self.page}
        self.assertRedirects(self.client.post(address, back), self.page)
        self.assertEqual(Contact.objects.get(person_id=ANA).labels, ["VIP"])


class OpenerTests(Desk, TestCase):
    """Two days after Ana wrote: only templates reach her."""

    def setUp(self):
        super().setUp()
        long_ago = timezone.now() - timedelta(days=2)
        Conversation.objects.update(written_at=long_ago)
        body = {"type": "BODY", "text": "Your order {{1}} is ready at {{2}}. See you soon!"}
        self.template = make_template(
            self.acme, "order_ready", category="UTILITY", components=[body]
        )

    def test_it_is_offered_filled_in_and_sent(self):
        self.assertContains(self.client.get(self.page), "order_ready")
        self.act("template", template=self.template.pk, value=["4711", "the shop"])
        message = Message.objects.get(person_id=ANA, direction="out")
        self.assertEqual(message.body, "Your order 4711 is ready at the shop. See you soon!")
        self.assertEqual((message.kind, message.author_id), ("template", self.bob.pk))

    def test_gaps_strange_templates_and_files_are_refused(self):
        foreign = make_template(self.elsewhere, "theirs")
        header = {"type": "HEADER", "format": "IMAGE"}
        picture = make_template(
            self.acme, "picture", components=[header, {"type": "BODY", "text": "Look!"}]
        )
        for template, values in (
            (self.template, ["4711"]),
            (self.template, ["4711", " "]),
            (foreign, []),
            (picture, []),
        ):
            self.act("template", template=template.pk, value=values)
        self.act("template", template="x")
        self.assertFalse(Message.objects.filter(person_id=ANA, direction="out").exists())

    def test_within_the_24_hours_none_is_offered(self):
        Conversation.objects.update(written_at=timezone.now())
        self.assertNotContains(self.client.get(self.page), "order_ready")


class SnoozeTests(Desk, TestCase):
    def test_it_goes_and_comes_back_by_itself(self):
        snooze_conversation(self.talk(), until=timezone.now() + MINUTE, by=self.bob)
        self.assertEqual((self.names(), self.names(folder="snoozed")), ([], ["Ana"]))
        self.assertEqual(wake_snoozed_conversations(), 0)
        Conversation.objects.update(snoozed_until=timezone.now() - MINUTE)
        self.assertEqual(wake_snoozed_conversations(), 1)
        self.assertEqual(self.names(), ["Ana"])

    def test_the_persons_next_word_brings_it_back(self):
        snooze_conversation(self.talk(), until=timezone.now() + MINUTE, by=self.bob)
        receive_message(ANA, self.profile, body="Hello?")
        self.assertEqual(self.talk().state, "open")

    def test_only_moments_to_come_within_90_days(self):
        for until in (timezone.now() - MINUTE, timezone.now() + timedelta(days=91)):
            with self.assertRaises(Refused):
                snooze_conversation(self.talk(), until=until, by=self.bob)
        self.assertContains(self.act("snooze", until="never"), "within the next 90 days")

    def test_the_moments_are_by_the_businesss_clock(self):
        self.acme.time_zone = "America/Sao_Paulo"
        friday = datetime(2026, 11, 27, 20, 0, tzinfo=ZoneInfo("America/Sao_Paulo"))
        found = moments(self.acme, now=friday)
        self.assertNotIn("evening", found)
        self.assertEqual(found["tomorrow"].isoformat(), "2026-11-28T09:00:00-03:00")
        self.assertEqual(found["monday"].isoformat(), "2026-11-30T09:00:00-03:00")


class ResponseTimeTests(Desk, TestCase):
    def wait(self, minutes: int, *, at: datetime) -> None:
        receive_message(ANA, self.profile, body="Hi", now=at)
        receive_message(ANA, self.profile, body="Hello?", now=at + timedelta(seconds=5))
        send_message(self.profile, ANA, by=self.bob, body="Yes", now=at + minutes * MINUTE)

    def test_the_median_is_of_first_answers(self):
        self.assertIsNone(median_minutes(self.profile, now=NOW))
        Conversation.objects.update(waiting_since=None)
        for n, minutes in enumerate((1, 3, 4, 5, 200)):
            self.wait(minutes, at=NOW + timedelta(hours=n, minutes=1))
        self.assertAlmostEqual(median_minutes(self.profile, days=2, now=NOW), 3, delta=1)

    def test_an_answer_ends_the_wait_and_a_second_counts_nothing(self):
        self.assertIsNotNone(self.talk().waiting_since)
        for _turn in range(2):
            send_message(self.profile, ANA, by=self.bob, body="Yes")
        self.assertIsNone(self.talk().waiting_since)
