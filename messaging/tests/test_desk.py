"""What members do in the shared inbox besides answering."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from audience.services.consent import mute
from audience.tests.people import NOW, make_person
from messaging.models import AutomaticReply, CannedReply, Contact, Conversation, Message, Note
from messaging.services.conversations.automatic_replies import is_away
from messaging.services.conversations.desk import who_may_answer
from messaging.services.conversations.handling import (
    PAGE,
    assign_conversation,
    conversation_of,
    folder_counts,
    inbox_page,
    resolve_conversation,
)
from messaging.services.conversations.labels import add_label
from messaging.services.conversations.notes import add_note
from messaging.services.conversations.replies import add_keyword_reply, set_automatic_reply
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
from messaging.tests.cast import ANA, RAVI, Cast, make_template
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Membership

MINUTE = timedelta(minutes=1)
REDIS = "django.core.cache.backends.redis.RedisCache"


class Desk(Cast):
    """Ana wrote to Acme; Bob has her conversation before him."""

    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, cls.profile, body="Is it open?")
        cls.number = pairwise_number(cls.acme.pk, ANA)
        cls.page = reverse("conversation", args=["acme", "acme", cls.number])
        cls.act_url = reverse("conversation_act", args=["acme", "acme", cls.number])
        cls.writing_url = reverse("conversation_writing", args=["acme", "acme", cls.number])

    def setUp(self):
        cache.clear()
        self.client.force_login(self.bob)

    def talk(self, person_id: int = ANA) -> Conversation:
        return Conversation.objects.get(person_id=person_id, profile_id=self.profile.pk)

    def act(self, act: str, **values):
        return self.client.post(self.act_url, {"act": act, **values}, follow=True)

    def names(self, **asked) -> list[str]:
        return [line.name for line in inbox_page(self.profile, member=self.bob, **asked).lines]


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
        self.assertEqual([page[fact] for fact in facts], [True, True])
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


class ListTests(Desk, TestCase):
    def test_folders_hold_what_they_say_and_count_it(self):
        make_person(RAVI, name="Ravi")
        receive_message(RAVI, self.profile, body="Hi")
        assign_conversation(self.talk(), by=self.bob, to=self.bob)
        counts = folder_counts(self.profile, member=self.bob)
        self.assertEqual(counts, {"mine": 1, "unassigned": 1, "all": 2, "snoozed": 0})
        self.assertEqual(self.names(folder="mine"), ["Ana"])
        resolve_conversation(self.talk(), by=self.bob)
        self.assertEqual(self.names(folder="resolved"), ["Ana"])

    def test_it_finds_by_name_number_and_label_also_what_is_resolved(self):
        add_label(self.acme, ANA, "VIP", by=self.bob)
        resolve_conversation(self.talk(), by=self.bob)
        self.assertEqual(self.names(words="an"), ["Ana"])
        self.assertEqual(self.names(words=self.number), ["Ana"])
        self.assertEqual(self.names(words="nobody"), [])
        self.assertEqual(self.names(label="VIP", folder="resolved"), ["Ana"])
        self.assertEqual(self.names(label="VIP"), [])

    def test_five_hundred_conversations_come_by_pages_each_once(self):
        rows = [
            Conversation(
                person_id=1000 + n,
                profile_id=self.profile.pk,
                business_id=self.acme.pk,
                last_id=n,
                last_at=NOW,
                business_last_id=n,
                business_last_at=NOW - timedelta(minutes=n // 3),  # some at the same moment
            )
            for n in range(499)
        ]
        Conversation.objects.bulk_create(rows)
        seen, after = [], ""
        for _page in range(-(-500 // PAGE) + 1):
            page = inbox_page(self.profile, member=self.bob, after=after)
            seen += [line.number for line in page.lines]
            if not (after := page.after):
                break
        self.assertEqual((len(seen), len(set(seen))), (500, 500))
        with self.assertNumQueries(2):
            inbox_page(self.profile, member=self.bob)
        self.assertEqual(folder_counts(self.profile, member=self.bob)["all"], 100)

    def test_the_key_j_leads_past_the_first_page(self):
        self.crowd(70)
        page = self.client.get(reverse("business_inbox", args=["acme"])).context["page"]
        last = reverse("conversation", args=["acme", "acme", page.lines[-1].number])
        answer = self.client.get(last)
        self.assertEqual(answer.context["next"], page.beyond)
        further = self.client.get(
            reverse("conversation", args=["acme", "acme", page.beyond]), {"n": 2 * PAGE}
        )
        self.assertEqual(len(further.context["page"].lines), 2 * PAGE)
        self.assertEqual(further.context["before"], page.lines[-1].number)

    def test_what_was_scrolled_to_stays_when_the_list_is_fetched_again(self):
        self.crowd(70)
        address = reverse("business_inbox", args=["acme"])
        first = self.client.get(address).context["page"]
        part = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "more"}
        more = self.client.get(address, {"after": first.after, "n": PAGE}, **part)
        self.assertContains(more, f'name="n" value="{2 * PAGE}"')
        self.assertNotContains(more, "<html")
        part["HTTP_HX_TARGET"] = "convs"
        again = self.client.get(address, {"n": 2 * PAGE}, **part)
        self.assertEqual(len(again.context["page"].lines), 2 * PAGE)

    def test_what_was_resolved_is_followed_by_who_stood_below(self):
        self.crowd(5)
        numbers = [line.number for line in inbox_page(self.profile, member=self.bob).lines]
        address = reverse("conversation", args=["acme", "acme", numbers[2]])
        resolve_conversation(conversation_of(self.profile, numbers[2]), by=self.bob)
        answer = self.client.get(address)
        self.assertEqual(
            (answer.context["before"], answer.context["next"]), (numbers[1], numbers[3])
        )

    def crowd(self, n: int) -> None:
        """n more conversations, a minute between them."""
        Conversation.objects.bulk_create(
            Conversation(
                person_id=1000 + i,
                profile_id=self.profile.pk,
                business_id=self.acme.pk,
                last_id=i,
                last_at=NOW,
                business_last_id=i,
                business_last_at=NOW - timedelta(minutes=i),
            )
            for i in range(n)
        )

    def test_j_and_k_lead_to_the_neighbours(self):
        make_person(RAVI, name="Ravi")
        receive_message(RAVI, self.profile, body="Hi")
        page = self.client.get(self.page)
        self.assertEqual(
            (page.context["before"], page.context["next"]),
            (pairwise_number(self.acme.pk, RAVI), ""),
        )


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
