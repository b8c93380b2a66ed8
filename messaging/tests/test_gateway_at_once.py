"""Handing over to a messenger's gateway while others do the same."""

import threading
import time

from django.db import connection, transaction
from django.test import TransactionTestCase, override_settings
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import GatewayMessage
from messaging.services.gateway.handing_over import serve_gateways
from messaging.services.gateway.members import join_everybody
from messaging.services.gateway.message_refs import message_named, message_ref
from messaging.services.gateway.messengers import forget_gateways, gateways, set_gateway
from messaging.services.messages import receive_message, send_message
from messaging.tests.cast import Cast
from messaging.tests.gateway_server import taking
from messaging.tests.messengers import make_messenger


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class AtOnceTests(Cast, TransactionTestCase):
    def setUp(self):
        Cast.setUpTestData.__func__(type(self))
        self.addCleanup(forget_gateways)

    def test_of_many_workers_one_serves_and_nothing_that_comes_meanwhile_is_left(self):
        messenger, _papo = make_messenger()
        people = list(range(100, 130))
        for person_id in people:
            make_person(person_id)
            receive_message(person_id, self.profile, body="Hi", now=timezone.now())
        join_everybody(messenger)
        with taking() as server:
            server.secret = set_gateway(messenger, url=server.url, by=None)
            together = threading.Barrier(6)

            def work(n: int) -> None:
                try:
                    together.wait()
                    for round_ in range(4):
                        for person_id in people[n::6]:
                            send_message(self.profile, person_id, by=self.alice, body=f"{round_}")
                            serve_gateways()
                finally:
                    connection.close()

            threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(GatewayMessage.objects.count(), 0)
            self.assertEqual(len(server.seen), 120)
            self.assertEqual(
                server.conversations(),
                {(f"user-{p}", "acme"): ["0", "1", "2", "3"] for p in people},
            )
            self.assertEqual(
                message_ref(*message_named(server.seen[0]["id"])), server.seen[0]["id"]
            )

    def test_who_holds_a_conversation_never_waits_for_who_asks_for_the_gateways(self):
        """One in a transaction asks while another, who waits for its rows, is asking too."""
        person_id = 100
        make_person(person_id)
        receive_message(person_id, self.profile, body="Hi", now=timezone.now())

        def send() -> None:
            send_message(self.profile, person_id, by=self.bob, body="Second")
            connection.close()

        other = threading.Thread(target=send)
        with transaction.atomic():
            send_message(self.profile, person_id, by=self.alice, body="First")
            forget_gateways()
            other.start()
            self.wait_until_somebody_waits()
            asked = threading.Thread(target=lambda: (gateways(), connection.close()))
            asked.start()
            asked.join(10)
            stuck = asked.is_alive()
        other.join(10)
        asked.join(10)
        self.assertFalse(stuck)

    def wait_until_somebody_waits(self) -> None:
        until = time.monotonic() + 10
        with connection.cursor() as cursor:
            while time.monotonic() < until:
                cursor.execute("select count(*) from pg_locks where not granted")
                if cursor.fetchone()[0]:
                    return
        self.fail("nobody waited")
