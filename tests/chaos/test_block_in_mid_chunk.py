"""A person says no while a chunk is under way: nothing is delivered after their no has committed.

Judged by commit timestamps, since now() is the start of a transaction. Without the bucket's lock
the same test finds deliveries after the block.
"""

import random
import threading
import time
from unittest import mock

import pytest
from django.db import connection
from django.utils import timezone

from audience.services import consent
from messaging.models import Campaign, CampaignChunk
from messaging.services import delivery
from messaging.services.campaigns import launch_campaign
from messaging.tests.cast import make_business, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.models import Profile, User
from tests.chaos.found import caught, found
from tests.chaos.size import ROUNDS, SEED

PEOPLE = max(4_000, 100 * ROUNDS)
FIRST = 1_000_000

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


class Round:
    """One chunk in this thread; in its middle, another thread has one of its people block."""

    def __init__(self, campaign: Campaign, profile: Profile, chance: random.Random) -> None:
        self.campaign, self.profile, self.chance = campaign, profile, chance
        self.person: int | None = None
        self.blocker: threading.Thread | None = None

    def run(self) -> None:
        with mock.patch.object(delivery, "may_crash", self.at):
            delivery.send_next(self.campaign.pk)
        if self.blocker:
            self.blocker.join()

    def at(self, place: str) -> None:
        """The chunk has looked who matches and has written nothing yet: now the person blocks."""
        if place != "chosen":
            return
        with connection.cursor() as cursor:
            cursor.execute("select person_id from chunk order by person_id")
            self.person = self.chance.choice([row[0] for row in cursor.fetchall()])
        self.blocker = threading.Thread(target=self.block)
        self.blocker.start()
        self.wait_for_the_block()

    def block(self) -> None:
        consent.block(self.person, self.profile.pk)
        connection.close()

    def wait_for_the_block(self) -> None:
        """Until it has committed, or waits for our lock."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if not self.blocker.is_alive() or self.somebody_waits():
                return
        raise AssertionError("The block neither committed nor waited.")

    @staticmethod
    def somebody_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("select exists(select from pg_locks where not granted)")
            return cursor.fetchone()[0]


def delivered_after_the_block() -> tuple[int, int]:
    """(deliveries committed after their person's block, blocks)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select count(*) filter (where pg_xact_commit_timestamp(m.xmin)
                                        > pg_xact_commit_timestamp(b.xmin)),
                   count(distinct b.person_id)
              from audience_block b left join messaging_message m
                on m.person_id = b.person_id and m.profile_id = b.profile_id
            """
        )
        return cursor.fetchone()


@pytest.fixture
def play(transactional_db, settings):
    def play(rounds: int) -> tuple[int, int]:
        settings.CHUNK_PEOPLE = PEOPLE // rounds // 2
        now = timezone.now()
        _acme, profile = make_business("acme")
        alice = User.objects.create_user("alice@acme.example", name="Alice")
        make_crowd(PEOPLE, first=FIRST)
        count_people(now=now)
        allow_campaigns(profile, now=now)
        make_template(profile.business)
        campaign = draft(profile, alice, now=now)
        campaign = launch_campaign(campaign, by=alice, now=now)
        Campaign.objects.filter(pk=campaign.pk).update(released_at=now)
        chance = random.Random(SEED)
        for _number in range(rounds):
            Round(campaign, profile, chance).run()
        assert CampaignChunk.objects.filter(state="done").exists()
        return delivered_after_the_block()

    return play


def test_nothing_is_delivered_after_a_block(play):
    late, blocks = play(ROUNDS)
    found("block in mid chunk", rounds=blocks, none_of={"delivered after it": late})
    assert (late, blocks) == (0, ROUNDS)


def test_without_the_lock_it_is(play):
    with mock.patch.object(delivery, "_share_buckets", lambda buckets: None):
        late, blocks = play(ROUNDS)
    caught("block in mid chunk without the lock", late > 0, rounds=blocks, delivered_after=late)
    assert blocks == ROUNDS
    assert late > 0
