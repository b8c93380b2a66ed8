"""Messages handed over to a messenger: each there once by its id, in order, whatever happens."""

import json
import time
from datetime import timedelta
from unittest.mock import patch

from audience.services import consent
from audience.services.erasure import erase_person
from audience.tests.people import make_person
from messaging.models import GatewayMessage, Message, Messenger
from messaging.services.gateway import batches as gateway_batches
from messaging.services.gateway import handing_over as gateway
from messaging.services.gateway.handing_over import LEASE
from messaging.services.gateway.members import join_messenger
from messaging.services.gateway.message_refs import message_named
from messaging.services.gateway.messengers import drop_gateway
from messaging.services.gateway.queue import queue_campaign
from messaging.services.messages import receive_message
from messaging.services.people.blocking import block_profile
from messaging.tests.cast import ANA, RAVI
from messaging.tests.crowd import draft
from messaging.tests.gateway import MINUTE, GatewayCase
from messaging.tests.gateway_server import rejecting, taking
from portal.base import turns


class HandedOverTests(GatewayCase):
    def test_a_message_arrives_signed_with_what_is_needed_to_show_it(self):
        self.meet(ANA)
        sent = self.send(ANA, "Olá, Ana! 👋")
        self.assertEqual(self.serve(), 1)
        got = self.server.seen[0]
        self.assertEqual(
            {name: got[name] for name in ("person", "profile", "text", "kind", "class", "author")},
            {
                "person": f"user-{ANA}",
                "profile": "acme",
                "text": "Olá, Ana! 👋",
                "kind": "text",
                "class": "service",
                "author": "Alice",
            },
        )
        self.assertEqual(message_named(got["id"]), (ANA, sent.id))
        self.assertEqual((self.waiting(), self.server.forged), (0, 0))
        self.assertEqual(self.serve(), 0)

    def test_the_receipt_comes_back_by_the_events(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        self.serve()
        ref = self.server.seen[0]["id"]
        told = {"id": "1", "type": "read", "person": f"user-{ANA}", "message": ref}
        self.assertEqual(self.papo.tell(told)[0]["result"], "done")
        self.assertEqual(Message.objects.get(direction="out").status, "read")

    def test_a_campaign_goes_in_batches_of_500_on_all_lanes(self):
        self.crowd(4_100)
        self.assertEqual(self.serve(), 4_100)
        self.assertEqual(len(self.server.messages), len(self.server.seen))
        self.assertEqual(len(self.server.seen), 4_100)
        self.assertEqual(max(self.server.sizes), 500)
        self.assertEqual({m["text"] for m in self.server.seen}, {"Winter sale"})

    def test_who_is_in_no_messenger_with_a_gateway_costs_nothing(self):
        make_person(ANA)
        receive_message(ANA, self.profile, body="Oi", now=self.now)
        self.send(ANA, "Olá")
        self.assertEqual(self.waiting(), 0)
        drop_gateway(self.messenger, by=self.alice)
        join_messenger(self.messenger, [f"user-{ANA}"])
        self.send(ANA, "Of nobody's concern")
        self.assertEqual(self.waiting(), 0)

    def test_with_no_gateway_a_message_takes_no_more_statements(self):
        self.meet(ANA)
        drop_gateway(self.messenger, by=self.alice)
        self.send(ANA, "first")  # now it is known that there is none
        from messaging.services.gateway import queue as gateway_queue

        with (
            patch.object(gateway_queue, "Member", None),
            patch.object(gateway_queue, "connection", None),
        ):
            self.send(ANA, "second")
            queue_campaign(draft(self.profile, self.alice), now=self.now)
        self.assertEqual(self.waiting(), 0)

    def test_removing_the_gateway_lets_go_of_what_waits(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        drop_gateway(self.messenger, by=self.alice)
        self.assertEqual((self.waiting(), self.serve()), (0, 0))

    def test_what_a_person_said_no_to_while_it_waited_goes_nowhere(self):
        people = [ANA, RAVI, 9, 10]
        self.meet(*people)
        for person_id in people:
            self.send(person_id, "Your order")
        Message.objects.filter(person_id__in=[9, 10], direction="out").update(
            message_class="marketing"
        )
        block_profile(ANA, self.profile)
        consent.opt_out(9)
        consent.mute(10, self.acme.pk)
        consent.mute(RAVI, self.acme.pk)  # adverts only: it is none
        self.assertEqual(self.serve(), 1)
        self.assertEqual([m["person"] for m in self.server.seen], [f"user-{RAVI}"])
        self.assertEqual(self.waiting(), 0)

    def test_an_erased_person_gets_nothing(self):
        self.meet(ANA, RAVI)
        self.send(ANA, "Oi")
        self.send(RAVI, "Oi")
        erase_person(ANA)
        self.assertEqual(self.serve(), 1)

    def test_what_is_urgent_goes_first_but_never_before_its_own_conversation(self):
        self.crowd(600)
        self.meet(ANA)
        first = self.send(ANA, "1")
        self.send(ANA, "2")
        GatewayMessage.objects.filter(message_id=first.id).update(urgency=2)
        with patch.object(gateway_batches, "LANES", 1):
            GatewayMessage.objects.update(lane=0)
            self.messenger.refresh_from_db()
            batch = gateway_batches.take_batch(self.messenger, 0, size=20)
        texts = [m["text"] for m in json.loads(batch.body)["messages"] if m["person"] == "user-7"]
        self.assertEqual(texts, ["1", "2"])


class FaultTests(GatewayCase):
    def converse(self, rounds: int = 4, people: int = 16) -> dict:
        """Messages to many, one after the other; what each should have got, in order."""
        ids = list(range(100, 100 + people))
        self.meet(*ids)
        for n in range(rounds):
            for person_id in ids:
                self.send(person_id, f"{n}")
        return {(f"user-{p}", "acme"): [f"{n}" for n in range(rounds)] for p in ids}

    def test_down_for_an_hour_then_all_is_there_once_and_in_order(self):
        expected = self.converse()
        self.server.answer = lambda batch: (503, {}, b"down")
        for n, _ in enumerate(self.sweeps(timedelta(hours=1))):
            if n == 100:
                self.send(100, "late")
        tries = self.server.calls
        self.assertLess(tries, 30)  # pauses grow
        self.assertEqual(self.server.seen, [])
        messenger = Messenger.objects.get()
        self.assertEqual(messenger.last_error, "It answered 503.")
        self.assertGreater(messenger.failing_since, self.now - timedelta(hours=1, minutes=1))

        self.server.answer = lambda batch: (200, {}, b"")
        waited = self.now
        for _ in self.sweeps(timedelta(minutes=5, seconds=30)):
            if not self.waiting():
                break
        self.assertLessEqual(self.now - waited, timedelta(minutes=5, seconds=15))
        self.assertEqual(
            self.server.conversations(), expected | {("user-100", "acme"): [*"0123", "late"]}
        )
        self.assertEqual(len(self.server.seen), len(self.server.messages))
        self.assertIsNone(Messenger.objects.get().failing_since)

    def test_nobody_there_at_all(self):
        expected = self.converse(rounds=2)
        self.server.server.shutdown()
        self.server.server.server_close()
        list(self.sweeps(10 * MINUTE))
        self.assertEqual(self.waiting(), 32)
        with taking(self.server.port) as back:
            back.secret = self.server.secret
            list(self.sweeps(6 * MINUTE))
            self.assertEqual(back.conversations(), expected)

    def test_killed_in_mid_batch_again_and_again(self):
        expected = self.converse()
        calls = []

        def dies(batch):
            calls.append(1)
            return {1: None, 2: b"", 3: b"HTTP/1.1 200 OK\r\nContent-Le", 0: (200, {}, b"")}[
                len(calls) % 4
            ]

        self.server.answer = dies
        for _ in self.sweeps(timedelta(hours=2)):
            if not self.waiting():
                break
        self.assertEqual(self.waiting(), 0)
        self.assertEqual(self.server.conversations(), expected)
        self.assertGreater(len(self.server.seen), len(self.server.messages))  # some came twice

    def test_garbage_is_no_receipt(self):
        expected = self.converse(rounds=2)
        garbage = [
            (200, {}, b"<html>Sign in to the hotel's network</html>"),
            (200, {}, b'["taken"]'),
            (200, {}, b'{"rejected": "all"}'),
            (200, {}, b'{"rejected": [{"id": "m_nobodys"}]}'),
            (200, {}, b'{"rejected": [null]}'),
            (200, {}, b'{"x": "' + b"y" * 400_000 + b'"}'),
            (200, {}, b"\xff\xfe"),
            (302, {"Location": "http://127.0.0.1:1/"}, b""),
            (404, {}, b""),
            b"\x16\x03\x01 not HTTP at all",
        ]
        for nonsense in garbage:
            self.server.answer = lambda batch, nonsense=nonsense: nonsense
            self.assertEqual(self.serve(), 0, nonsense)
            self.assertEqual(self.waiting(), 32, nonsense)
            self.now += timedelta(hours=1)
        self.server.answer = lambda batch: (200, {}, b'{"rejected": [], "more": "is fine"}')
        self.assertEqual(self.serve(), 32)
        self.assertEqual(self.server.conversations(), expected)

    def test_a_worker_asked_to_end_finishes_the_batches_in_hand_and_leaves_the_rest(self):
        self.crowd(6_000)
        self.server.answer = lambda batch: turns.end_turns() or (200, {}, b"")
        with patch.object(turns, "_ends", bytearray(1)):
            self.assertGreater(self.serve(), 0)
            self.assertEqual(self.serve(), 0)  # none is begun any more
        self.assertGreater(self.waiting(), 0)

        self.server.answer = lambda batch: (200, {}, b"")
        while self.waiting():
            self.serve()
        self.assertEqual(len(self.server.messages), len(self.server.seen))
        self.assertEqual(len(self.server.messages), 6_000)

    def test_slow_answers_make_batches_smaller_and_calls_fewer_until_it_is_quick_again(self):
        self.crowd(6_000)

        def slow(batch):
            time.sleep(0.06)
            return 200, {}, b""

        self.server.answer = slow
        with patch.object(gateway, "SLOW", 0.05), patch.object(gateway, "TURN", 0.7):
            self.serve()
        slowed = Messenger.objects.get().batch_size
        self.assertLess(slowed, 100)
        self.server.most_at_once = 0
        with patch.object(gateway, "SLOW", 0.05), patch.object(gateway, "TURN", 0.3):
            self.serve()
        self.assertLessEqual(self.server.most_at_once, 1)
        self.server.answer = lambda batch: (200, {}, b"")
        while self.waiting():
            self.serve()
        self.assertEqual(len(self.server.messages), 6_000)
        self.assertEqual(len(self.server.seen), 6_000)
        self.assertGreater(Messenger.objects.get().batch_size, slowed)

    def test_no_answer_within_the_time_is_a_failure(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        self.server.answer = lambda batch: time.sleep(0.6) or (200, {}, b"")
        with patch.object(gateway, "SECONDS", 0.2):
            self.assertEqual(self.serve(), 0)
        self.assertIn("No answer", Messenger.objects.get().last_error)
        self.assertEqual(self.waiting(), 1)

    def test_it_may_ask_for_rest(self):
        self.converse(rounds=1)
        self.server.answer = lambda batch: (429, {"Retry-After": "600"}, b"")
        self.serve()
        calls = self.server.calls
        self.server.answer = lambda batch: (200, {}, b"")
        list(self.sweeps(9 * MINUTE))
        self.assertEqual(self.server.calls, calls)
        list(self.sweeps(2 * MINUTE))
        self.assertEqual(self.waiting(), 0)
        for nonsense in ("tomorrow", "9" * 30, "-5", "١"):
            gateway._asked_rest(nonsense)

    def test_a_batch_that_is_too_large_is_halved_at_once(self):
        self.crowd(1_000)
        self.server.answer = lambda batch: (
            (413, {}, b"") if len(batch["messages"]) > 60 else (200, {}, b"")
        )
        self.assertEqual(self.serve(), 1_000)
        self.assertEqual(len(self.server.messages), 1_000)

    def test_what_it_will_never_take_fails_and_holds_nothing_up(self):
        self.meet(ANA, RAVI)
        bad = self.send(ANA, "to nobody")
        self.send(RAVI, "fine")
        self.server.answer = lambda batch: rejecting(
            *(m["id"] for m in batch["messages"] if m["text"] == "to nobody")
        )
        self.assertEqual(self.serve(), 1)
        failed = Message.objects.get(person_id=ANA, id=bad.id)
        self.assertEqual((failed.status, failed.error), ("failed", 131026))
        self.assertEqual(self.waiting(), 0)

    def test_the_same_messages_are_the_same_batch(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        self.server.answer = lambda batch: b""
        self.serve()
        self.now += MINUTE
        self.serve()
        self.assertEqual(len(set(self.server.batches)), 1)
        self.assertEqual(len(self.server.batches), 2)

    def test_a_worker_that_died_is_followed_by_another_when_its_lease_is_over(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        dead = gateway._lease(self.messenger.pk, self.now)
        self.assertIsNotNone(dead)
        self.assertEqual(self.serve(), 0)
        self.now += LEASE
        self.assertEqual(self.serve(), 1)

    def test_a_clock_that_was_wrong_keeps_nobody_away(self):
        self.meet(ANA)
        self.send(ANA, "Oi")
        self.assertIsNotNone(gateway._lease(self.messenger.pk, self.now + timedelta(days=3)))
        Messenger.objects.update(resting_until=self.now + timedelta(days=3))
        self.assertEqual(self.serve(), 1)
