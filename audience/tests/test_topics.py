"""No adverts about a topic, from anybody: what it holds back, until when, and what it leaves."""

from datetime import timedelta

from django.db import IntegrityError, connection, transaction
from django.test import TestCase

from audience.models import Category, MutedTopic, Topic, bucket_of
from audience.services.pauses import end_pauses
from audience.services.topics import (
    choose_muted_topics,
    mute_topic,
    muted_topics,
    unmute_topic,
)
from audience.tests.people import NOW, make_person
from audience.tests.test_eligibility import reached
from audience.topics import topics_of
from portal.base.refused import Refused
from profiles.models import Profile

Trade = Profile.Vertical
A_DAY = timedelta(days=1)


class TopicTests(TestCase):
    @classmethod
    def setUpTestData(cls):
        make_person(1)
        make_person(2)

    def of(self, trade: str, category: str = "", **more) -> set[int]:
        """Who gets an advert of a sender of this trade."""
        return reached(topics=topics_of(trade, category), **more)

    def test_no_advert_of_the_trade_comes_and_others_do(self):
        mute_topic(1, Topic.TRAVEL)
        self.assertEqual(self.of(Trade.TRAVEL), {2})
        self.assertEqual(self.of(Trade.HOTEL), {2})
        self.assertEqual(self.of(Trade.FINANCE), {1, 2})
        self.assertEqual(self.of(Trade.TRAVEL, message_class="service"), {1, 2})

        self.assertTrue(unmute_topic(1, Topic.TRAVEL))
        self.assertFalse(unmute_topic(1, Topic.TRAVEL))
        self.assertEqual(self.of(Trade.TRAVEL), {1, 2})

    def test_what_the_campaign_says_of_itself_counts_beside_the_trade(self):
        mute_topic(1, Topic.LOANS)
        self.assertEqual(self.of(Trade.FINANCE, Category.CREDIT), {2})
        self.assertEqual(self.of(Trade.RETAIL, Category.CREDIT), {2})
        self.assertEqual(self.of(Trade.FINANCE, Category.GENERAL), {1, 2})
        mute_topic(2, Topic.MONEY)
        self.assertEqual(self.of(Trade.FINANCE, Category.CREDIT), set())

    def test_everything_else_is_what_has_no_topic(self):
        mute_topic(1, Topic.OTHER)
        self.assertEqual(self.of(Trade.OTHER), {2})
        self.assertEqual(self.of(Trade.OTHER, Category.POLITICS), {1, 2})
        mute_topic(1, Topic.POLITICS)
        self.assertEqual(self.of(Trade.OTHER, Category.POLITICS), {2})

    def test_every_trade_and_category_has_a_topic(self):
        for trade in Trade:
            for category in ["", *Category]:
                found = topics_of(trade, category)
                self.assertTrue(found)
                self.assertTrue(set(found) <= set(Topic))
        for category in set(Category) - {Category.GENERAL}:
            self.assertNotEqual(topics_of(Trade.OTHER, category), [Topic.OTHER], category)

    def test_it_ends_by_itself_and_not_what_was_said_anew(self):
        mute_topic(1, Topic.CARS, until=NOW + A_DAY, now=NOW)
        mute_topic(2, Topic.CARS, until=NOW + A_DAY, now=NOW)
        MutedTopic.objects.update(at=NOW - A_DAY, until=NOW - timedelta(hours=1))
        mute_topic(2, Topic.CARS)
        self.assertEqual((end_pauses(), end_pauses()), (1, 0))
        self.assertEqual(self.of(Trade.AUTO), {1})

    def test_choosing_leaves_what_was_chosen_before_as_it_was(self):
        choose_muted_topics(1, [Topic.CARS, Topic.JOBS], until=NOW + A_DAY, now=NOW)
        choose_muted_topics(1, [Topic.CARS, Topic.FOOD], now=NOW)
        self.assertEqual(muted_topics(1), {Topic.CARS: NOW + A_DAY, Topic.FOOD: None})
        self.assertEqual(muted_topics(2), {})
        choose_muted_topics(1, [])
        self.assertEqual(muted_topics(1), {})

    def test_strange_topics_days_and_people_are_refused(self):
        for act in (
            lambda: mute_topic(1, "weather"),
            lambda: choose_muted_topics(1, [Topic.CARS, "weather"]),
            lambda: mute_topic(1, Topic.CARS, until=NOW - A_DAY, now=NOW),
            lambda: mute_topic(1, Topic.CARS, until=NOW + 400 * A_DAY, now=NOW),
            lambda: mute_topic(404, Topic.CARS),
        ):
            with self.assertRaises(Refused):
                act()
        self.assertFalse(MutedTopic.objects.exists())

    def test_the_database_refuses_what_would_hold_nothing_back(self):
        for wrong in ({"topic": "weather"}, {"until": NOW - A_DAY}):
            values = {"person_id": 1, "topic": "cars", "source": "x", "at": NOW} | wrong
            with self.assertRaises(IntegrityError), transaction.atomic():
                MutedTopic.objects.create(**values)

    def test_it_waits_for_the_chunk_that_is_under_way(self):
        for act in (
            lambda: mute_topic(1, Topic.CARS),
            lambda: choose_muted_topics(2, [Topic.CARS]),
        ):
            act()
        with connection.cursor() as cursor:
            cursor.execute(
                "select objid, mode from pg_locks"
                " where locktype = 'advisory' and pid = pg_backend_pid()"
            )
            held = set(cursor.fetchall())
        self.assertEqual(held, {(bucket_of(n), "ExclusiveLock") for n in (1, 2)})
