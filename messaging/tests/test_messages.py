from contextlib import contextmanager
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.test import TestCase

from audience.services import consent
from audience.tests.people import NOW, make_person
from messaging.models import Campaign, Contact, Conversation, CounterDelta, Message
from messaging.services.conversations.handling import (
    assign_conversation,
    conversation_of,
    inbox_page,
    mark_seen,
    messages_page,
    reopen_conversation,
    resolve_conversation,
)
from messaging.services.messages import (
    mark_delivered,
    mark_failed,
    mark_read,
    receive_message,
    send_message,
)
from messaging.signals import message_received, status_changed
from messaging.tests.cast import ANA, RAVI, Cast, make_contact, make_template
from portal.base.ids import new_id
from portal.base.pairwise import pairwise_number
from portal.base.refused import Refused
from profiles.models import Membership

MINUTE = timedelta(minutes=1)


@contextmanager
def heard(signal):
    """What the signal said meanwhile: (person_id, status)."""
    said = []

    def listen(sender, message, **kwargs):
        said.append((message.person_id, message.status))

    signal.connect(listen)
    try:
        yield said
    finally:
        signal.disconnect(listen)


class SendTests(Cast, TestCase):
    def test_what_a_business_sends_is_in_both_lists(self):
        self.meet()
        message = send_message(self.profile, ANA, by=self.bob, body="Bom dia", now=NOW)
        chat = Conversation.objects.get(person_id=ANA)
        self.assertEqual((chat.last_id, chat.last_body, chat.unread), (message.id, "Bom dia", 1))
        self.assertEqual((chat.business_last_body, chat.business_unread), ("Bom dia", 0))
        self.assertEqual(message.author_id, self.bob.pk)

    def test_a_refused_message_leaves_nothing(self):
        make_person(ANA)
        with self.assertRaises(Refused):
            send_message(self.profile, ANA, by=self.bob, body="Hi", now=NOW)
        self.assertFalse(Message.objects.exists())
        self.assertFalse(Conversation.objects.exists())

    def test_empty_long_and_nul_are_refused(self):
        self.meet()
        for body, code in ((" ", "empty"), ("a" * 4097, "too_long"), ("a\x00", "invalid")):
            with self.assertRaises(Refused) as caught:
                send_message(self.profile, ANA, by=self.bob, body=body, now=NOW)
            self.assertEqual(caught.exception.code, code)

    def test_only_templates_outside_the_window_count_towards_the_cap(self):
        make_person(ANA)
        make_contact(ANA, self.acme)
        send_message(
            self.profile,
            ANA,
            by=None,
            kind="template",
            body="Hello from our shop.",
            template=make_template(self.acme),
            now=NOW,
        )
        receive_message(ANA, self.profile, body="Hi", now=NOW)
        send_message(self.profile, ANA, by=None, body="Hi", now=NOW)
        self.assertEqual(self.counted("started"), 1)
        self.assertEqual(self.counted("sent"), 2)

    def counted(self, metric: str) -> int:
        return sum(CounterDelta.objects.filter(metric=metric).values_list("n", flat=True))

    def test_the_integrator_hears_of_each_step_and_nothing_goes_backwards(self):
        self.meet()
        with heard(status_changed) as said:
            message = send_message(self.profile, ANA, by=None, body="Hi", now=NOW)
            mark_delivered(ANA, now=NOW + MINUTE)
            mark_delivered(ANA, now=NOW + MINUTE)
            mark_read(ANA, self.profile, now=NOW + 2 * MINUTE)
            mark_read(ANA, self.profile, now=NOW + 3 * MINUTE)
            mark_delivered(ANA, now=NOW + 4 * MINUTE)
            self.assertFalse(mark_failed(message, error=131000))
        self.assertEqual(said, [(ANA, "sent"), (ANA, "delivered"), (ANA, "read")])
        message = Message.objects.get(person_id=ANA, id=message.id)
        self.assertEqual(message.status, "read")
        self.assertEqual(message.delivered_at, NOW + MINUTE)
        self.assertEqual(message.read_at, NOW + 2 * MINUTE)

    def test_reading_a_part_leaves_the_rest_unread(self):
        self.meet()
        first = send_message(self.profile, ANA, by=None, body="1", now=NOW)
        send_message(self.profile, ANA, by=None, body="2", now=NOW + MINUTE)
        mark_read(ANA, self.profile, up_to=first.id, now=NOW + MINUTE)
        self.assertEqual(Conversation.objects.get(person_id=ANA).unread, 1)
        mark_read(ANA, self.profile, now=NOW + MINUTE)
        self.assertEqual(Conversation.objects.get(person_id=ANA).unread, 0)

    def test_the_same_message_can_t_be_there_twice(self):
        self.meet()
        row = Message.objects.get(person_id=ANA)
        with self.assertRaises(IntegrityError), transaction.atomic():
            Message(
                person_id=ANA,
                id=row.id,
                profile_id=1,
                direction="in",
                status="read",
                created_at=NOW,
            ).save(force_insert=True)


