from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.template.defaultfilters import date as format_date
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from audience.eligibility import claim_advert
from audience.models import Block, Consent, Person
from audience.services.consent import mute
from audience.services.pauses import end_pauses
from audience.tests.people import make_person
from messaging.inbox.sessions import COOKIE
from messaging.models import Contact, Conversation, PersonNotice
from messaging.services.messages import receive_message, send_message
from messaging.services.people.chats import waiting_chats
from messaging.services.people.reports import report_profile
from messaging.services.people.sessions import open_session
from messaging.tests.cast import ANA, RAVI, Cast
from portal.base.pairwise import pairwise_number
from trust.models import SpamReport
from trust.services.reports import dismiss_report, uphold_report


class ControlTests(Cast, TestCase):
    def setUp(self):
        make_person(ANA, name="Ana Souza", region="BR-SP", tier="middle")
        make_person(RAVI, name="Ravi")
        receive_message(ANA, self.profile, body="Hello?")
        send_message(self.profile, ANA, by=self.bob, body="We open at nine.")
        self.client.cookies[COOKIE] = open_session(ANA)

    def test_who_reported_is_told_what_came_of_it_and_the_business_is_not(self):
        for decide, words in ((uphold_report, "You were right"), (dismiss_report, "found nothing")):
            with self.subTest(words):
                report = report_profile(ANA, self.profile, reason="scam")
                decide(report, by=self.mallory, reason="Looked at it")
                self.assertIsNotNone(SpamReport.objects.get(pk=report.pk).told_at)
                self.assertContains(self.client.get(reverse("inbox")), words)
                self.assertContains(self.client.get(reverse("inbox_notices")), words)
                SpamReport.objects.all().delete()
        self.assertFalse(PersonNotice.objects.filter(read_at=None).exists())
        last = Conversation.objects.get(person_id=ANA)
        self.assertEqual(last.business_last_body, "We open at nine.")

    def test_a_reporter_who_was_erased_is_told_nothing(self):
        report = report_profile(ANA, self.profile, reason="scam")
        Person.objects.filter(person_id=ANA).delete()
        uphold_report(report, by=self.mallory, reason="Looked at it")
        self.assertFalse(PersonNotice.objects.exists())

    def test_a_business_calls_me_what_i_choose_and_nothing_before(self):
        contact = Contact.objects.get(person_id=ANA, business_id=self.acme.pk)
        guest = f"Guest {pairwise_number(self.acme.pk, ANA)[-4:]}"
        chat, page = reverse("chat", args=["acme"]), reverse("chat_name", args=["acme"])
        self.assertEqual(contact.name, "")
        for address in (chat, page):
            self.assertContains(self.client.get(address), guest)

        told = self.client.post(page, {"name": " Ana\n of  Ipê "}, follow=True)
        self.assertContains(told, "Acme now knows you as Ana of Ipê.")
        contact.refresh_from_db()
        self.assertEqual(contact.name, "Ana of Ipê")
        receive_message(ANA, self.profile, body="Hello again")
        contact.refresh_from_db()
        self.assertEqual(contact.name, "Ana of Ipê")

        self.assertContains(self.client.post(page, {"name": ""}, follow=True), guest)
        contact.refresh_from_db()
        self.assertEqual(contact.name, "")

    def test_who_never_wrote_is_made_known_by_no_name(self):
        page = reverse("chat_name", args=["elsewhere"])
        answer = self.client.post(page, {"name": "Ana"}, follow=True)
        self.assertContains(answer, "Write to it first")
        self.assertFalse(Contact.objects.filter(business_id=self.elsewhere.pk).exists())

    def test_one_tap_on_a_reason_reports_and_blocks(self):
        self.client.post(
            reverse("chat_report", args=["acme"]), {"reason": "scam", "also_block": "on"}
        )
        self.assertEqual(SpamReport.objects.get().reason, "scam")
        self.assertTrue(Block.objects.filter(person_id=ANA).exists())

    def test_chats_of_adverts_only_are_apart_and_do_not_count(self):
        Conversation.objects.create(
            person_id=ANA,
            profile_id=self.other_profile.pk,
            business_id=self.elsewhere.pk,
            last_id=5,
            last_at=timezone.now(),
            last_body="Half price!",
            unread=1,
        )
        page = self.client.get(reverse("inbox"))
        self.assertNotContains(page, "Half price!")
        self.assertContains(page, "?show=adverts")
        self.assertContains(self.client.get(reverse("inbox"), {"show": "adverts"}), "Half price!")
        self.assertEqual(waiting_chats(ANA), 1)

    def test_a_muted_business_may_be_allowed_again(self):
        mute(ANA, self.acme.pk)
        self.assertContains(self.client.get(reverse("inbox_adverts")), "Allow again")
        self.client.post(reverse("inbox_unmute"), {"business": self.acme.pk})
        self.assertTrue(Consent.objects.get(kind="business_marketing").granted)

    def test_adverts_of_this_week_are_counted_for_their_person(self):
        claim_advert(ANA, now=timezone.now())
        self.assertContains(
            self.client.get(reverse("inbox_adverts")), "You got 1 advert this week."
        )
        self.assertContains(self.client.get(reverse("inbox_data")), "1 advert")

    def test_the_export_holds_ones_own_and_nobody_elses(self):
        receive_message(RAVI, self.profile, body="My secret question")
        answer = self.client.get(reverse("inbox_export"))
        self.assertContains(answer, "We open at nine.")
        self.assertNotContains(answer, "My secret question")
        self.assertIn("attachment", answer["Content-Disposition"])

    def test_deleting_asks_for_a_word_and_then_leaves_nothing(self):
        self.client.post(reverse("inbox_delete"), {"typed": "yes"})
        self.assertTrue(Person.objects.filter(person_id=ANA).exists())
        answer = self.client.post(reverse("inbox_delete"), {"typed": "delete "})
        self.assertRedirects(answer, reverse("inbox_door"))
        self.assertFalse(Person.objects.filter(person_id=ANA).exists())
        self.assertFalse(Conversation.objects.filter(person_id=ANA).exists())
        self.client.cookies[COOKIE] = open_session(ANA)
        self.assertRedirects(self.client.get(reverse("inbox")), reverse("inbox_door"))


