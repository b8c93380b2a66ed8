"""What a messenger tells us: each event once, in order, and what it does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audience.models import Block, Consent, Person
from audience.services.erasure import erase_person
from audience.tests.people import NOW, make_person
from messaging.models import Conversation, CounterDelta, Message, MessengerEvent
from messaging.services.gateway.message_refs import message_named, message_ref
from messaging.services.gateway.messenger_events import KEPT_FOR, forget_messenger_events
from messaging.services.messages import mark_read, receive_message, send_message
from messaging.tests.cast import ANA, RAVI, Cast, make_template
from messaging.tests.crowd import draft
from messaging.tests.messengers import make_messenger
from trust.models import SpamReport

ANA_ID, RAVI_ID = f"user-{ANA}", f"user-{RAVI}"


class EventCase(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.messenger, cls.papo = make_messenger()

    def tell(self, kind: str, **said: object) -> dict:
        """One event about Ana and Acme; its result."""
        event = {"id": f"{kind}-1", "type": kind, "person": ANA_ID} | said
        return self.papo.tell(event)[0]

    def send(self, person_id: int = ANA, body: str = "Oi") -> Message:
        now = timezone.now()
        return send_message(self.profile, person_id, by=self.alice, body=body, now=now)

    def meet(self, person_id: int = ANA, **values):
        person = make_person(person_id, **values)
        receive_message(person_id, self.profile, body="Olá!", now=timezone.now())
        return person


class ReceiptTests(EventCase):
    def status(self, message: Message) -> str:
        return Message.objects.get(person_id=message.person_id, id=message.id).status

    def counted(self) -> dict[str, int]:
        rows = CounterDelta.objects.filter(metric__in=["delivered", "read", "failed"])
        return {
            m: sum(r.n for r in rows if r.metric == m)
            for m in rows.values_list("metric", flat=True)
        }

    def test_a_message_is_delivered_and_read_once_and_never_backwards(self):
        self.meet()
        message = self.send()
        ref = message_ref(ANA, message.id)
        for kind in ("delivered", "delivered", "read", "delivered", "read"):
            self.assertEqual(self.tell(kind, message=ref)["result"], "done")
        self.assertEqual(self.status(message), "read")
        self.assertEqual(self.counted(), {"delivered": 1, "read": 1})
        chat = Conversation.objects.get(person_id=ANA)
        self.assertEqual((chat.unread, chat.read_id), (0, message.id))

    def test_what_is_read_has_arrived_with_all_before_it_in_the_chat(self):
        self.meet()
        messages = [self.send(body=f"{n}") for n in range(3)]
        self.tell("read", message=message_ref(ANA, messages[1].id))
        self.assertEqual([self.status(m) for m in messages], ["read", "read", "sent"])
        self.assertEqual(self.counted(), {"delivered": 2, "read": 2})
        self.assertEqual(Conversation.objects.get(person_id=ANA).unread, 1)

    def test_receipts_of_a_campaign_come_in_by_the_hundred(self):
        make_template(self.acme)
        campaign = draft(self.profile, self.alice)
        got = [(1_000_000 + n, 77) for n in range(300)]
        for p, _id in got:
            make_person(p)
        Message.objects.bulk_create(
            Message(
                person_id=p,
                id=message_id,
                profile_id=self.profile.pk,
                campaign_id=campaign.pk,
                direction="out",
                status="sent",
                created_at=NOW,
            )
            for p, message_id in got
        )
        Conversation.objects.bulk_create(
            Conversation(
                person_id=p,
                profile_id=self.profile.pk,
                business_id=self.acme.pk,
                last_id=message_id,
                last_at=NOW,
                unread=1,
            )
            for p, message_id in got
        )
        with CaptureQueriesContext(connection) as asked:
            results = self.papo.tell(
                *(
                    {
                        "id": f"r{p}",
                        "type": "read" if p % 2 else "delivered",
                        "person": f"user-{p}",
                        "message": message_ref(p, message_id),
                    }
                    for p, message_id in got
                )
            )
        self.assertLessEqual(len(asked), 18)  # as many for one
        self.assertEqual({r["result"] for r in results}, {"done"})
        self.assertEqual(self.counted(), {"delivered": 300, "read": 150})
        self.assertEqual(Conversation.objects.filter(unread=0).count(), 150)

    def test_nobody_elses_message_moves(self):
        self.meet()
        self.meet(RAVI)
        message = self.send(RAVI)
        for ref in (message_ref(RAVI, message.id), "m_x", "wamid.x", "", "m_" + "é" * 18):
            result = self.tell("read", message=ref)
            self.assertEqual(result["result"], "refused", ref)
        self.assertEqual(self.status(message), "sent")
        # An id that is well formed and nobody's is no fault: it may have been erased.
        self.assertEqual(self.tell("read", message=message_ref(ANA, 5))["result"], "done")

    def test_a_message_is_named_by_person_and_id(self):
        for key in ((1, 1), (10**11 - 1, 2**63 - 1)):
            self.assertEqual(message_named(message_ref(*key)), key)
        self.assertIsNone(message_named(message_ref(1, 1)[:-1] + "_"))


class EffectTests(EventCase):
    def test_what_a_person_writes_reaches_the_business_once(self):
        make_person(ANA)
        first = self.tell("message", profile="acme", text="Olá! 👋")
        self.assertEqual(first["result"], "done")
        again = self.tell("message", profile="acme", text="Olá! 👋")
        self.assertEqual(again["result"], "duplicate")
        message = Message.objects.get()
        self.assertEqual((message.body, message.direction), ("Olá! 👋", "in"))
        self.assertEqual(first["message"], message_ref(ANA, message.id))

    def test_an_id_means_one_event(self):
        make_person(ANA)
        self.tell("message", profile="acme", text="One")
        other = self.tell("message", profile="acme", text="Two")
        self.assertEqual((other["result"], other["code"]), ("refused", "id_taken"))
        self.assertEqual(Message.objects.get().body, "One")

    def test_another_messenger_may_use_the_same_id(self):
        make_person(ANA)
        _other, chat = make_messenger("Chat")
        self.tell("message", profile="acme", text="One")
        event = {"id": "message-1", "type": "message", "person": ANA_ID}
        self.assertEqual(chat.tell(event | {"profile": "acme", "text": "B"})[0]["result"], "done")

    def test_an_answer_names_the_message_it_answers_unless_it_is_a_campaigns(self):
        self.meet()
        sent = self.send()
        self.tell("message", profile="acme", text="Yes", message=message_ref(ANA, sent.id))
        self.assertEqual(Message.objects.order_by("-id")[0].reply_to, sent.id)
        Message.objects.filter(id=sent.id).update(campaign_id=1)
        self.tell("message", id="2", profile="acme", text="No", message=message_ref(ANA, sent.id))
        self.assertIsNone(Message.objects.order_by("-id")[0].reply_to)
        strange = self.tell(
            "message", id="3", profile="acme", text="?", message=message_ref(ANA, 5)
        )
        self.assertEqual(strange["code"], "unknown_message")

    def test_block_and_unblock_hold_and_an_old_block_told_again_does_nothing(self):
        self.meet()
        self.tell("block", profile="acme", reason="too_many")
        self.assertEqual(Block.objects.get().reason, "too_many")
        refused = self.tell("message", profile="acme", text="Hi")
        self.assertEqual((refused["result"], refused["code"]), ("refused", "blocked"))
        self.tell("unblock", profile="acme")
        self.assertEqual(
            self.tell("block", profile="acme", reason="too_many")["result"], "duplicate"
        )
        self.assertFalse(Block.objects.exists())

    def test_a_refused_event_can_be_told_again_when_it_is_allowed(self):
        self.meet()
        self.tell("block", profile="acme")
        self.tell("message", profile="acme", text="Hi")
        self.tell("unblock", profile="acme")
        self.assertEqual(self.tell("message", profile="acme", text="Hi")["result"], "done")

    def test_a_report_has_the_message_as_evidence(self):
        self.meet()
        sent = self.send(body="You won!")
        self.send(body="Another")
        result = self.tell(
            "report",
            profile="acme",
            reason="scam",
            text="Never heard of them",
            message=message_ref(ANA, sent.id),
        )
        self.assertEqual(result["result"], "done", result)
        report = SpamReport.objects.get()
        self.assertEqual((report.evidence["body"], report.reason), ("You won!", "scam"))

    def test_a_report_of_nothing_is_refused(self):
        make_person(ANA)
        result = self.tell("report", profile="acme", reason="spam")
        self.assertEqual((result["result"], result["code"]), ("refused", "no_delivery"))

    def test_opting_out_muting_and_back(self):
        make_person(ANA)
        self.tell("opt_out")
        self.assertFalse(Person.objects.get().marketing)
        self.tell("opt_in", text="2026-11")
        consent = Consent.objects.get(kind="marketing")
        self.assertEqual(
            (consent.granted, consent.wording, consent.source), (True, "2026-11", "messenger")
        )
        self.tell("mute", profile="acme")
        muted = Consent.objects.get(kind="business_marketing")
        self.assertEqual((muted.granted, muted.scope_id), (False, self.acme.pk))
        self.tell("unmute", profile="acme")
        muted.refresh_from_db()
        self.assertTrue(muted.granted)

    def test_events_take_effect_in_their_order_and_a_refused_one_stops_no_other(self):
        self.meet()
        message = self.send()
        ref = message_ref(ANA, message.id)
        base = {"person": ANA_ID, "profile": "acme"}
        results = self.papo.tell(
            {"id": "1", "type": "delivered", "person": ANA_ID, "message": ref},
            {"id": "2", "type": "message", "text": "Hm", **base},
            {"id": "3", "type": "message", "text": "x", "person": "nobody", "profile": "acme"},
            {"id": "4", "type": "block", **base},
            {"id": "5", "type": "message", "text": "too late", **base},
            {"id": "6", "type": "nonsense", **base},
            {"id": "7", "type": "unblock", **base},
            {"id": "8", "type": "message", "text": "Back", **base},
            {"id": "9", "type": "read", "person": ANA_ID, "message": ref},
        )
        self.assertEqual(
            [(r["id"], r["result"], r.get("code")) for r in results],
            [
                ("1", "done", None),
                ("2", "done", None),
                ("3", "refused", "unknown_person"),
                ("4", "done", None),
                ("5", "refused", "blocked"),
                ("6", "refused", "invalid"),
                ("7", "done", None),
                ("8", "done", None),
                ("9", "done", None),
            ],
        )

    def test_a_profile_that_nobody_may_open_is_unknown(self):
        make_person(ANA)
        self.other_profile.standing = "revoked"
        self.other_profile.save()
        for handle in ("elsewhere", "nosuch"):
            result = self.tell("block", profile=handle)
            self.assertEqual((result["result"], result["code"]), ("refused", "unknown_profile"))

    def test_an_event_that_is_none_says_which_field(self):
        make_person(ANA)
        cases = {
            "message": {"profile": "acme"},
            "report": {"profile": "acme", "reason": "bored"},
            "block": {"profile": "acme", "reason": "bored"},
            "delivered": {},
            "opt_out": {"profile": "acme"},
            "opt_in": {},
        }
        for kind, said in cases.items():
            result = self.tell(kind, **said)
            self.assertEqual((result["result"], result["code"]), ("refused", "invalid"), kind)
            self.assertIn(":", result["error"])
        results = self.papo.tell("x", {"id": 7}, {"id": "a\x00"}, {"id": "x" * 65})
        self.assertEqual({r["result"] for r in results}, {"refused"})

    def test_no_more_than_500_at_a_time(self):
        event = {"id": "1", "type": "opt_out", "person": "nobody"}
        self.assertEqual(len(self.papo.tell(*[event] * 500)), 500)
        for events in ([event] * 501, [], {"a": 1}, "x"):
            response = self.papo.post("events", {"events": events})
            self.assertEqual(response.status_code, 400)

    def test_an_erased_persons_events_leave_no_trace(self):
        self.meet()
        self.tell("mute", profile="acme")
        erase_person(ANA)
        for kind in ("mute", "opt_out", "block", "message"):
            said = {} if kind == "opt_out" else {"profile": "acme"}
            result = self.tell(
                kind, id="late", **said | ({"text": "x"} if kind == "message" else {})
            )
            self.assertEqual(result["code"], "unknown_person", kind)
        self.assertFalse(MessengerEvent.objects.exists() or Consent.objects.exists())

    def test_old_ids_are_forgotten(self):
        make_person(ANA)
        self.tell("opt_out")
        self.assertEqual(forget_messenger_events(), 0)
        MessengerEvent.objects.update(taken_at=timezone.now() - KEPT_FOR - timedelta(days=1))
        self.assertEqual(forget_messenger_events(), 1)


class AtOnceTests(Cast, TransactionTestCase):
    def setUp(self):
        Cast.setUpTestData.__func__(type(self))

    def test_the_same_event_told_eight_times_at_once_is_one_message(self):
        make_person(ANA)
        _messenger, papo = make_messenger()
        event = {"id": "e", "type": "message", "person": ANA_ID, "profile": "acme", "text": "Hi"}

        def tell(_n: int) -> str:
            try:
                return papo.tell(event)[0]["result"]
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            results = sorted(pool.map(tell, range(8)))
        self.assertEqual(results, ["done"] + ["duplicate"] * 7)
        self.assertEqual(Message.objects.count(), 1)

    def test_receipts_and_blocks_of_the_same_people_at_once_do_not_stand_in_each_others_way(self):
        people = range(100, 112)
        refs = {}
        for person_id in people:
            make_person(person_id)
            receive_message(person_id, self.profile, body="Hi", now=timezone.now())
            message = send_message(self.profile, person_id, by=self.alice, body="Oi")
            refs[person_id] = message_ref(person_id, message.id)
        _messenger, papo = make_messenger()

        def tell(n: int) -> set[str]:
            events = []
            for person_id in people if n % 2 else reversed(people):
                who = {"person": f"user-{person_id}"}
                events.append(
                    {"id": f"{n}r{person_id}", "type": "read", "message": refs[person_id], **who}
                )
                if person_id % 3 == n % 3:
                    events.append(
                        {"id": f"{n}b{person_id}", "type": "block", "profile": "acme", **who}
                    )
            try:
                return {result["result"] for result in papo.tell(*events)}
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(set().union(*pool.map(tell, range(8))), {"done"})
        self.assertEqual(Message.objects.filter(status="read").count(), len(people))
        self.assertEqual(Block.objects.count(), len(people))
        for person_id in people:
            self.assertEqual(mark_read(person_id, self.profile), [])