class ReceiveTests(Cast, TestCase):
    def test_a_first_word_makes_a_contact_and_gives_no_name_away(self):
        make_person(ANA, name="Ana Souza")
        with heard(message_received) as said:
            receive_message(ANA, self.profile, body="Olá", now=NOW)
        contact = Contact.objects.get(person_id=ANA, business_id=self.acme.pk)
        self.assertEqual((contact.name, contact.source), ("", "wrote"))
        self.assertEqual(said, [(ANA, "delivered")])

    def test_the_name_chosen_for_this_business_stays(self):
        make_person(ANA, name="Ana Souza")
        receive_message(ANA, self.profile, body="Olá", name="A.", now=NOW)
        receive_message(ANA, self.profile, body="Olá?", now=NOW)
        self.assertEqual(Contact.objects.get(person_id=ANA).name, "A.")

    def test_who_blocked_the_profile_must_unblock_first(self):
        make_person(ANA)
        consent.block(ANA, self.profile.pk)
        with self.assertRaises(Refused) as caught:
            receive_message(ANA, self.profile, body="Olá", now=NOW)
        self.assertEqual(caught.exception.code, "blocked")

    def test_whom_the_business_blocked_it_does_not_hear(self):
        self.meet(ago=60 * MINUTE)
        Contact.objects.filter(person_id=ANA).update(blocked_at=NOW)
        with heard(message_received) as said:
            receive_message(ANA, self.profile, body="Hello?!", now=NOW)
        chat = Conversation.objects.get(person_id=ANA)
        self.assertEqual(said, [])
        self.assertEqual((chat.last_body, chat.business_last_body), ("Hello?!", "Olá!"))
        self.assertEqual(chat.business_unread, 1)

    def test_nobody_hears_of_a_stranger(self):
        with self.assertRaises(Refused):
            receive_message(999, self.profile, body="Olá", now=NOW)

    def test_the_first_answer_to_a_campaign_counts_for_it(self):
        make_person(ANA)
        campaign = Campaign.objects.create(
            business=self.acme, profile=self.profile, name="Winter", created_by=self.alice
        )
        Message.objects.create(
            person_id=ANA,
            id=new_id(NOW),
            profile_id=self.profile.pk,
            campaign_id=campaign.pk,
            direction="out",
            status="sent",
            created_at=NOW,
        )
        receive_message(ANA, self.profile, body="Yes", now=NOW + MINUTE)
        receive_message(ANA, self.profile, body="Please", now=NOW + 2 * MINUTE)
        replies = CounterDelta.objects.get(metric="replied")
        self.assertEqual((replies.campaign_id, replies.n), (campaign.pk, 1))