class PauseTests(Cast, TestCase):
    """Adverts stopped until a day."""

    def setUp(self):
        make_person(ANA, name="Ana Souza", time_zone="America/Sao_Paulo")
        receive_message(ANA, self.profile, body="Hello?")
        self.client.cookies[COOKIE] = open_session(ANA)
        self.day = timezone.localdate() + timedelta(days=10)
        self.stop = reverse("chat_stop", args=["acme"])
        self.settings_page = reverse("inbox_adverts")

    def answer(self, kind: str = "business_marketing") -> Consent | None:
        return Consent.objects.filter(person_id=ANA, kind=kind).first()

    def days_pass(self) -> None:
        Consent.objects.filter(granted=False).update(until=timezone.now() - timedelta(seconds=1))

    def save(self, **values):
        hours = {"quiet_from": 21, "quiet_until": 8, "ads_per_week": ""}
        return self.client.post(self.settings_page, hours | values, follow=True)

    def test_of_one_business_until_a_day_where_the_person_is(self):
        self.client.post(self.stop, {"what": "adverts", "until": self.day.isoformat()})
        until = self.answer().until.astimezone(ZoneInfo("America/Sao_Paulo"))
        self.assertEqual((until.date(), until.hour), (self.day, 0))
        shown = f"until {format_date(self.day, 'j F Y')}"
        self.assertContains(self.client.get(reverse("chat", args=["acme"])), shown)
        self.assertContains(self.client.get(self.settings_page), shown)
        self.assertEqual(end_pauses(), 0)
        self.days_pass()
        self.assertEqual((end_pauses(), end_pauses()), (1, 0))
        self.assertIsNone(self.answer())

    def test_of_all_and_then_the_earlier_yes_holds_again(self):
        self.save(marketing="on", until=self.day.isoformat())
        self.assertFalse(Person.objects.get(person_id=ANA).marketing)
        self.assertContains(self.client.get(self.settings_page), self.day.isoformat())
        self.days_pass()
        self.assertEqual(end_pauses(), 1)
        self.assertTrue(Person.objects.get(person_id=ANA).marketing)
        answer = self.answer("marketing")
        self.assertEqual((answer.granted, answer.until), (True, None))

    def test_who_says_no_for_good_during_a_pause_is_left_alone(self):
        self.save(marketing="on", until=self.day.isoformat())
        self.save()
        answer = self.answer("marketing")
        self.assertEqual((answer.granted, answer.until), (False, None))
        self.assertEqual(end_pauses(), 0)

    def test_only_a_day_within_the_next_year(self):
        for wrong in (timezone.localdate() - timedelta(days=2), date(2099, 1, 1)):
            given = {"what": "adverts", "until": wrong.isoformat()}
            self.assertContains(
                self.client.post(self.stop, given), "Choose a day within the next year."
            )
            page = self.save(marketing="on", until=wrong.isoformat())
            self.assertContains(page, "Choose a day within the next year.")
        self.assertIsNone(self.answer())

    def test_the_database_refuses_a_yes_that_ends(self):
        mute(ANA, self.acme.pk, until=timezone.now() + timedelta(days=1))
        with self.assertRaises(IntegrityError), transaction.atomic():
            Consent.objects.filter(granted=False).update(granted=True)
