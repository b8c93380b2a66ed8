"""A person says no while a campaign's chunk is under way: whatever they say, nothing is delivered
after their no has committed. And two campaigns at once don't share a person's last advert.

Judged by commit timestamps, since now() is the start of a transaction. Without the bucket's lock,
and without claiming budgets, the same tests find what must not be.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone
from psycopg.sql import SQL

from audience.models import Person, Topic
from audience.services import consent
from audience.services.erasure import erase_person
from audience.services.topics import mute_topic
from messaging.models import Campaign
from messaging.services.campaigns import delivery
from messaging.services.campaigns.launching import launch_campaign
from messaging.services.people.blocking import block_profile
from messaging.tests.cast import make_business, make_template
from messaging.tests.crowd import allow_campaigns, count_people, draft, make_crowd
from profiles.models import Profile, User
from tests.chaos.found import caught, found
from tests.chaos.size import ROUNDS, SEED

FIRST = 1_000_000
ZONE = ZoneInfo("America/Sao_Paulo")  # where the crowd's clocks are
# Where in a chunk the person speaks: it has looked who matches, has written, is nearly over.
PLACES = ("chosen", "messages", "written", "marked")

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def quiet_now(person_id: int, profile: Profile) -> None:
    hour = datetime.now(ZONE).hour
    consent.set_quiet_hours(person_id, hour, (hour + 3) % 24)


@dataclass(frozen=True)
class Race:
    """One way to say no, and how its later deliveries are found.

    `answer` is SQL for the row that holds the no of the person {0} to the profile {1}; where it is
    none, the person is gone and no message of theirs may be there.
    """

    say: Callable[[int, Profile], object]
    answer: str = ""


PERSON = "select xmin from audience_person where person_id = {0}"
CONSENT = "select xmin from audience_consent where person_id = {0} and kind = '%s' and not granted"
RACES = {
    "block": Race(
        lambda person_id, profile: block_profile(person_id, profile),
        "select xmin from audience_block where person_id = {0} and profile_id = {1}",
    ),
    "opt out": Race(lambda person_id, profile: consent.opt_out(person_id), CONSENT % "marketing"),
    "mute": Race(
        lambda person_id, profile: consent.mute(person_id, profile.business_id),
        CONSENT % "business_marketing",
    ),
    "mute of a topic": Race(
        lambda person_id, profile: mute_topic(person_id, Topic.OTHER),  # they name no trade
        "select xmin from audience_mutedtopic where person_id = {0}",
    ),
    "no adverts a week": Race(lambda person_id, profile: consent.set_budget(person_id, 0), PERSON),
    "quiet hours": Race(quiet_now, PERSON),
    "erasure": Race(lambda person_id, profile: erase_person(person_id)),
}


@dataclass
class Round:
    """One chunk in this thread; in its middle, another thread has one of its people say no."""

    campaign: Campaign
    profile: Profile
    race: Race
    place: str
    chance: random.Random
    person: int = 0
    speaker: threading.Thread | None = None
    failed: list[BaseException] = field(default_factory=list)

    def run(self) -> None:
        with mock.patch.object(delivery, "may_crash", self.at):
            delivery.send_next(self.campaign.pk)
        assert self.speaker, "There was nobody in the chunk."
        self.speaker.join()
        if self.failed:
            raise self.failed[0]

    def at(self, place: str) -> None:
        if place == "chosen":
            with connection.cursor() as cursor:
                cursor.execute("select person_id from chunk order by person_id")
                self.person = self.chance.choice([row[0] for row in cursor.fetchall()])
        if place == self.place:
            self.speaker = threading.Thread(target=self.speak)
            self.speaker.start()
            self.wait_until_said()

    def speak(self) -> None:
        try:
            self.race.say(self.person, self.profile)
        except BaseException as error:  # told in the thread that judges
            self.failed.append(error)
        finally:
            connection.close()

    def wait_until_said(self) -> None:
        """Until the no has committed, or waits for our lock."""
        assert self.speaker
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if not self.speaker.is_alive() or somebody_waits():
                return
        raise AssertionError("The no neither committed nor waited.")

    def is_late(self) -> bool:
        """Was a message of the campaign delivered to the person after their no?"""
        message = "select xmin from messaging_message where person_id = {0} and campaign_id = {2}"
        values = (self.person, self.profile.pk, self.campaign.pk)
        with connection.cursor() as cursor:
            if not self.race.answer:
                cursor.execute(f"select exists({message.format(*values)})")
                return cursor.fetchone()[0]
            cursor.execute(f"select pg_xact_commit_timestamp(({self.race.answer}))".format(*values))
            (said,) = cursor.fetchone()
            assert said is not None, "The no is not there."
            cursor.execute(f"select pg_xact_commit_timestamp(({message}))".format(*values))
            (delivered,) = cursor.fetchone()
        return delivered is not None and delivered > said


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists(select from pg_locks where not granted)")
        return cursor.fetchone()[0]


@pytest.fixture
def crowd(transactional_db, settings):
    """People and as many launched campaigns as asked for, each of a business of its own."""

    def make(people: int, *, chunks: int, campaigns: int = 1) -> list[Campaign]:
        settings.CHUNK_PEOPLE = max(1, people // chunks)
        now = timezone.now()
        make_crowd(people, first=FIRST)
        count_people(now=now)
        return [launched(f"acme{n}", now) for n in range(campaigns)]

    return make


def launched(name: str, now: datetime) -> Campaign:
    _business, profile = make_business(name)
    owner = User.objects.create_user(f"{name}@acme.example", name="Alice")
    allow_campaigns(profile, now=now)
    make_template(profile.business)
    campaign = launch_campaign(draft(profile, owner, now=now), by=owner, now=now)
    Campaign.objects.filter(pk=campaign.pk).update(released_at=now)
    return campaign


def play(crowd, race: Race, rounds: int, places=PLACES) -> int:
    """How many of the rounds delivered after the no."""
    (campaign,) = crowd(max(3_000, 20 * rounds), chunks=2 * rounds)
    chance = random.Random(SEED)
    late = 0
    for _number in range(rounds):
        each = Round(campaign, campaign.profile, race, chance.choice(places), chance)
        each.run()
        late += each.is_late()
    return late


@pytest.mark.parametrize("name", RACES)
def test_nothing_is_delivered_after_a_no(crowd, name):
    late = play(crowd, RACES[name], ROUNDS)
    found(f"race, {name}", rounds=ROUNDS, none_of={"delivered after it": late})
    assert late == 0


@pytest.mark.parametrize("name", RACES)
def test_without_the_lock_it_is(crowd, name):
    # Where the chunk has only looked, so that the no does not wait for rows it has written.
    rounds = min(ROUNDS, 10)
    with mock.patch.object(delivery, "_share_buckets", lambda buckets: None):
        late = play(crowd, RACES[name], rounds, places=("chosen",))
    caught(f"race, {name} without the lock", late > 0, rounds=rounds, delivered_after=late)
    assert late > 0


class Together:
    """Two campaigns, each in a thread of its own, which stand at the same place of the same people
    before either writes.
    """

    def __init__(self, campaigns: list[Campaign]) -> None:
        self.campaigns = campaigns
        self.barrier = threading.Barrier(len(campaigns))
        self.failed: list[BaseException] = []

    def run(self, rounds: int) -> None:
        with mock.patch.object(delivery, "may_crash", self.at):
            threads = [threading.Thread(target=self.send, args=(c, rounds)) for c in self.campaigns]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if self.failed:
            raise self.failed[0]

    def send(self, campaign: Campaign, rounds: int) -> None:
        try:
            for _number in range(rounds):
                delivery.send_next(campaign.pk)
        except BaseException as error:
            self.failed.append(error)
            self.barrier.abort()
        finally:
            connection.close()

    def at(self, place: str) -> None:
        if place == "chosen":
            self.barrier.wait(timeout=30)


def people_over(budget: int) -> tuple[int, int]:
    """(people with more adverts than their budget, people with any)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*) filter (where n > %s), count(*) from"
            " (select count(*) n from messaging_message group by person_id) each",
            [budget],
        )
        return cursor.fetchone()