class InboxTests(Cast, TestCase):
    def bring_campaign(self, person_id: int) -> None:
        """A campaign's message, as a chunk writes it: on the person's side only."""
        Conversation.objects.create(
            person_id=person_id,
            profile_id=self.profile.pk,
            business_id=self.acme.pk,
            last_id=new_id(NOW),
            last_at=NOW,
            last_body="Sale",
            unread=1,
        )
        Message.objects.create(
            person_id=person_id,
            id=new_id(NOW),
            profile_id=self.profile.pk,
            campaign_id=5,
            direction="out",
            status="sent",
            created_at=NOW,
        )

    def test_what_a_campaign_brought_is_not_the_business_s_to_see(self):
        make_person(ANA)
        self.bring_campaign(ANA)
        number = pairwise_number(self.acme.pk, ANA)
        self.assertEqual(inbox_page(self.profile, member=self.bob).lines, [])
        self.assertIsNone(conversation_of(self.profile, number))

        with heard(status_changed) as said:
            mark_read(ANA, self.profile, now=NOW)
        self.assertEqual(said, [])

        receive_message(ANA, self.profile, body="Yes", now=NOW + MINUTE)
        conversation = conversation_of(self.profile, number)
        self.assertEqual([m.body for m in messages_page(conversation)], ["Yes"])

    def test_another_business_finds_nothing_by_any_number(self):
        self.meet()
        for business in (self.acme, self.elsewhere):
            number = pairwise_number(business.pk, ANA)
            self.assertIsNone(conversation_of(self.other_profile, number))

    def test_pages_hold_everyone_once_newest_first(self):
        for person_id in range(1, 8):
            self.meet(person_id, ago=(person_id // 2) * MINUTE)
        seen, after = [], ""
        while True:
            page = inbox_page(self.profile, member=self.bob, after=after, limit=2)
            seen += [line.conversation.person_id for line in page.lines]
            if not (after := page.after):
                break
        self.assertEqual(seen, [1, 2, 3, 4, 5, 6, 7])

    def test_a_made_up_place_is_the_first_page(self):
        self.meet()
        for after in ("x", "1.2", "99999999999999999999.100000000000", "1." + "9" * 12, "."):
            self.assertEqual(len(inbox_page(self.profile, member=self.bob, after=after).lines), 1)

    def test_folders(self):
        self.meet(ANA)
        self.meet(RAVI)
        ana = conversation_of(self.profile, pairwise_number(self.acme.pk, ANA))
        ravi = conversation_of(self.profile, pairwise_number(self.acme.pk, RAVI))
        assign_conversation(ana, by=self.alice, to=self.bob)
        resolve_conversation(ravi, by=self.bob)
        self.assertEqual(
            self.folders(self.bob), {"all": 1, "mine": 1, "unassigned": 0, "resolved": 1}
        )
        reopen_conversation(ravi, by=self.bob)
        self.assertEqual(self.folders(self.alice)["unassigned"], 1)

    def folders(self, member) -> dict[str, int]:
        return {
            folder: len(inbox_page(self.profile, member=member, folder=folder).lines)
            for folder in ("all", "mine", "unassigned", "resolved")
        }

    def test_a_new_word_opens_what_was_resolved(self):
        self.meet()
        conversation = conversation_of(self.profile, pairwise_number(self.acme.pk, ANA))
        resolve_conversation(conversation, by=self.bob)
        receive_message(ANA, self.profile, body="One more thing", now=NOW)
        self.assertEqual(self.folders(self.bob)["all"], 1)

    def test_only_members_who_answer_are_given_conversations(self):
        self.meet()
        conversation = conversation_of(self.profile, pairwise_number(self.acme.pk, ANA))
        Membership.objects.filter(user=self.bob).update(role=Membership.Role.ANALYST)
        for user in (self.bob, self.mallory):
            with self.assertRaises(Refused):
                assign_conversation(conversation, by=self.alice, to=user)

    def test_seen_messages_lose_their_mark(self):
        self.meet()
        conversation = conversation_of(self.profile, pairwise_number(self.acme.pk, ANA))
        self.assertEqual(conversation.business_unread, 1)
        mark_seen(conversation, now=NOW)
        self.assertEqual(Message.objects.get(person_id=ANA).status, "read")
        conversation.refresh_from_db()
        self.assertEqual(conversation.business_unread, 0)
