"""Acme reached through a messenger's gateway."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import connection
from django.test import TestCase, override_settings
from django.utils import timezone

from audience.tests.people import make_person
from messaging.models import GatewayMessage, Message
from messaging.services.gateway.handing_over import serve_messenger
from messaging.services.gateway.members import join_everybody, join_messenger
from messaging.services.gateway.messengers import forget_gateways, set_gateway
from messaging.services.gateway.queue import queue_campaign
from messaging.services.messages import receive_message, send_message
from messaging.tests.cast import Cast
from messaging.tests.crowd import draft, make_crowd
from messaging.tests.gateway_server import taking
from messaging.tests.messengers import make_messenger

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


SWEEP = 15 * SECOND


@override_settings(WEBHOOK_ALLOW_LOOPBACK=True)
class GatewayCase(Cast, TestCase):
    @classmethod
    def setUpTestData(cls):
        super().setUpTestData()
        cls.messenger, cls.papo = make_messenger()

    def setUp(self):
        taken = taking()
        self.server = taken.__enter__()
        self.addCleanup(taken.__exit__, None, None, None)
        self.addCleanup(forget_gateways)
        self.server.secret = set_gateway(self.messenger, url=self.server.url, by=None)
        self.now = timezone.now()

    def meet(self, *people: int) -> None:
        for person_id in people:
            make_person(person_id)
            receive_message(person_id, self.profile, body="Oi", now=self.now)
        join_messenger(self.messenger, [f"user-{person_id}" for person_id in people])

    def send(self, person_id: int, body: str, **more) -> Message:
        self.now += timedelta(milliseconds=5)
        return send_message(self.profile, person_id, by=self.alice, body=body, now=self.now, **more)

    def crowd(self, n: int) -> None:
        """`n` members to whom a campaign is sent, as its chunk writes it."""
        make_crowd(n)
        join_everybody(self.messenger)
        campaign = draft(self.profile, self.alice)
        campaign.message_id, campaign.body = 77, "Winter sale"
        campaign.save()
        with connection.cursor() as cursor:
            cursor.execute(
                "create temp table chunk on commit drop as select person_id, bucket::int"
                " from audience_person where person_id >= 1000000"
            )
            cursor.execute("create temp table sent on commit drop as select person_id from chunk")
        Message.objects.bulk_create(
            Message(
                person_id=1_000_000 + i,
                id=77,
                profile_id=self.profile.pk,
                campaign_id=campaign.pk,
                direction="out",
                message_class="marketing",
                status="sent",
                created_at=self.now,
            )
            for i in range(n)
        )
        queue_campaign(campaign, now=self.now)

    def serve(self) -> int:
        return serve_messenger(self.messenger.pk, now=self.now)

    def waiting(self) -> int:
        return GatewayMessage.objects.count()

    def sweeps(self, span: timedelta) -> Iterator[None]:
        """Beat's sweeps within a span of simulated time."""
        until = self.now + span
        while self.now < until:
            self.now += SWEEP
            self.serve()
            yield