def two_at_once(crowd, rounds: int) -> tuple[int, int]:
    campaigns = crowd(max(3_000, 20 * rounds), chunks=rounds, campaigns=2)
    Person.objects.update(ads_per_week=1)
    for campaign in campaigns:  # the same people at the same time
        with connection.cursor() as cursor:
            cursor.execute(
                "update messaging_campaignchunk set position = bucket where campaign_id = %s",
                [campaign.pk],
            )
        Campaign.objects.filter(pk=campaign.pk).update(salt=1)
    Together(campaigns).run(rounds)
    return people_over(1)


def test_two_campaigns_at_once_never_exceed_a_budget(crowd):
    over, reached = two_at_once(crowd, ROUNDS)
    found("race, two campaigns", rounds=ROUNDS, people=reached, none_of={"over their budget": over})
    assert over == 0
    assert reached > 100


# What looks first and inserts after: two transactions don't see each other's adverts.
LOOK_FIRST = """select person_id from chunk c where not exists
 (select from messaging_message m where m.person_id = c.person_id and m.message_class = 'marketing')
"""


def test_looking_instead_of_claiming_exceeds_it(crowd):
    with mock.patch.object(delivery, "claim_budgets", lambda **kwargs: SQL(LOOK_FIRST)):
        over, reached = two_at_once(crowd, min(ROUNDS, 10))
    caught("race, two campaigns without claims", over > 0, people=reached, over_budget=over)
    assert over > 0
